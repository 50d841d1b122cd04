"""Single-use tokens by which a name becomes an agent."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import msgspec
import pytest

from orchestrator.access.enrolments import Enrolments
from orchestrator.errors import (
    DuplicateAgent,
    InvalidEnrolmentToken,
    InvalidRequest,
    StorageUnavailable,
)
from orchestrator.store.agents import AgentRegistry
from orchestrator.store.enrolments import EnrolmentStore
from tests.orchestrator.conftest import Database
from tests.orchestrator.deadline import until
from tests.orchestrator.records import ACTIONS
from xagent_protocol.ids import AgentId, InstallId

ALPHA = AgentId("alpha")


class FailingStore(EnrolmentStore):
    """Tokens that, while *fails* is set, cannot be noted as used."""

    fails = False

    async def use(self, token_sha256: str, agent_id: AgentId, *, now: int) -> bool:
        """Use a token up, or fail to."""
        if self.fails:
            raise StorageUnavailable("the disk is full")
        return await super().use(token_sha256, agent_id, now=now)


class Desk:
    """The desk where agents enrol; while *holds* is set, another install holds every name."""

    def __init__(self, database: Database) -> None:
        self.registry = AgentRegistry(database.writer, database.readers)
        self.holds = False
        self.turns: dict[AgentId, asyncio.Lock] = {}
        self.store = FailingStore(database.writer, database.readers)
        self.enrolments = Enrolments(self.store, self.registry, self._refuse, self._turn)

    def _refuse(self, agent_id: AgentId, install_id: InstallId) -> None:
        if self.holds:
            raise DuplicateAgent(f"{agent_id} is not for {install_id}")

    def _turn(self, agent_id: AgentId) -> asyncio.Lock:
        return self.turns.setdefault(agent_id, asyncio.Lock())

    async def redeem(
        self,
        token: str,
        name: str = "alpha",
        install: str = "i1",
        credential: str | None = None,
    ) -> None:
        """Redeem a token."""
        await self.enrolments.redeem(
            token,
            agent_id=AgentId(name),
            install_id=InstallId(install),
            credential_sha256=credential or f"digest of {name} {install}",
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
        [(created_at, ends_at)] = other.execute("SELECT created_at, expires_at FROM enrolments")
        assert (ends_at, ends_at - created_at) == (expires_at, 3_600_000)
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


async def test_who_comes_first_in_a_turn_is_seen_by_who_comes_second(desk: Desk) -> None:
    """An agent connects while another install's token is being looked at."""
    token, _ = await desk.enrolments.issue(ALPHA)
    desk.turns[ALPHA] = turn = asyncio.Lock()
    refused: list[DuplicateAgent] = []

    async def redeem() -> None:
        try:
            await desk.redeem(token)
        except DuplicateAgent as error:
            refused.append(error)

    async with asyncio.TaskGroup() as tasks, turn:
        tasks.create_task(redeem())
        await until(lambda: "waiters:1" in repr(turn))
        desk.holds = True

    assert len(refused) == 1
    desk.holds = False
    await desk.redeem(token)


async def test_a_failure_half_way_does_not_burn_the_token(desk: Desk) -> None:
    token, _ = await desk.enrolments.issue(ALPHA)
    desk.store.fails = True
    with pytest.raises(StorageUnavailable):
        await desk.redeem(token)

    desk.store.fails = False
    await desk.redeem(token)

    assert desk.registry.get(ALPHA).install_id == "i1"
    with pytest.raises(InvalidEnrolmentToken):
        await desk.redeem(token)


async def test_a_stranger_makes_no_turn(desk: Desk) -> None:
    """Else every invented name would take memory for ever."""
    with pytest.raises(InvalidEnrolmentToken):
        await desk.redeem("xagent_enrol_" + "x" * 43, "invented")

    assert not desk.turns


async def test_the_credential_of_another_agent_is_refused_and_the_token_kept(desk: Desk) -> None:
    beta = AgentId("beta")
    first, _ = await desk.enrolments.issue(ALPHA)
    await desk.redeem(first, credential="one digest")
    second, _ = await desk.enrolments.issue(beta)

    with pytest.raises(InvalidRequest) as refused:
        await desk.redeem(second, "beta", credential="one digest")

    assert refused.value.errors[0].field == "credential_sha256"
    assert desk.registry.find(beta) is None
    await desk.redeem(second, "beta")


async def test_the_database_holds_no_token(desk: Desk, database: Database) -> None:
    token, _ = await desk.enrolments.issue(ALPHA)

    with closing(sqlite3.connect(database.path)) as other:
        rows = other.execute("SELECT * FROM enrolments").fetchall()
    assert token not in str(rows)
