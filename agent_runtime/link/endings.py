"""What the end of a dial or of a conversation means for the next one.

Whatever answers in the orchestrator's place (a proxy, a captive portal, nobody) is a reason to
try again; only the orchestrator itself can turn an agent away for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from websockets.exceptions import InvalidHandshake, InvalidProxyStatus, InvalidStatus

from agent_runtime.problems import Problem
from xagent_protocol.close_codes import DUPLICATE_AGENT, SUPERSEDED, CloseCode, may_come_back

_MAX_QUOTED: Final = 200


class Next(StrEnum):
    """What to do after it."""

    AGAIN = "again"
    """Dial again, after the backoff's wait."""
    WAIT_FOR_NAME = "wait_for_name"
    """Another install holds the name: dial again, slowly."""
    ENROL = "enrol"
    """The credential is not known: enrol, then dial again."""
    GIVE_UP = "give_up"
    """Coming back is pointless."""
    SUPERSEDED = "superseded"
    """A newer connection of this very install is in place."""


@dataclass(frozen=True)
class Ending:
    """How it ended, in a sentence for the log; *retry_after* in seconds if one was asked for."""

    next: Next
    reason: str
    retry_after: float = 0.0


def of_dial(error: Exception) -> Ending:
    """Judge a dial that led to no conversation."""
    if isinstance(error, InvalidStatus):
        response = error.response
        return _of_status(
            response.status_code,
            Problem.read(response.body),
            response.headers.get("Retry-After", ""),
        )
    if isinstance(error, TimeoutError):
        return Ending(Next.AGAIN, "the orchestrator did not answer in time")
    if isinstance(error, InvalidProxyStatus):
        return Ending(Next.AGAIN, f"the proxy answered {error.response.status_code}")
    if isinstance(error, InvalidHandshake):
        return Ending(Next.AGAIN, f"what answered is not an orchestrator: {_short(str(error))}")
    return Ending(Next.AGAIN, f"the orchestrator cannot be reached: {_short(str(error))}")


def of_close(code: int, reason: str) -> Ending:
    """Judge a conversation by the code and reason with which the other side closed it."""
    said = f"the orchestrator closed the socket with {code} {_short(reason)}".rstrip()
    if code == CloseCode.CONFLICT and reason.startswith(SUPERSEDED):
        return Ending(Next.SUPERSEDED, said)
    if code == CloseCode.CONFLICT and reason.startswith(DUPLICATE_AGENT):
        return Ending(Next.WAIT_FOR_NAME, said)
    return Ending(Next.AGAIN if may_come_back(code, reason) else Next.GIVE_UP, said)


def _of_status(status: int, problem: Problem, retry_after: str) -> Ending:
    said = f"the handshake was answered with HTTP {status}"
    if explanation := problem.detail or problem.title or problem.code:
        said = f"{said}: {_short(explanation)}"
    if problem.code == DUPLICATE_AGENT:
        return Ending(Next.WAIT_FOR_NAME, said)
    # Without the orchestrator's own code it may be anybody on the way who says so: a proxy's 401
    # must not bring the user's token to light, and nobody's but the orchestrator's end the agent.
    if status == 401 and problem.code:
        return Ending(Next.ENROL, said)
    if status in (403, 426) and problem.code:
        return Ending(Next.GIVE_UP, said)
    return Ending(Next.AGAIN, said, problem.retry_after or _seconds(retry_after))


def _seconds(text: str) -> float:
    # The header's other form is a date, and clocks are never compared.
    return float(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0.0


def _short(text: str) -> str:
    # One line, whatever an HTML page or a stranger put into it.
    return " ".join(text.split())[:_MAX_QUOTED]
