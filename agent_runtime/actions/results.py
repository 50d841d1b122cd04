"""Whatever an action returns, as JSON that fits the wire.

A page may return what JSON cannot hold: circular objects, half surrogate pairs, integers of any
length, dates. None of that may cost the answer.
"""

from __future__ import annotations

import datetime
import re
from typing import Final
from urllib.parse import ParseResult, urlunparse

import msgspec
from playwright.async_api import Error

from agent_runtime.browser.tab import printable
from xagent_protocol.codec import MAX_DEPTH, depth_exceeds

_ROOM_FOR_THE_FRAME: Final = 8
"""Levels that the message around a result needs of `MAX_DEPTH`."""


class Truncated(msgspec.Struct, frozen=True):
    """Stands for a result that is too large to travel inside the answer; the artifact has it."""

    artifact_id: str
    size: int
    truncated: bool = True


def encode_result(value: object) -> bytes:
    """Return *value* as JSON; what JSON has no word for becomes text, and circles become null."""
    try:
        if _holds_url(value):
            return msgspec.json.encode(_plain(value, ()))
        return msgspec.json.encode(value, enc_hook=_foreign)
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError):
        return msgspec.json.encode(_plain(value, ()))


def is_too_deep(encoded: bytes) -> bool:
    """Say whether a frame that carries *encoded* would be refused for its nesting."""
    return depth_exceeds(encoded, MAX_DEPTH - _ROOM_FOR_THE_FRAME)


def _holds_url(value: object) -> bool:
    """Say whether a script returned a `URL`, which Playwright makes a tuple."""
    if type(value) is list:
        return any(map(_holds_url, value))
    if type(value) is dict:
        return any(map(_holds_url, value.values()))
    return isinstance(value, ParseResult)


def _foreign(value: object) -> object:
    match value:
        case Error():
            return value.stack or value.message
        case re.Pattern():
            return value.pattern
    return None if callable(value) else str(value)


def _plain(value: object, above: tuple[int, ...]) -> object:
    """Rebuild *value* from what JSON knows; slow, and only for what `encode` refuses."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return printable(value)
        case datetime.datetime():
            return value.isoformat()
        case ParseResult():
            return urlunparse(value)
        case dict() | list() | tuple():
            if id(value) in above or len(above) >= 200:
                return None
            within = (*above, id(value))
            if isinstance(value, dict):
                return {printable(str(key)): _plain(item, within) for key, item in value.items()}
            return [_plain(item, within) for item in value]
    return _foreign(value)
