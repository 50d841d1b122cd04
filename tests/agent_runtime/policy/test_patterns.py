"""Which sites an entry of a list names."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from agent_runtime.policy.errors import BadPattern
from agent_runtime.policy.patterns import read_pattern
from tests.agent_runtime.policy.sites import destination


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("example.com", "https://example.com/"),
        ("example.com", "http://EXAMPLE.com.:8080/"),
        ("Example.COM", "https://example.com/"),
        ("*.example.com", "https://a.example.com/"),
        ("*.example.com", "https://a.b.example.com/"),
        ("example.com:8443", "https://example.com:8443/"),
        ("https://example.com", "https://example.com/"),
        ("https://example.com/", "https://example.com:443/"),
        ("http://*.example.com:8080", "http://a.example.com:8080/"),
        ("bücher.example", "https://xn--bcher-kva.example/"),
        ("*", "https://anything.example/"),
        ("*", "http://10.0.0.1/"),
        ("https://*", "https://anything.example/"),
        ("*:443", "https://anything.example/"),
        ("10.0.0.0/8", "http://10.1.2.3/"),
        ("10.0.0.0/8", "http://0xa.1/"),
        ("10.1.2.3", "http://[::ffff:10.1.2.3]/"),
        ("10.1.2.3:8080", "http://10.1.2.3:8080/"),
        ("::1", "http://[::1]/"),
        ("[::1]", "http://[::1]:8080/"),
        ("[::1]:8080", "http://[::1]:8080/"),
        ("fd00::/8", "http://[fd00::1]/"),
        ("::ffff:10.1.2.3", "http://10.1.2.3/"),
        ("::/0", "http://[::ffff:10.1.2.3]/"),
        ("localhost", "http://localhost:8080/"),
    ],
)
def test_a_pattern_covers(pattern: str, url: str) -> None:
    assert read_pattern(pattern).covers(destination(url))


@pytest.mark.parametrize(
    ("pattern", "url"),
    [
        ("example.com", "https://a.example.com/"),
        ("example.com", "https://example.com.evil.example/"),
        ("example.com", "https://notexample.com/"),
        ("example.com", "https://example.com@evil.example/"),
        ("*.example.com", "https://example.com/"),
        ("*.example.com", "https://notexample.com/"),
        ("*.example.com", "https://a.example.com.evil.example/"),
        ("example.com:8443", "https://example.com/"),
        ("https://example.com", "http://example.com/"),
        ("https://example.com", "https://example.com:8443/"),
        ("https://example.com:8443", "http://example.com:8443/"),
        ("https://*", "http://anything.example/"),
        ("10.0.0.0/8", "http://11.0.0.1/"),
        ("10.0.0.0/8", "http://10.example.com/"),
        ("10.0.0.1", "http://10.0.0.1.example.com/"),
        ("127.0.0.1", "http://localhost/"),
        ("0.0.0.0/0", "http://example.com/"),
        ("bucher.example", "https://bücher.example/"),
    ],
)
def test_a_pattern_does_not_cover(pattern: str, url: str) -> None:
    assert not read_pattern(pattern).covers(destination(url))


def test_a_tunnel_of_which_nobody_knows_the_scheme_is_judged_by_its_port() -> None:
    tunnel = destination("https://example.com/", scheme=None)

    assert read_pattern("https://example.com").covers(tunnel)
    assert not read_pattern("http://example.com").covers(tunnel)


@pytest.mark.parametrize(
    ("pattern", "is_named"),
    [
        ("10.0.0.0/8", True),
        ("10.0.0.1", True),
        ("10.0.0.1:80", True),
        ("10.0.0.1:443", False),
        ("*", False),
        ("*.example.com", False),
        ("11.0.0.0/8", False),
    ],
)
def test_only_addresses_name_what_a_name_leads_to(pattern: str, is_named: bool) -> None:
    assert read_pattern(pattern).covers_address(ip_address("::ffff:10.0.0.1"), 80) is is_named


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "https://",
        "exa mple.com",
        "ex*mple.com",
        "*example.com",
        "*.*.example.com",
        "*.",
        "*.10.0.0.1",
        "a..b",
        "user@example.com",
        "example.com/path",
        "https://example.com/path",
        "example.com:0",
        "example.com:65536",
        "example.com:port",
        "ftp://example.com",
        "file://",
        "file:///etc",
        "javascript:alert(1)",
        "10.0.0.1/8",
        "10.0.0.0/33",
        "10.0.0.0/8:80",
        "256.0.0.1",
        "[::1",
        "::1::",
        "http://https://example.com",
    ],
)
def test_what_names_no_site_is_one_sentence(text: str) -> None:
    with pytest.raises(BadPattern) as raised:
        read_pattern(text)

    assert "\n" not in str(raised.value)
    assert repr(text) in str(raised.value)
