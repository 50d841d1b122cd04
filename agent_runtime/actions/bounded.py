"""Text that is cut where it stands in an answer, with no artifact for the rest."""

from __future__ import annotations

from agent_runtime.actions.call import Call
from agent_runtime.browser.text import printable


def bounded(call: Call, text: str, most: int) -> str:
    """Return the beginning of *text*; secrets are masked first, for half of one is not known."""
    return whole(call, text)[:most]


def whole(call: Call, text: str) -> str:
    """Return all of *text*, as it may be told."""
    return call.vault.masking.text(printable(text))


def cut(text: str, most: int) -> str:
    """Return *text*, which may be told, or its beginning with a note."""
    if len(text) <= most:
        return text
    return f"{text[:most]} [cut at {most} of {len(text)} characters]"
