"""What a caller of the SDK may have to handle, one class per decision.

    XagentError
    ├── NoToken                 no token found, or none that may go to that address
    ├── Unreachable             the orchestrator did not answer
    ├── UnexpectedAnswer        something answered, but not an orchestrator
    ├── Refused                 the orchestrator said no; `.problem` holds what it said
    │   ├── Unauthorized
    │   ├── AgentNotFound
    │   ├── AgentOffline
    │   ├── CommandNotFound
    │   ├── ArtifactNotFound
    │   ├── ActionNotFound
    │   ├── InvalidParams
    │   ├── InvalidRequest
    │   ├── RequestIdReused
    │   ├── QueueFull
    │   └── Unavailable
    ├── StillRunning            the wait is over, the command is not; `.command` is its latest state
    └── CommandFailed           the command is over and did not succeed; `.command` says all
        ├── SelectorNotFound
        ├── SelectorAmbiguous
        ├── StaleRef
        ├── NavigationFailed
        ├── DialogOpen
        ├── PageNotFound
        ├── BrowserCrashed
        ├── EvaluationFailed
        ├── TimedOut
        ├── Cancelled
        ├── Expired
        └── Lost

Each has a stable `code`; what the orchestrator or an agent said is in `problem` or `command`.
"""

from __future__ import annotations

from typing import Final

from xagent_client.models import Command, Problem
from xagent_protocol.errors import ErrorCode
from xagent_protocol.transitions import CommandState

_FIELD_CODES: Final = frozenset({"invalid_params", "invalid_request"})


class XagentError(Exception):
    """Root of the SDK's errors; the message is a sentence or two that name the next step."""

    code: str = "error"


class NoToken(XagentError):
    """No token was found, or only one that must not leave this machine."""

    code = "no_token"


class Unreachable(XagentError):
    """The orchestrator did not answer.

    *request_id* is set when a command may have reached it before: asking for that id, or
    submitting it again under that id, is safe.
    """

    code = "unreachable"

    def __init__(self, message: str, request_id: str | None = None) -> None:
        """Say who did not answer, and which command is in doubt."""
        super().__init__(message)
        self.request_id = request_id


class UnexpectedAnswer(XagentError):
    """What answered at that URL does not speak this API."""

    code = "unexpected_answer"


class Refused(XagentError):
    """The orchestrator answered with a problem."""

    def __init__(self, problem: Problem) -> None:
        """Keep the *problem*; its detail becomes the message."""
        sentences = [problem.detail or problem.title]
        if problem.code in _FIELD_CODES:
            sentences += [f"{each.field}: {each.message}" for each in problem.errors]
        super().__init__("\n".join(sentences))
        self.problem = problem
        self.code = problem.code


class Unauthorized(Refused):
    """The token is missing, wrong, or not for this."""


class AgentNotFound(Refused):
    """No agent has this name; `problem.known` lists near ones."""


class AgentOffline(Refused):
    """The agent is not connected now; nothing was sent."""


class CommandNotFound(Refused):
    """No command has this request id."""


class ArtifactNotFound(Refused):
    """No artifact has this id, or none any more."""


class ActionNotFound(Refused):
    """The agent announces no such action; `problem.known` lists near ones."""


class InvalidParams(Refused):
    """The params do not fit the action; `problem.errors` names each field."""


class InvalidRequest(Refused):
    """The request itself is not as the API wants it."""


class RequestIdReused(Refused):
    """Another command has this request id."""


class QueueFull(Refused):
    """Too many commands wait for this agent."""


class Unavailable(Refused):
    """The orchestrator cannot do it now: it is starting, leaving, or its disk is full."""


class StillRunning(XagentError):
    """The caller's wait is over and the command is not; ask again with its request id."""

    code = "still_running"

    def __init__(self, command: Command) -> None:
        """Keep the latest state of *command*."""
        super().__init__(
            f"{command.action} on {command.agent_id} is still {command.state}; "
            f"ask for command {command.request_id} later"
        )
        self.command = command


