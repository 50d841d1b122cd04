"""What the orchestrator says when it refuses an HTTP request, as far as it is read here."""

from __future__ import annotations

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """What we read of an `application/problem+json` body; all of it may be missing."""

    code: str = ""
    detail: str = ""
    title: str = ""
    retry_after: float | None = None

    @classmethod
    def read(cls, body: bytes | bytearray) -> Problem:
        """Read *body*; whatever is no problem document gives an empty one."""
        try:
            return msgspec.json.decode(body, type=cls)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return cls()
