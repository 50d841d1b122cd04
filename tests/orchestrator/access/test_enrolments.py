"""Single-use tokens by which a name becomes an agent."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import msgspec
import pytest

from orchestrator.access.enrolments import Enrolments
from orchestrator.errors import DuplicateAgent, InvalidEnrolmentToken
from orchestrator.store.agents import AgentRegistry
from orchestrator.store.enrolments import EnrolmentStore
from tests.orchestrator.conftest import Database
from tests.orchestrator.records import ACTIONS
from xagent_protocol.ids import AgentId, InstallId

ALPHA = AgentId("alpha")


class Desk:
    """The desk where agents enrol; while *holds* is set, another install holds every name."""

    def __init__(self, database: Database) -> None:
        self.registry = AgentRegistry(database.writer, database.readers)
        self.holds = False
        store = EnrolmentStore(database.writer, database.readers)
        self.enrolments = Enrolments(store, self.registry, self._refuse)

    def _refuse(self, agent_id: AgentId, install_id: InstallId) -> None:
        if self.holds:
            raise DuplicateAgent(f"{agent_id} is not for {install_id}")

    async def redeem(self, token: str, name: str = "alpha", install: str = "i1") -> None:
        """Redeem a token."""
        await self.enrolments.redeem(
            token,
            agent_id=AgentId(name),
            install_id=InstallId(install),
            credential_sha256=f"digest of {name} {install}",
        )


@pytest.fixture
def desk(database: Database) -> Desk:
    """A desk where nobody has been."""
    return Desk(database)


async def test_a_token_lets_one_install_in(desk: Desk) -> None:
    token, _ = await desk.enrolments.issue(ALPHA)

    await desk.redeem(token)

    agent = desk.registry.get(ALPHA)
    assert (agent.install_id, agent.credential_sha256) == ("i1", "digest of alpha i1")
    with pytest.raises(InvalidEnrolmentToken):
        await desk.redeem(token, install="i2")


async def test_a_token_used_twice_at_once_lets_one_in(desk: Desk) -> None:
    token, _ = await desk.enrolments.issue(ALPHA)
    refused: list[str] = []

    async def redeem(install: str) -> None:
        try:
            await desk.redeem(token, install=install)
        except InvalidEnrolmentToken:
            refused.append(install)

    async with asyncio.TaskGroup() as tasks:
        for number in range(5):
            tasks.create_task(redeem(f"i{number}"))

    assert len(refused) == 4
    assert desk.registry.get(ALPHA).install_id not in refused


@pytest.mark.parametrize("name", ["beta", "alpha "])
async def test_a_token_is_for_its_name_only(desk: Desk, name: str) -> None:
    token, _ = await desk.enrolments.issue(ALPHA)

    with pytest.raises(InvalidEnrolmentToken):
        await desk.redeem(token, name)
    await desk.redeem(token)


async def test_an_invented_token_opens_nothing(desk: Desk) -> None:
    desk.holds = True
    with pytest.raises(InvalidEnrolmentToken):
        await desk.redeem("xagent_enrol_" + "x" * 43)


async def test_a_token_runs_out(desk: Desk, database: Database) -> None:
    token, expires_at = await desk.enrolments.issue(ALPHA)
    with closing(sqlite3.connect(database.path)) as other:
        [(created_at, until)] = other.execute("SELECT created_at, expires_at FROM enrolments")
        assert (until, until - created_at) == (expires_at, 3_600_000)
        other.execute("UPDATE enrolments SET expires_at = created_at - 1")
        other.commit()

    with pytest.raises(InvalidEnrolmentToken):
        await desk.redeem(token)


async def test_a_name_that_is_held_does_not_use_the_token_up(desk: Desk) -> None:
    token, _ = await desk.enrolments.issue(ALPHA)
    desk.holds = True
    with pytest.raises(DuplicateAgent):
        await desk.redeem(token)

    desk.holds = False
    await desk.redeem(token)


async def test_the_same_install_keeps_what_is_known_of_it_and_another_does_not(
    desk: Desk,
) -> None:
    first, _ = await desk.enrolments.issue(ALPHA)
    await desk.redeem(first)
    known = msgspec.structs.replace(desk.registry.get(ALPHA), epoch=7, actions=ACTIONS)
    await desk.registry.save(known)

    again, _ = await desk.enrolments.issue(ALPHA)
    await desk.redeem(again)
    assert desk.registry.get(ALPHA) == known

    other, _ = await desk.enrolments.issue(ALPHA)
    await desk.redeem(other, install="i2")
    agent = desk.registry.get(ALPHA)
    assert (agent.install_id, agent.epoch, agent.actions) == ("i2", 7, ())
    assert agent.created_at == known.created_at


async def test_the_database_holds_no_token(desk: Desk, database: Database) -> None:
    token, _ = await desk.enrolments.issue(ALPHA)

    with closing(sqlite3.connect(database.path)) as other:
        rows = other.execute("SELECT * FROM enrolments").fetchall()
    assert token not in str(rows)
