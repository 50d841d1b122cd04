"""Where a page ended, as text that callers hand back and need not understand."""

from __future__ import annotations

import base64
import binascii

from orchestrator.api.intake import invalid_field
from orchestrator.errors import InvalidRequest


def cursor_after(*key: str | int) -> str:
    """Return the cursor of a page whose last row has *key*."""
    text = "\n".join(str(part) for part in key)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def command_key(cursor: str | None) -> tuple[int, str] | None:
    """Return creation time and request id of the last command of the page before.

    Raises:
        InvalidRequest: *cursor* is none of ours.
    """
    if cursor is None:
        return None
    created_at, separator, request_id = _text(cursor).partition("\n")
    # As long as a signed 64-bit number may be; a longer one is no time, and no column holds it.
    if not (separator and request_id and created_at.isascii() and created_at.isdigit()):
        raise _bad()
    if len(created_at) > 18:
        raise _bad()
    return int(created_at), request_id


def agent_key(cursor: str | None) -> str:
    """Return the name of the last agent of the page before; raises like `command_key`."""
    return "" if cursor is None else _text(cursor)


def _text(cursor: str) -> str:
    try:
        text = base64.b64decode(
            cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True
        ).decode()
    except (binascii.Error, ValueError) as error:
        raise _bad() from error
    if not text or not text.replace("\n", "").isprintable():
        raise _bad()
    return text


def _bad() -> InvalidRequest:
    return invalid_field("cursor", "is not one that this server gave; leave it out to start over")
