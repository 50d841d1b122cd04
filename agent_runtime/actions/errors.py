"""What an action can fail with.

AgentError
└── ActionFailed          a code, a sentence, and what is known of the effect
    └── ActionTimedOut    the wait was for something that did not come in time
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from agent_runtime.errors import AgentError
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

_REFUSED: Final = frozenset(
    {
        ErrorCode.INVALID_PARAMS,
        ErrorCode.UNKNOWN_ACTION,
        ErrorCode.BLOCKED_BY_POLICY,
        ErrorCode.SELECTOR_INVALID,
        ErrorCode.STALE_REF,
        ErrorCode.DIALOG_OPEN,
    }
)
"""Codes that an action fails with before it has done anything."""


class ActionFailed(AgentError):
    """The action ended without doing what was asked.

    *code* is an `ErrorCode`, or the own code of a user's action; *effect* is `none` only where it
    is proven that nothing was done, and left out it is `partial` unless the code proves that.
    *result* is what there is to tell nevertheless.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        effect: Effect | None = None,
        details: Mapping[str, object] | None = None,
        result: object = None,
    ) -> None:
        """State it in one sentence that names the next step."""
        super().__init__(message)
        self.result = result
        self.code = code
        self.effect = effect or (Effect.NONE if code in _REFUSED else Effect.PARTIAL)
        self.details = dict(details) if details is not None else None


class ActionTimedOut(ActionFailed):
    """The command's time was spent waiting."""

    def __init__(
        self,
        message: str,
        effect: Effect = Effect.PARTIAL,
        *,
        details: Mapping[str, object] | None = None,
        result: object = None,
    ) -> None:
        """State what was waited for."""
        super().__init__(
            ErrorCode.TIMED_OUT, message, effect=effect, details=details, result=result
        )
