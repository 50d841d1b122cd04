"""Stays of agents as rows."""

from __future__ import annotations

import pytest

from orchestrator.store.agents import AgentRegistry
from orchestrator.store.history import History
from orchestrator.store.sessions import REASON_LENGTH, SessionStore
from tests.orchestrator.conftest import Database
from tests.orchestrator.records import agent_record, session_record
from xagent_protocol.ids import AgentId


@pytest.fixture
async def sessions(database: Database) -> SessionStore:
    """A store that knows two agents."""
    registry = AgentRegistry(database.writer, database.readers)
    await registry.save(agent_record("alpha"))
    await registry.save(agent_record("beta"))
    return SessionStore(database.writer, database.readers)


async def test_the_latest_stay_of_each_agent_is_the_one_of_the_highest_epoch(
    sessions: SessionStore,
) -> None:
    for session in (
        session_record("alpha", 1),
        session_record("alpha", 10, started_at=5),
        session_record("alpha", 9),
        session_record("beta", 2),
    ):
        await sessions.begin(session)

    latest = await sessions.latest()

    assert {name: session.epoch for name, session in latest.items()} == {"alpha": 10, "beta": 2}
    assert latest[AgentId("beta")] == session_record("beta", 2)


async def test_an_end_is_noted_with_its_reason_cut_to_what_fits(sessions: SessionStore) -> None:
    session = session_record()
    await sessions.begin(session)

    await sessions.end(session, 9000, "goodbye: " + "x" * 1000)

    ended = (await sessions.latest())[session.agent_id]
    assert ended.ended_at == 9000
    assert ended.end_reason is not None
    assert len(ended.end_reason) == REASON_LENGTH


async def test_a_restart_ends_what_was_open_and_nothing_else(
    sessions: SessionStore, database: Database
) -> None:
    first, second = session_record(epoch=1), session_record(epoch=2)
    await sessions.begin(first)
    await sessions.end(first, 2000, "goodbye")
    await sessions.begin(second)

    await sessions.end_all(3000, "restarted")

    stays = await History(database.readers).sessions(AgentId("alpha"), limit=10)
    assert [(stay.epoch, stay.ended_at, stay.end_reason) for stay in stays] == [
        (2, 3000, "restarted"),
        (1, 2000, "goodbye"),
    ]
    assert len(await History(database.readers).sessions(AgentId("alpha"), limit=1)) == 1
