"""Whatever an action returns, as JSON that fits the wire."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from agent_runtime.browser.text import printable
from xagent_protocol.codec import MAX_DEPTH, depth_exceeds

_ROOM_FOR_THE_FRAME: Final = 8
"""Levels that the message around a result needs of `MAX_DEPTH`."""


class Truncated(msgspec.Struct, frozen=True):
    """Stands for a result that is too large to travel inside the answer; the artifact has it."""

    artifact_id: str
    size: int
    truncated: bool = True


def encode_result(value: object) -> bytes:
    """Return *value*, a struct or what JSON knows, as JSON."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        # A page may put half a surrogate pair anywhere, say into its title.
        return msgspec.json.encode(printable_value(msgspec.to_builtins(value)))


def is_too_deep(encoded: bytes) -> bool:
    """Say whether a frame that carries *encoded* would be refused for its nesting."""
    return depth_exceeds(encoded, MAX_DEPTH - _ROOM_FOR_THE_FRAME)


def printable_value(value: Any) -> Any:
    """Return *value*, which JSON knows, with what is no character replaced in all its texts."""
    match value:
        case str():
            return printable(value)
        case dict():
            return {printable(key): printable_value(item) for key, item in value.items()}
        case list() | tuple():
            return [printable_value(item) for item in value]
    return value
