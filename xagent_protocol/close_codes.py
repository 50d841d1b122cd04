"""Why a WebSocket between orchestrator and agent was closed, and whether coming back makes sense.

4400–4499 are ours (RFC 6455 section 7.4.2 leaves 4000–4999 to applications); the last two digits
follow the HTTP status of the same meaning. The close *reason* starts with a stable word, because
two refusals may share a code: ``4409 superseded`` and ``4409 duplicate_agent``.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class CloseCode(IntEnum):
    """Close codes of the agent socket; those below 4000 are registered for all (RFC 6455)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    INVALID_DATA = 1007
    TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    OUT_OF_TURN = 4405
    TIMED_OUT = 4408
    CONFLICT = 4409
    UNSUPPORTED_PROTOCOL = 4426


SUPERSEDED: Final = "superseded"
"""Reason word of 4409: a newer connection of the same install took this one's place."""

DUPLICATE_AGENT: Final = "duplicate_agent"
"""Reason word of 4409: another install holds this name."""

STALE_EPOCH: Final = "stale_epoch"
"""Reason word of 4409: the agent has already seen a welcome at least as new as this one."""

RETRY_IS_POINTLESS: Final = frozenset(
    {CloseCode.UNAUTHORIZED, CloseCode.FORBIDDEN, CloseCode.UNSUPPORTED_PROTOCOL}
)


def may_come_back(code: int, reason: str = "") -> bool:
    """Say whether an agent whose socket was closed so should dial again.

    A conflict over a name ends the older connection for good, but not the newcomer's hope: the
    lease of the other install may run out.
    """
    if code == CloseCode.CONFLICT:
        return not reason.startswith(SUPERSEDED)
    return code not in RETRY_IS_POINTLESS
