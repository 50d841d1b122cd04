"""Events as they happen, by server-sent events (the WHATWG HTML standard, section 9.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.responses import Response, StreamingResponse

from orchestrator.access.principal import Principal
from orchestrator.api.agents import shown
from orchestrator.api.models import CommandSummary, command_summary_of
from orchestrator.api.operation import operation
from orchestrator.api.services import Services
from orchestrator.api.visitors import summary_for_visitors
from orchestrator.dispatch.events import Event, Missed
from orchestrator.errors import AgentUnknown, Draining, Forbidden
from xagent_protocol.ids import AgentId

TAG: Final = "Events"

STREAM: Final = "text/event-stream"
RETRY_MS: Final = 1_000
SILENCE_SECONDS: Final = 15.0
"""How long nothing is said: proxies and clients take a longer silence for an end."""

LOOK_SECONDS: Final = 5.0
"""How long a browser hears on at the most after it was signed out, or its share was ended."""

BREATH: Final = b":\n\n"

_encode: Final = msgspec.json.Encoder().encode


class EventsQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which events to hear."""

    agent_id: Annotated[
        Annotated[str, Meta(max_length=63)] | None, Meta(description="Only those of this agent.")
    ] = None


class EventsHeaders(msgspec.Struct, frozen=True, rename={"last_event_id": "Last-Event-ID"}):
    """Where to go on."""

    last_event_id: Annotated[
        Annotated[str, Meta(max_length=64)] | None,
        Meta(description="The id of the last event that was heard."),
    ] = None


class CommandMoved(msgspec.Struct, frozen=True):
    """The data of `command`."""

    command: CommandSummary


@operation(
    "GET",
    "/api/events",
    tag=TAG,
    statuses={200: "Events, until one of us leaves."},
    refusals=[Draining, Forbidden],
    media_type=STREAM,
)
async def stream_events(
    services: Services, query: EventsQuery, headers: EventsHeaders, principal: Principal
) -> Response:
    """Hear what happens, as it happens.

    `agent.connected`, `agent.changed` and `agent.disconnected` carry the agent as
    `GET /api/agents/{agent_id}` shows it; `command` carries a command without params and result,
    at each of its moves. `ready` comes first, with an id to come back with; `reset` says that
    events were missed (after a restart of the server, or by a listener that is too slow): then
    fetch what you show anew. Comes back by `Last-Event-ID` without a gap, if it is not too late.
    Ends with the sign-in or the share that opened it; a share hears of its agent alone.
    """
    if services.commands.is_draining:
        raise Draining("The orchestrator is shutting down.", retry_after=1)
    agent_id = None if query.agent_id is None else AgentId(query.agent_id)
    if not principal.sees_all:
        agent_id = agent_id or principal.agent_id
        if not principal.may_see(agent_id):
            raise Forbidden(f"This share only tells of agent {principal.agent_id!r}.")
    return StreamingResponse(
        _stream(services, agent_id, headers.last_event_id, principal),
        media_type=STREAM,
        headers={"X-Accel-Buffering": "no"},
    )


OPERATIONS: Final = (stream_events,)


async def _stream(
    services: Services, agent_id: AgentId | None, after: str | None, principal: Principal
) -> AsyncIterator[bytes]:
    yield b"retry: %d\n\n" % RETRY_MS
    events = services.events
    silence = SILENCE_SECONDS if principal.expires_at is None else LOOK_SECONDS
    while True:
        try:
            with events.listening(after) as listener:
                # Only now: what happens between this id and the first event is heard.
                yield _frame("ready", events.latest_id if after is None else after, {})
                while (batch := await listener.next(silence)) is not None:
                    if not principal.lasts():
                        return
                    told = b"".join(_told(services, event, agent_id, principal) for event in batch)
                    if told or not batch:
                        yield told or BREATH
            return
        except Missed:
            after = None
            yield _frame("reset", events.latest_id, {})


def _told(
    services: Services, event: Event, agent_id: AgentId | None, principal: Principal
) -> bytes:
    if agent_id is not None and event.agent_id != agent_id:
        return b""
    number = services.events.id_of(event.number)
    if event.command is not None:
        summary = command_summary_of(event.command)
        if not principal.sees_all:
            summary = summary_for_visitors(summary)
        return _frame(event.kind, number, CommandMoved(summary))
    try:
        agent = shown(services, services.agents.get(event.agent_id), principal)
    except AgentUnknown:
        return b""
    return _frame(event.kind, number, {"agent": agent})


def _frame(name: str, event_id: str, data: object) -> bytes:
    return b"event: %s\nid: %s\ndata: %s\n\n" % (name.encode(), event_id.encode(), _encode(data))
