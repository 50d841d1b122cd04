"""How a command ended, in the agent's words: state, effect, result, error, page, artifacts."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

import msgspec

from xagent_protocol.ids import ArtifactId, PageId


class Effect(StrEnum):
    """What is known of a command's effect on the world outside."""

    NONE = "none"
    """Proven never begun."""
    COMPLETE = "complete"
    """It ran to its end."""
    PARTIAL = "partial"
    """It began and was stopped."""
    UNKNOWN = "unknown"
    """It may have run, wholly, in part or not at all."""


def join_effects(one: Effect, other: Effect) -> Effect:
    """Join the effects of two attempts: `none` only if both are; what disagrees is unknown.

    Associative and commutative with `none` as its unit, so the order of attempts is irrelevant.
    """
    if one is Effect.NONE:
        return other
    if other is Effect.NONE or one is other:
        return one
    return Effect.UNKNOWN


class OutcomeState(StrEnum):
    """The ends that only an agent can report."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"


class CommandError(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a command did not succeed.

    *code* is an `ErrorCode`, or a code of a user's own action; *message* is one sentence that
    names the next step; *details* holds what a program may want (matches, a stack).
    """

    code: str
    message: str
    details: dict[str, Any] | None = None


class PageState(msgspec.Struct, frozen=True):
    """The page a command ran on; *url* and *title* are null until the agent has told them."""

    id: PageId
    url: str | None = None
    title: str | None = None


class DialogState(msgspec.Struct, frozen=True):
    """A JavaScript dialog that a page showed while the command ran, or still shows.

    *type* is `alert`, `beforeunload`, `confirm` or `prompt`; *action* is what was done with it:
    `accepted`, `dismissed`, or `open` while nothing was. *default* is what a prompt suggests.
    """

    type: str
    message: str
    action: str
    page: PageId
    default: str = ""


class ArtifactRef(msgspec.Struct, frozen=True):
    """Bytes kept by the orchestrator; *size* in bytes, *sha256* in hex."""

    artifact_id: ArtifactId
    content_type: str
    size: int
    sha256: str
    name: str


TRACE_SUFFIX: Final = ".trace.zip"
"""How the name of the artifact ends that a recorded command is recorded in."""

NO_RESULT: Final = msgspec.Raw(b"null")


class Outcome(msgspec.Struct, frozen=True, omit_defaults=True):
    """The end of one attempt; *result* is JSON as the action's result schema says.

    *duration_ms* is how long the action ran, by the agent's monotonic clock; *notices* are
    sentences about the browser that the caller should know (it was restarted, say).
    """

    state: OutcomeState
    effect: Effect
    result: msgspec.Raw = NO_RESULT
    error: CommandError | None = None
    page: PageState | None = None
    artifacts: tuple[ArtifactRef, ...] = ()
    dialog: DialogState | None = None
    notices: tuple[str, ...] = ()
    duration_ms: float = 0.0
