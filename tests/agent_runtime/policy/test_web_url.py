"""Where a URL leads."""

from __future__ import annotations

import pytest

from agent_runtime.policy.errors import NotAUrl
from agent_runtime.policy.web_url import WebUrl, read_target, read_url


@pytest.mark.parametrize(
    ("url", "destination"),
    [
        ("https://example.com", "example.com"),
        ("http://example.com/a", "example.com"),
        ("https://example.com:443/", "example.com"),
        ("http://example.com:443/", "example.com:443"),
        ("http://example.com:/", "example.com"),
        ("https://ok.com@evil.com/", "evil.com"),
        ("https://ok.com:pass@evil.com:8443/", "evil.com:8443"),
        ("https://a@b@evil.com/", "evil.com"),
        ("https://ok.com\\@evil.com/", "ok.com"),
        ("https://ok.com/@evil.com/", "ok.com"),
        ("https://ok.com?@evil.com/", "ok.com"),
        ("https://ok.com#@evil.com/", "ok.com"),
        ("https:\\\\evil.com", "evil.com"),
        ("https:/\\evil.com", "evil.com"),
        ("ht\ntps://ev\til.com", "evil.com"),
        ("https://[::1]:8080/", "[::1]:8080"),
        ("https://ok.com.evil.com", "ok.com.evil.com"),
    ],
)
def test_a_url_leads_where_the_browser_goes(url: str, destination: str) -> None:
    assert str(read_url(url).destination) == destination


@pytest.mark.parametrize(
    "url",
    [
        "https://",
        "https:example.com",
        "https:/example.com",
        "https:///example.com",
        "https://@/",
        "https://user@",
        "https://example.com:65536/",
        "https://example.com:0/",
        "https://example.com:80a/",
        "https://exa mple.com/",
        "//example.com/",
        "example.com",
        "",
    ],
)
def test_what_leads_nowhere_for_certain_is_no_url(url: str) -> None:
    with pytest.raises(NotAUrl):
        read_url(url)


@pytest.mark.parametrize("scheme", ["file", "chrome", "javascript", "ftp", "ws", "data", "about"])
def test_other_schemes_lead_nowhere(scheme: str) -> None:
    url = f"{scheme.upper()}://example.com"

    assert read_url(url) == WebUrl(url, scheme)


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        ("http://example.com", "/"),
        ("http://example.com?a=1", "/?a=1"),
        ("http://example.com:80/a//b?c", "/a//b?c"),
        ("HTTP://user@example.com/%41", "/%41"),
    ],
)
def test_a_proxy_is_asked_for_a_site_and_what_to_ask_there(target: str, asked: str) -> None:
    destination, path = read_target(target)

    assert (str(destination), path) == ("example.com", asked)


@pytest.mark.parametrize("target", ["/", "*", "example.com:80", "https://example.com/", "ftp://a/"])
def test_a_proxy_is_no_site(target: str) -> None:
    with pytest.raises(NotAUrl):
        read_target(target)