class CommandFailed(XagentError):
    """A command is over and did not succeed."""

    def __init__(self, command: Command) -> None:
        """Take the sentence of the *command*'s error, or make one of its state."""
        error = command.error
        super().__init__(
            error.message
            if error
            else f"{command.action} on {command.agent_id} ended {command.state}"
        )
        self.command = command
        self.code = error.code if error else str(command.state)


class SelectorNotFound(CommandFailed):
    """The target matches no element."""


class SelectorAmbiguous(CommandFailed):
    """The target matches more than one element."""


class StaleRef(CommandFailed):
    """The ref belongs to a document that is gone; take a new snapshot."""


class NavigationFailed(CommandFailed):
    """The page could not be loaded."""


class DialogOpen(CommandFailed):
    """A dialog stands in front of the page."""


class PageNotFound(CommandFailed):
    """The page was never there, or is closed."""


class BrowserCrashed(CommandFailed):
    """The page or the browser died under the command."""


class EvaluationFailed(CommandFailed):
    """The page's JavaScript threw."""


class TimedOut(CommandFailed):
    """The command's own time budget was spent."""


class Cancelled(CommandFailed):
    """Somebody cancelled the command."""


class Expired(CommandFailed):
    """The command's time in the queue ran out; it was never begun, unless its effect says so."""


class Lost(CommandFailed):
    """It cannot be known whether the command ran."""


_REFUSALS: Final[dict[str, type[Refused]]] = {
    "unauthorized": Unauthorized,
    "forbidden": Unauthorized,
    "agent_unknown": AgentNotFound,
    "agent_offline": AgentOffline,
    "command_unknown": CommandNotFound,
    "artifact_unknown": ArtifactNotFound,
    "action_unknown": ActionNotFound,
    "invalid_params": InvalidParams,
    "request_id_reused": RequestIdReused,
    "queue_full": QueueFull,
}
_REFUSALS_BY_STATUS: Final[dict[int, type[Refused]]] = {
    400: InvalidRequest,
    401: Unauthorized,
    403: Unauthorized,
    413: InvalidRequest,
    415: InvalidRequest,
    422: InvalidRequest,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}
_FAILURES: Final[dict[str, type[CommandFailed]]] = {
    ErrorCode.SELECTOR_NOT_FOUND: SelectorNotFound,
    ErrorCode.SELECTOR_AMBIGUOUS: SelectorAmbiguous,
    ErrorCode.STALE_REF: StaleRef,
    ErrorCode.NAVIGATION_FAILED: NavigationFailed,
    ErrorCode.DIALOG_OPEN: DialogOpen,
    ErrorCode.PAGE_NOT_FOUND: PageNotFound,
    ErrorCode.PAGE_CLOSED: PageNotFound,
    ErrorCode.PAGE_CRASHED: BrowserCrashed,
    ErrorCode.BROWSER_CRASHED: BrowserCrashed,
    ErrorCode.EVALUATION_FAILED: EvaluationFailed,
}
# How a command ended outweighs the code that came with it: a command that is lost is lost.
_FAILURES_BY_STATE: Final[dict[CommandState, type[CommandFailed]]] = {
    CommandState.TIMED_OUT: TimedOut,
    CommandState.CANCELLED: Cancelled,
    CommandState.EXPIRED: Expired,
    CommandState.LOST: Lost,
}


def refusal(problem: Problem) -> Refused:
    """Return the error that stands for *problem*: by its code, else by its status."""
    kind = _REFUSALS.get(problem.code) or _REFUSALS_BY_STATUS.get(problem.status, Refused)
    return kind(problem)


def failure(command: Command) -> CommandFailed:
    """Return the error that stands for the end of *command*, which did not succeed."""
    kind = _FAILURES_BY_STATE.get(command.state)
    if kind is None and command.error is not None:
        kind = _FAILURES.get(command.error.code)
    return (kind or CommandFailed)(command)
