"""Agents: who there is, what each can do, when each was here."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from orchestrator.access.principal import Principal
from orchestrator.api.cursor import AgentCursor, after_agent
from orchestrator.api.models import (
    ActionList,
    Agent,
    AgentName,
    AgentPage,
    SessionList,
    agent_of,
    past_session_of,
)
from orchestrator.api.operation import operation
from orchestrator.api.services import Services
from orchestrator.api.visitors import agent_for_visitors
from orchestrator.errors import AgentUnknown
from orchestrator.store.records import AgentRecord

TAG: Final = "Agents"

Limit = Annotated[int, Meta(ge=1, le=500, description="How many at most.")]
Label = Annotated[
    str, Meta(pattern="^[^:]{1,63}:", max_length=500, description="A label as `name:value`.")
]


class AgentQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which agents to list."""

    status: Annotated[
        Literal["connected", "disconnected"] | None,
        Meta(description="Only those that are here now, or are not."),
    ] = None
    label: Annotated[
        tuple[Label, ...],
        Meta(
            max_length=20,
            description="Only those with this label, `name:value`; may be repeated.",
        ),
    ] = ()
    limit: Limit = 100
    cursor: AgentCursor = None


class SessionQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many sessions to list."""

    limit: Limit = 100


@operation("GET", "/api/agents", tag=TAG, statuses={200: "A page of agents."})
async def list_agents(services: Services, query: AgentQuery, principal: Principal) -> AgentPage:
    """List agents.

    Every agent that ever enrolled, in the order of their names, with what is known of it now.
    """
    sees_all = principal.sees_all
    labels = [label.split(":", 1) for label in query.label]
    found: list[AgentRecord] = []
    for record in services.agents.after(query.cursor or ""):
        if not (sees_all or principal.may_see(record.agent_id)):
            continue
        if any(record.labels.get(name) != value for name, value in labels):
            continue
        if query.status is not None:
            is_connected = services.presence.get(record.agent_id) is not None
            if is_connected is not (query.status == "connected"):
                continue
        if len(found) == query.limit:
            return AgentPage(
                [shown(services, each, principal) for each in found], after_agent(found[-1])
            )
        found.append(record)
    return AgentPage([shown(services, each, principal) for each in found], None)


@operation(
    "GET",
    "/api/agents/{agent_id}",
    tag=TAG,
    statuses={200: "The agent."},
    refusals=[AgentUnknown],
)
async def show_agent(services: Services, agent_id: AgentName, principal: Principal) -> Agent:
    """Show an agent.

    Its browser and open pages, the three facts of contact, and how much it has to do.
    """
    return shown(services, services.agents.get(agent_id), principal)


@operation(
    "GET",
    "/api/agents/{agent_id}/actions",
    tag=TAG,
    statuses={200: "Its actions, with the JSON Schemas of their params and results."},
    refusals=[AgentUnknown],
)
async def list_actions(services: Services, agent_id: AgentName) -> ActionList:
    """List what an agent can do.

    As it announced when it was last here: another version of the runtime, or a package of your
    own beside it, may offer other actions.
    """
    return ActionList(services.agents.get(agent_id).actions)


@operation(
    "GET",
    "/api/agents/{agent_id}/sessions",
    tag=TAG,
    statuses={200: "Its sessions, newest first."},
    refusals=[AgentUnknown],
)
async def list_sessions(
    services: Services, agent_id: AgentName, query: SessionQuery
) -> SessionList:
    """List when an agent was here.

    Each session says from where, with which versions, and why it ended.
    """
    services.agents.get(agent_id)
    records = await services.history.sessions(agent_id, limit=query.limit)
    return SessionList([past_session_of(record) for record in records])


OPERATIONS: Final = (list_agents, show_agent, list_actions, list_sessions)


def shown(services: Services, record: AgentRecord, principal: Principal) -> Agent:
    """Show an agent with all that is known of it now, as far as *principal* may see it."""
    agent_id = record.agent_id
    live = services.presence.get(agent_id)
    agent = agent_of(
        record,
        contact=services.presence.contact(agent_id, record.created_at),
        session=services.presence.session(agent_id),
        browser=record.browser if live is None else live.browser,
        counts=services.commands.counts(agent_id),
    )
    return agent if principal.sees_all else agent_for_visitors(agent)
