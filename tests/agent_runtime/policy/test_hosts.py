"""A host is read as the browser reads it."""

from __future__ import annotations

import pytest

from agent_runtime.policy.hosts import UnreadableHost, read_host


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("example.com", "example.com"),
        ("EXAMPLE.Com", "example.com"),
        ("example.com.", "example.com"),
        ("ex%61mple.com", "example.com"),
        ("\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45\u3002\uff43\uff4f\uff4d", "example.com"),
        ("exam\u00adple.com", "example.com"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("b%C3%BCcher.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("☃.net", "xn--n3h.net"),
        ("a_b--c.example", "a_b--c.example"),
        ("\u0430\u0440\u0440le.com", "xn--le-6kc8da.com"),
    ],
)
def test_a_name_is_lower_case_ascii(written: str, read: str) -> None:
    host = read_host(written)

    assert (host.name, host.address) == (read, None)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("0X7F.0.0.1", "127.0.0.1"),
        ("0177.0.0.01", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("%31%32%37.0.0.1", "127.0.0.1"),
        ("\uff11\uff12\uff17.\uff10.\uff10.\uff11", "127.0.0.1"),
        ("0x", "0.0.0.0"),
        ("169.254.43518", "169.254.169.254"),
        ("[::1]", "::1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
        ("[::FFFF:169.254.169.254]", "::ffff:a9fe:a9fe"),
        ("[2001:DB8::0]", "2001:db8::"),
    ],
)
def test_an_address_is_a_number_however_it_is_written(written: str, read: str) -> None:
    host = read_host(written)

    assert host.address is not None
    assert host.name == read


@pytest.mark.parametrize(
    "written",
    [
        "",
        ".",
        "..",
        "a..b",
        ".a",
        "a b",
        "a\tb",
        "a%20b",
        "a%2fb",
        "a%00b",
        "a\uff0fb",
        "a%ffb",
        "%",
        "a%zz",
        "a@b",
        "a:b",
        "a<b",
        "a^b",
        "a|b",
        "a\\b",
        "\ud800",
        "\ufffd.com",
        "256.1.1.1.1",
        "1.2.3.4.5",
        "256.0.0.1",
        "1.2.3.256",
        "4294967296",
        "08.0.0.1",
        "0x7g.1",
        "foo.1",
        "foo.0x1",
        "1_0.1",
        "[::1",
        "[::1%25eth0]",
        "[127.0.0.1]",
        "[]",
        f"{'a' * 254}.com",
    ],
)
def test_what_no_browser_is_sure_of_is_no_host(written: str) -> None:
    with pytest.raises(UnreadableHost):
        read_host(written)


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert str(read_host("[::1]")) == "[::1]"
    assert str(read_host("example.com")) == "example.com"


@pytest.mark.parametrize(
    ("written", "is_localhost"),
    [
        ("localhost", True),
        ("a.b.LOCALHOST.", True),
        ("notlocalhost", False),
        ("localhost.com", False),
    ],
)
def test_localhost_is_a_whole_label(written: str, is_localhost: bool) -> None:
    assert read_host(written).is_localhost is is_localhost
