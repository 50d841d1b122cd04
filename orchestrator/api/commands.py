"""Commands: submit one, fetch it, stop it, look back."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request

from orchestrator.access.principal import Principal
from orchestrator.api.agents import Limit
from orchestrator.api.cursor import CommandCursor, after_command, command_key
from orchestrator.api.departure import UNWATCHED_SECONDS, while_here
from orchestrator.api.intake import invalid_field, invalid_fields
from orchestrator.api.models import (
    AgentName,
    ChosenName,
    Command,
    CommandName,
    CommandPage,
    command_of,
)
from orchestrator.api.operation import Reply, operation
from orchestrator.api.services import Services
from orchestrator.api.visitors import command_for_visitors
from orchestrator.dispatch.submission import Submission
from orchestrator.errors import (
    ActionUnknown,
    AgentOffline,
    AgentUnknown,
    CommandUnknown,
    Draining,
    FieldError,
    InvalidParams,
    QueueFull,
    RequestIdReused,
    StorageUnavailable,
    TooManyCommands,
)
from orchestrator.store.records import CommandFilter, CommandRecord
from xagent_protocol.codec import MAX_DEPTH, depth_exceeds
from xagent_protocol.control import ControlToken, digest_of
from xagent_protocol.ids import AgentId, RequestId, is_request_id
from xagent_protocol.transitions import CommandState

TAG: Final = "Commands"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEAP_SECOND: Final = re.compile(r"(?<=\d\d:\d\d):60")
_NO_PARAMS: Final = msgspec.Raw(b"{}")

ActionName = Annotated[
    str,
    Meta(min_length=1, max_length=128, description="The action's name.", examples=["goto"]),
]
Moment = Annotated[
    str,
    Meta(
        max_length=64,
        examples=["2026-11-23T09:30:00Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
LongPoll = Annotated[
    float,
    Meta(ge=0, le=60, description="Seconds to wait for the end of the command."),
]


class SubmitQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the caller will wait."""

    wait: LongPoll = 30.0


class FetchQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long the caller will wait."""

    wait: LongPoll = 0.0


class SubmitHeaders(msgspec.Struct, frozen=True, rename={"idempotency_key": "Idempotency-Key"}):
    """Another way to name the command."""

    idempotency_key: Annotated[
        ChosenName | None,
        Meta(description="The same as `request_id` in the body; both, if given, must agree."),
    ] = None


class CommandRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One action asked of one agent."""

    action: ActionName
    params: Annotated[
        msgspec.Raw,
        Meta(
            description="As the action's own schema says; see the actions of the agent.",
            extra_json_schema={"type": "object"},
        ),
    ] = msgspec.field(default_factory=lambda: _NO_PARAMS)
    page: Annotated[
        Annotated[str, Meta(min_length=1, max_length=128)] | None,
        Meta(description="The page to act on; left out, the agent's main page."),
    ] = None
    timeout: Annotated[
        float, Meta(gt=0, le=3600, description="Seconds the action may run, once it has begun.")
    ] = 30.0
    record: Annotated[
        Literal["trace"] | None,
        Meta(
            description="`trace`: record what it does, and add that to its artifacts, even if it "
            "fails or runs out of time; `/traces/` and the artifact's id show it."
        ),
    ] = None
    if_controlled: Annotated[
        Literal["fail", "wait"],
        Meta(
            description="What to do while a person drives the page: `fail` with "
            "`human_has_control`, or `wait` for the hand-back, within the timeout."
        ),
    ] = "fail"
    control_token: Annotated[
        ControlToken | None,
        Meta(
            description="That of the lease to drive the page by hand, of your own making: for "
            "`take_control`, and for all that is done under it. Only its digest is kept."
        ),
    ] = None
    request_id: Annotated[
        ChosenName | None,
        Meta(
            description="Your own name for the command. The same name never makes a second "
            "command: you are attached to the first. Left out, the server makes one."
        ),
    ] = None
    idempotent: Annotated[
        bool | None,
        Meta(
            description="Whether it may be started again if it cannot be known whether it ran; "
            "left out, true for actions that only read."
        ),
    ] = None
    if_offline: Annotated[
        Literal["fail", "queue"],
        Meta(description="What to do if the agent is not connected now."),
    ] = "fail"
    ttl: Annotated[float, Meta(gt=0, le=86400, description="Seconds it may wait in the queue.")] = (
        900.0
    )


class AgentCommandQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which commands of an agent to list."""

    state: Annotated[CommandState | None, Meta(description="Only those in this state.")] = None
    action: Annotated[
        Annotated[str, Meta(max_length=128)] | None, Meta(description="Only those of this action.")
    ] = None
    requested_by: Annotated[
        Annotated[str, Meta(max_length=64)] | None,
        Meta(description="Only those that were asked for by this credential."),
    ] = None
    created_after: Annotated[
        Moment | None, Meta(description="Only those of this time, or later.")
    ] = None
    created_before: Annotated[
        Moment | None, Meta(description="Only those of before this time.")
    ] = None
    limit: Limit = 100
    cursor: CommandCursor = None


class CommandQuery(AgentCommandQuery, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which commands to list."""

    agent_id: Annotated[
        Annotated[str, Meta(max_length=63)] | None, Meta(description="Only those of this agent.")
    ] = None


_STATUSES: Final = {
    200: "The command is over; its `state` says how it ended.",
    202: "It is not over yet; `Location` is where to ask again.",
}


@operation(
    "POST",
    "/api/agents/{agent_id}/commands",
    tag=TAG,
    statuses=_STATUSES,
    refusals=[
        AgentUnknown,
        AgentOffline,
        ActionUnknown,
        InvalidParams,
        RequestIdReused,
        QueueFull,
        TooManyCommands,
        Draining,
        StorageUnavailable,
    ],
    example={"action": "goto", "params": {"url": "https://example.com"}},
)
async def submit_command(
    services: Services,
    agent_id: AgentName,
    query: SubmitQuery,
    headers: SubmitHeaders,
    body: CommandRequest,
    request: Request,
    principal: Principal,
) -> Reply[Command]:
    """Ask an agent to act, and wait for the outcome.

    The command is recorded before it is sent and before you are answered, so an answered
    command survives whatever is killed. The HTTP status says whether the server could do its
    part; the command's `state` says how the command ended. With `wait=0` the answer is 202 at
    once.
    """
    services.agents.get(agent_id)
    submission = submission_of(agent_id, headers, body, principal.name)
    at_first = min(query.wait, UNWATCHED_SECONDS)
    record = await services.commands.submit(submission, wait=at_first)
    return reply_of(await _rest(services, request, record, query.wait - at_first))


@operation(
    "GET",
    "/api/commands/{request_id}",
    tag=TAG,
    statuses={200: "The command, over or not."},
    refusals=[CommandUnknown],
)
async def show_command(
    services: Services,
    request_id: CommandName,
    query: FetchQuery,
    request: Request,
    principal: Principal,
) -> Command:
    """Fetch a command.

    With `wait`, the answer comes as soon as the command is over, or when the time is up. A visitor
    by a share is shown it without what may hold secrets, which `withheld` lists.
    """
    _check_request_id(request_id)
    if not principal.sees_all:
        await _check_visible(services, request_id, principal)
    if not query.wait:
        return _shown(await services.commands.get(request_id), principal)
    at_first = min(query.wait, UNWATCHED_SECONDS)
    record = await services.commands.wait(request_id, at_first)
    return _shown(await _rest(services, request, record, query.wait - at_first), principal)


@operation(
    "POST",
    "/api/commands/{request_id}/cancel",
    tag=TAG,
    statuses={
        202: "The agent was asked to stop it; what it says decides how the command ends.",
        200: "The command is over, perhaps because it was cancelled before it began.",
    },
    refusals=[CommandUnknown, StorageUnavailable],
)
async def cancel_command(services: Services, request_id: CommandName) -> Reply[Command]:
    """Stop a command, or never start it.

    May be repeated; a command that is over stays as it is.
    """
    _check_request_id(request_id)
    return reply_of(await services.commands.cancel(request_id))


@operation("GET", "/api/commands", tag=TAG, statuses={200: "A page of commands, newest first."})
async def list_commands(
    services: Services, query: CommandQuery, principal: Principal
) -> CommandPage:
    """List commands of all agents.

    A page may hold fewer than `limit`, even none, and yet have a `next_cursor`: where no index
    leads to what is wanted, as to an action, each page looks through so many commands and no more.
    """
    agent_id = None if query.agent_id is None else AgentId(query.agent_id)
    return await _list(services, agent_id, query, principal)


@operation(
    "GET",
    "/api/agents/{agent_id}/commands",
    tag=TAG,
    statuses={200: "A page of commands, newest first."},
    refusals=[AgentUnknown],
)
async def list_agent_commands(
    services: Services, agent_id: AgentName, query: AgentCommandQuery, principal: Principal
) -> CommandPage:
    """List commands of one agent.

    A page may hold fewer than `limit`, even none, and yet have a `next_cursor`.
    """
    services.agents.get(agent_id)
    return await _list(services, agent_id, query, principal)


