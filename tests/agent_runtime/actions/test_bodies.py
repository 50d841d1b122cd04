"""Bodies as answers carry them; `fetch` and `request` try the rest on real ones."""

from __future__ import annotations

import pytest

from agent_runtime.actions.bodies import decoded, is_text


@pytest.mark.parametrize(
    ("content_type", "readable"),
    [
        ("text/html; charset=utf-8", True),
        ("application/json", True),
        ("application/vnd.api+json", True),
        ("image/svg+xml", True),
        ("application/x-www-form-urlencoded", True),
        ("image/png", False),
        ("application/octet-stream", False),
        ("", False),
    ],
)
def test_text_is_told_from_bytes_by_its_type(content_type: str, readable: bool) -> None:
    assert is_text(content_type) is readable


def test_a_text_is_read_by_its_own_charset() -> None:
    assert decoded("ä".encode("latin-1"), "text/plain; charset=iso-8859-1") == "ä"
    assert decoded("ä".encode(), 'text/plain; charset="utf-8"') == "ä"
    assert decoded("ä".encode(), "text/plain; charset=klingon") == "ä"
    assert decoded(b"\xff", "text/plain") == "\ufffd"
