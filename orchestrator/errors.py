"""What can go wrong in the orchestrator, one class per decision a caller makes.

OrchestratorError
├── CannotStart             a sentence and an exit status, before anything is served
└── Refusal                 answered as problem details (RFC 9457) with a stable code
    ├── AgentUnknown        404
    ├── AgentOffline        503, nothing was recorded or sent
    ├── CommandUnknown      404
    ├── ArtifactUnknown     404
    ├── ShareUnknown        404
    ├── ActionUnknown       422, names the nearest
    ├── InvalidParams       422, names each field
    ├── InvalidRequest      422, a field has no valid value
    ├── MalformedBody       400, not JSON
    ├── BodyTooLarge        413
    ├── UnsupportedMediaType 415
    ├── RequestIdReused     422, another command has this id
    ├── QueueFull           429, this agent's
    ├── TooManyCommands     503, all together
    ├── Draining            503, on the way out
    ├── StorageUnavailable  503, the journal cannot be written now
    ├── DuplicateAgent      409, another install holds the name
    ├── NoTrace             422, so the viewer cannot show it
    ├── ViewerMissing       501, it comes with Playwright
    ├── TooManyAttempts     429, wrong tokens
    ├── Unauthorized        401
    │   └── InvalidEnrolmentToken
    ├── Forbidden           403
    ├── OriginNotAllowed    403
    ├── HostNotAllowed      421
    ├── RouteUnknown        404
    ├── MethodNotAllowed    405
    └── InternalError       500, and the log has the rest
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec


class OrchestratorError(Exception):
    """Root of this package's errors."""


class CannotStart(OrchestratorError):
    """Something outside must change first; the message is one sentence that says what."""


class FieldError(msgspec.Struct, frozen=True):
    """One thing wrong with one field; *field* is a path such as ``params.url``."""

    field: str
    message: str


class Refusal(OrchestratorError):
    """A request that cannot be served; the message is its `detail`.

    *errors*, *known* and *retry_after* (seconds) travel in the problem document when given.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        known: Sequence[str] = (),
        retry_after: float | None = None,
    ) -> None:
        """State what is wrong and what to do about it."""
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.known = tuple(known)
        self.retry_after = retry_after


class AgentUnknown(Refusal):
    """No agent ever enrolled under this id."""

    status = 404
    code = "agent_unknown"
    title = "Unknown agent"


class CommandUnknown(Refusal):
    """No command has this request id."""

    status = 404
    code = "command_unknown"
    title = "Unknown command"


class ArtifactUnknown(Refusal):
    """No artifact has this id."""

    status = 404
    code = "artifact_unknown"
    title = "Unknown artifact"


class ShareUnknown(Refusal):
    """No share has this id or this link, or not any more."""

    status = 404
    code = "share_unknown"
    title = "Unknown share"


class AgentOffline(Refusal):
    """The agent is not connected and the caller did not ask to queue."""

    status = 503
    code = "agent_offline"
    title = "Agent offline"


class ChannelUnavailable(Refusal):
    """The agent opens no such channel, or did not in time."""

    status = 503
    code = "channel_unavailable"
    title = "Channel unavailable"


class ActionUnknown(Refusal):
    """The agent has not announced this action."""

    status = 422
    code = "action_unknown"
    title = "Unknown action"


class InvalidParams(Refusal):
    """The params do not match the schema that the agent announced."""

    status = 422
    code = "invalid_params"
    title = "Invalid params"


class InvalidRequest(Refusal):
    """A field of the request has no valid value."""

    status = 422
    code = "invalid_request"
    title = "Invalid request"


class MalformedBody(Refusal):
    """The body is not JSON."""

    status = 400
    code = "malformed_body"
    title = "Malformed body"


class BodyTooLarge(Refusal):
    """The body is over the limit."""

    status = 413
    code = "body_too_large"
    title = "Body too large"


class UnsupportedMediaType(Refusal):
    """The body is not declared as what this route takes."""

    status = 415
    code = "unsupported_media_type"
    title = "Unsupported media type"


class RequestIdReused(Refusal):
    """Another command already has this request id."""

    status = 422
    code = "request_id_reused"
    title = "Request id reused"


class QueueFull(Refusal):
    """This agent's queue is full."""

    status = 429
    code = "queue_full"
    title = "Queue full"


class TooManyCommands(Refusal):
    """All queues together are full."""

    status = 503
    code = "too_many_commands"
    title = "Too many open commands"


class Draining(Refusal):
    """The orchestrator is on its way out."""

    status = 503
    code = "draining"
    title = "Shutting down"


class StorageUnavailable(Refusal):
    """The journal cannot be written now; nothing was recorded."""

    status = 503
    code = "storage_unavailable"
    title = "Storage unavailable"


class DuplicateAgent(Refusal):
    """Another install of this name is here or was here a moment ago."""

    status = 409
    code = "duplicate_agent"
    title = "Agent name taken"


class Unauthorized(Refusal):
    """No credential, or one that opens nothing here."""

    status = 401
    code = "unauthorized"
    title = "Unauthorized"


class InvalidEnrolmentToken(Unauthorized):
    """The enrolment token is unknown, used, expired or for another name."""

    code = "invalid_enrolment_token"
    title = "Invalid enrolment token"


class NoTrace(Refusal):
    """The artifact is there, but it is no trace."""

    status = 422
    code = "no_trace"
    title = "Not a trace"


class ViewerMissing(Refusal):
    """The trace viewer is not installed beside this orchestrator."""

    status = 501
    code = "viewer_missing"
    title = "No viewer here"


class TooManyAttempts(Refusal):
    """Too many wrong tokens came from one address."""

    status = 429
    code = "too_many_attempts"
    title = "Too many attempts"


class Forbidden(Refusal):
    """The credential is valid, but not for this."""

    status = 403
    code = "forbidden"
    title = "Forbidden"


class HostNotAllowed(Refusal):
    """The Host header names a host that this server does not answer for."""

    status = 421
    code = "host_not_allowed"
    title = "Host not allowed"


class OriginNotAllowed(Refusal):
    """The Origin header names a page that may not talk to this server."""

    status = 403
    code = "origin_not_allowed"
    title = "Origin not allowed"


class RouteUnknown(Refusal):
    """Nothing is served under this path."""

    status = 404
    code = "not_found"
    title = "Not found"


class MethodNotAllowed(Refusal):
    """The path exists, but not with this method; the header `Allow` lists those it has."""

    status = 405
    code = "method_not_allowed"
    title = "Method not allowed"


class InternalError(Refusal):
    """A fault of the server's own; its log has the details, the answer has none."""

    def __init__(self) -> None:
        """Say no more than that."""
        super().__init__("The server failed to answer; its log says why.")
