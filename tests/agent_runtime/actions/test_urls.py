"""Which URLs may be opened."""

from __future__ import annotations

import pytest

from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.urls import allowed_url
from agent_runtime.policy import UrlPolicy
from agent_runtime.policy.errors import NotAUrl
from agent_runtime.policy.web_url import read_url
from tests.agent_runtime.actions.asking import Asker
from xagent_protocol.outcomes import Effect


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://example.com", "https://example.com"),
        ("  HTTP://Example.com/a b\n", "HTTP://Example.com/a b"),
        ("ht\ntp://example.com/", "http://example.com/"),
        ("https://user:secret@example.com/", "https://user:secret@example.com/"),
        ("About:Blank", "about:blank"),
    ],
)
def test_web_addresses_are_allowed(url: str, read: str) -> None:
    assert allowed_url(url, UrlPolicy()) == read


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        " FILE:///etc/passwd",
        "fi\tle:///etc/passwd",
        "\x00file:///etc/passwd",
        "java\nscript:alert(1)",
        "JavaScript://example.com/%0aalert(1)",
        "data:text/html,hi",
        "blob:https://example.com/1",
        "view-source:https://example.com",
        "chrome://version",
        "about:version",
        "about:blank#x",
        "ftp://example.com",
        "filesystem:http://example.com/",
    ],
)
def test_what_is_no_web_address_is_blocked(url: str) -> None:
    with pytest.raises(ActionFailed) as caught:
        allowed_url(url, UrlPolicy())

    assert caught.value.code == "blocked_by_policy"
    assert caught.value.effect is Effect.NONE


@pytest.mark.parametrize(
    "url", ["example.com", "/form", "http://", "https:///x", "http://[::1", " "]
)
def test_what_is_no_address_is_invalid(url: str) -> None:
    with pytest.raises(ActionFailed) as caught:
        allowed_url(url, UrlPolicy())

    assert caught.value.code == "invalid_params"


HOSTS = (
    *("example.com", "EXAMPLE.com.", "ex%61mple.com", "a..b", "a_b", "-a-.com", "a--b.com", "."),
    *("b\u00fccher.example", "stra\u00dfe.example", "\u2603.net", "\u0430\u0440\u0440le.com"),
    *("exam\u00adple.com", "\uff45xample\u3002com", "a\uff0fb.com", "a\u200db.com", "xn--a.com"),
    *("xn--bcher-kva.example", "a%00b", "a%20b", "a%2fb", "a%40b", "a b", "a|b", "a^b", "%ff"),
    *("127.1", "0x7f.1", "0X7F000001", "2130706433", "017700000001", "0177.1", "08.1", "1.2.3.4."),
    *("256.1", "1.256", "1.2.3.4.5", "4294967296", "a.1", "a.0x", "0x", "1..2", "\uff11.2"),
    *("[::1]", "[::ffff:1.2.3.4]", "[1::2::3]", "[::1%25a]", "[::1", "::1", "[0:0::0001]"),
)
URLS = [
    f"{scheme}{slashes}{user}{host}{port}{rest}"
    for scheme in ("http:", "hT\ttpS:")
    for slashes in ("//", "\\\\", "/\\")
    for user in ("", "u:p@", "ok.com@x@", "ok.com\\@", "ok.com?@", "ok.com#@")
    for host in HOSTS
    for port in ("", ":", ":8443")
    for rest in ("", "\\@x.com", "?@x.com")
]


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="session")
async def test_whatever_is_read_at_all_is_read_as_chromium_reads_it(asker: Asker) -> None:
    """What is refused instead may be a URL to Chromium; what is taken may be none."""
    main = asker.browser.tabs.main
    assert main is not None
    read = {url: found for url in URLS if (found := host_and_port(url)) is not None}

    as_chromium = await main.page.evaluate(
        """urls => urls.map(url => {
            try {
                const {protocol, hostname, port} = new URL(url)
                return [hostname, port || {'http:': '80', 'https:': '443'}[protocol]]
            } catch {
                return null
            }
        })""",
        list(read),
    )

    assert len(read) > len(URLS) / 3
    differing = {
        url: (found, other)
        for (url, found), other in zip(read.items(), as_chromium, strict=True)
        if other is not None and found != [other[0].removesuffix("."), other[1]]
    }
    assert differing == {}


def host_and_port(url: str) -> list[str] | None:
    """Return where *url* leads, if it can be read."""
    try:
        destination = read_url(url).destination
    except NotAUrl:
        return None
    assert destination is not None
    return [str(destination.host), str(destination.port)]
