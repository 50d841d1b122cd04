"""The registry of agents, in memory and on disk."""

from __future__ import annotations

import asyncio
import copy
import hashlib

import msgspec
import pytest

from orchestrator.errors import AgentUnknown, InvalidRequest
from orchestrator.store.agents import AgentRegistry
from tests.orchestrator.conftest import Database
from tests.orchestrator.records import ACTIONS, BROWSER, VERSIONS, agent_record
from xagent_protocol.ids import AgentId


@pytest.fixture
def registry(database: Database) -> AgentRegistry:
    """A registry with nobody in it."""
    return AgentRegistry(database.writer, database.readers)


async def test_a_saved_agent_is_there_after_a_restart(
    registry: AgentRegistry, database: Database
) -> None:
    agent = agent_record(epoch=3, versions=VERSIONS, browser=BROWSER, labels={"region": "eu"})
    await registry.save(agent)
    await registry.note_seen(agent.agent_id, 5000, None)

    restarted = AgentRegistry(database.writer, database.readers)
    await restarted.load()

    seen = msgspec.structs.replace(agent, last_seen_at=5000)
    assert registry.get(agent.agent_id) == restarted.get(agent.agent_id) == seen
    assert len(restarted) == 1


async def test_saving_again_replaces(registry: AgentRegistry) -> None:
    await registry.save(agent_record(epoch=1))
    await registry.save(agent_record(epoch=2))

    assert registry.get(AgentId("alpha")).epoch == 2
    assert len(registry) == 1


async def test_agents_that_announce_the_same_share_it_in_memory_and_on_disk(
    registry: AgentRegistry, database: Database
) -> None:
    for name in ("alpha", "beta"):
        await registry.save(agent_record(name, actions=copy.deepcopy(ACTIONS)))
    restarted = AgentRegistry(database.writer, database.readers)
    await restarted.load()

    for one in (registry, restarted):
        alpha, beta = one.all()
        assert alpha.actions is beta.actions
        assert alpha.actions == ACTIONS
        assert len(one.announcements) == 1
    rows = database.connection.execute("SELECT count(*), max(length(actions)) FROM agents")
    assert rows.fetchone() == (2, 2)
    assert database.connection.execute("SELECT count(*) FROM announcements").fetchone() == (1,)


async def test_what_an_agent_announces_no_longer_is_let_go(registry: AgentRegistry) -> None:
    await registry.save(agent_record(actions=ACTIONS))
    await registry.save(agent_record(actions=ACTIONS[:1]))

    assert list(registry.announcements) == [ACTIONS[:1]]


async def test_actions_in_the_row_of_an_older_release_are_read(
    registry: AgentRegistry, database: Database
) -> None:
    """It wrote them there, and may have done so after a newer one had been here."""
    await registry.save(agent_record(actions=ACTIONS))
    older = msgspec.json.encode(ACTIONS[1:]).decode()
    database.connection.execute("UPDATE agents SET actions = ?", (older,))
    database.connection.commit()

    restarted = AgentRegistry(database.writer, database.readers)
    await restarted.load()

    assert restarted.get(AgentId("alpha")).actions == ACTIONS[1:]


async def test_two_agents_never_share_a_credential(registry: AgentRegistry) -> None:
    digest = hashlib.sha256(b"shared").hexdigest()
    refused: list[str] = []

    async def save(agent_id: str) -> None:
        try:
            await registry.save(agent_record(agent_id, credential_sha256=digest))
        except InvalidRequest:
            refused.append(agent_id)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(save("alpha"))
        tasks.create_task(save("beta"))
    await save("gamma")
    await save("alpha")

    assert refused == ["beta", "gamma"]
    assert len(registry) == 1
    assert registry.agent_of_credential("shared") == "alpha"


async def test_a_credential_leads_to_its_agent_until_it_is_replaced(
    registry: AgentRegistry,
) -> None:
    def digest(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    await registry.save(agent_record(credential_sha256=digest("old")))
    assert registry.agent_of_credential("old") == "alpha"

    await registry.save(agent_record(credential_sha256=digest("new")))

    assert registry.agent_of_credential("old") is None
    assert registry.agent_of_credential("new") == "alpha"


async def test_an_unknown_name_is_answered_with_those_that_are_near(
    registry: AgentRegistry,
) -> None:
    with pytest.raises(AgentUnknown, match="No agent has enrolled yet"):
        registry.get(AgentId("alpha"))
    for name in ("shop-1", "shop-2", "shop-3", "shop-4", "shop-5", "shop-6", "desk"):
        await registry.save(agent_record(name))

    with pytest.raises(AgentUnknown) as unknown:
        registry.get(AgentId("shop-9"))

    assert len(unknown.value.known) == 5
    assert all(name.startswith("shop-") for name in unknown.value.known)
    assert [agent.agent_id for agent in registry.all()][:2] == ["desk", "shop-1"]
    assert registry.find(AgentId("shop-9")) is None


async def test_agents_come_in_the_order_of_their_names_whenever_they_enrolled(
    registry: AgentRegistry, database: Database
) -> None:
    for name in ("beta", "delta", "alpha", "beta", "gamma"):
        await registry.save(agent_record(name))
    restarted = AgentRegistry(database.writer, database.readers)
    await restarted.load()

    for one in (registry, restarted):
        assert [agent.agent_id for agent in one.all()] == ["alpha", "beta", "delta", "gamma"]
        assert [agent.agent_id for agent in one.after("beta")] == ["delta", "gamma"]
        assert [agent.agent_id for agent in one.after("b")] == ["beta", "delta", "gamma"]
        assert list(one.after("gamma")) == []
