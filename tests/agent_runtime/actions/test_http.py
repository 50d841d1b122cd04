"""What is shown of HTTP, and how origins are written."""

from __future__ import annotations

import pytest

from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.http import origin_of, pattern_of, shown_headers, sound_headers


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Authorization", "Bearer abc.def", "Bearer [masked]"),
        ("Authorization", "abc", "[masked]"),
        ("Proxy-Authorization", "Basic YTpi", "Basic [masked]"),
        ("Cookie", "session=abc; theme=dark", "session=[masked]; theme=[masked]"),
        ("Cookie", "abc", "[masked]"),
        ("Set-Cookie", "session=a=b; Path=/; HttpOnly", "session=[masked]; Path=/; HttpOnly"),
        ("X-Api-Key", "abc", "[masked]"),
        ("X-CSRF-Token", "abc", "[masked]"),
        ("X-Amz-Security-Token", "abc", "[masked]"),
        ("WWW-Authenticate", "Basic realm=x", "Basic realm=x"),
        ("Content-Type", "text/html", "text/html"),
    ],
)
def test_what_identifies_somebody_is_masked(name: str, value: str, shown: str) -> None:
    assert shown_headers([(name, value)]) == {name.lower(): shown}
    assert shown_headers([(name, value)], show_secrets=True) == {name.lower(): value}


def test_headers_of_the_same_name_stand_together() -> None:
    assert shown_headers(
        [("Vary", "a"), ("vary", "b"), ("Set-Cookie", "a=1"), ("set-cookie", "b=2")]
    ) == {
        "vary": "a, b",
        "set-cookie": "a=[masked]\nb=[masked]",
    }


@pytest.mark.parametrize("headers", [{"x": "a\nb"}, {"x": "a\n"}, {"x\n": "a"}])
def test_a_header_that_hides_another_is_refused(headers: dict[str, str | None]) -> None:
    with pytest.raises(ActionFailed):
        sound_headers(headers)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://Example.com/a?b#c", "https://example.com"),
        ("https://example.com:443/", "https://example.com"),
        ("http://example.com:443/", "http://example.com:443"),
        ("http://ann:secret@example.com/", "http://example.com"),
        ("http://[::1]:80/", "http://[::1]"),
        ("http://bücher.example/", "http://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_written_as_the_browser_writes_it(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize("url", ["http://example.com:99999/", f"http://{'a' * 64}.example/"])
def test_what_is_no_host_has_no_origin(url: str) -> None:
    with pytest.raises(ActionFailed):
        origin_of(url)


def test_a_pattern_that_cannot_be_read_is_named() -> None:
    with pytest.raises(ActionFailed, match="url: "):
        pattern_of("{")
    with pytest.raises(ActionFailed, match="regex: "):
        pattern_of(None, "(")
    assert pattern_of(None) is None
