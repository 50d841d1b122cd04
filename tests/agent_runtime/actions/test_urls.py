"""Which URLs may be opened."""

from __future__ import annotations

import pytest

from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.urls import allowed_url
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
    assert allowed_url(url) == read


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
        allowed_url(url)

    assert caught.value.code == "blocked_by_policy"
    assert caught.value.effect is Effect.NONE


@pytest.mark.parametrize(
    "url", ["example.com", "/form", "http://", "https:///x", "http://[::1", " "]
)
def test_what_is_no_address_is_invalid(url: str) -> None:
    with pytest.raises(ActionFailed) as caught:
        allowed_url(url)

    assert caught.value.code == "invalid_params"