# The busiest first: routes are tried in this order.
OPERATIONS: Final = (
    submit_command,
    list_agent_commands,
    show_command,
    cancel_command,
    list_commands,
)


def submission_of(
    agent_id: AgentId, headers: SubmitHeaders, body: CommandRequest, requested_by: str | None
) -> Submission:
    """Return what is asked of an agent, and by whom; raises `InvalidRequest`."""
    _check_params(body.params)
    return Submission(
        agent_id,
        body.action,
        body.params,
        body.page,
        body.timeout,
        _request_id(body.request_id, headers.idempotency_key),
        body.idempotent,
        body.if_offline,
        body.ttl,
        body.record,
        body.if_controlled,
        None if body.control_token is None else digest_of(body.control_token),
        requested_by,
    )


def reply_of(record: CommandRecord) -> Reply[Command]:
    """Show a command to whoever waited for it."""
    if record.is_over:
        return Reply(200, command_of(record))
    return Reply(202, command_of(record), f"/api/commands/{record.request_id}")


async def _rest(
    services: Services, request: Request, record: CommandRecord, seconds: float
) -> CommandRecord:
    """Wait on while the client does; a drain ends that at once."""
    if record.is_over or seconds <= 0:
        return record
    waiting = services.commands.wait(record.request_id, seconds)
    return await while_here(request.receive, waiting)


async def _list(
    services: Services, agent_id: AgentId | None, query: AgentCommandQuery, principal: Principal
) -> CommandPage:
    states: tuple[CommandState, ...] = ()
    among: tuple[RequestId, ...] | None = None
    if query.state is not None and query.state.is_terminal:
        states = (query.state,)
    elif query.state is not None:
        among = services.commands.open_in(query.state, agent_id)
    wanted = CommandFilter(
        agent_id,
        states,
        query.action,
        query.requested_by,
        _milliseconds("created_after", query.created_after),
        _milliseconds("created_before", query.created_before),
        among,
    )
    found = await services.history.commands(
        wanted, limit=query.limit, before=command_key(query.cursor)
    )
    shown = [services.commands.as_it_stands(record) for record in found.records]
    return CommandPage(
        [_shown(record, principal) for record in shown if query.state in (None, record.state)],
        after_command(found.before),
    )


def _shown(record: CommandRecord, principal: Principal) -> Command:
    command = command_of(record)
    return command if principal.sees_all else command_for_visitors(command)


def _milliseconds(field: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        # RFC 3339 allows small letters and a leap second, which Python's reader does not.
        moment = datetime.fromisoformat(_LEAP_SECOND.sub(":59", text.upper()))
    except ValueError:
        raise invalid_field(field, "is no time, like 2026-11-23T09:30:00Z") from None
    if moment.tzinfo is None or "T" not in text.upper():
        raise invalid_field(field, "needs a time of day and a zone, like 2026-11-23T09:30:00Z")
    return math.ceil((moment - _EPOCH) / timedelta(milliseconds=1))


async def _check_visible(services: Services, request_id: RequestId, principal: Principal) -> None:
    """Let a command of another agent be as unknown as one that never was."""
    record = await services.commands.get(request_id)
    if not principal.may_see(record.agent_id):
        raise CommandUnknown(f"There is no command {request_id!r}.")


def _check_params(params: msgspec.Raw) -> None:
    if params is _NO_PARAMS:
        return
    text = bytes(params)
    if text[:1] != b"{":
        raise invalid_field("params", "expected an object")
    if depth_exceeds(text):
        raise invalid_field("params", f"is nested deeper than {MAX_DEPTH} levels")


def _request_id(in_body: RequestId | None, in_header: RequestId | None) -> RequestId | None:
    if in_header is None:
        request_id, field = in_body, "request_id"
    else:
        request_id, field = in_header, "Idempotency-Key"
        if in_body is not None and in_body != in_header:
            message = "differ; give one of them, or the same twice"
            raise invalid_fields(
                FieldError("request_id", message), FieldError("Idempotency-Key", message)
            )
    # A pattern's `$` would let a line feed at the end through.
    if request_id is not None and not is_request_id(request_id):
        raise invalid_field(field, "may not end with a line feed")
    return request_id


def _check_request_id(request_id: RequestId) -> None:
    if not is_request_id(request_id):
        raise CommandUnknown(f"There is no command {request_id[:128]!r}: that is no request id.")
