"""Who is lost, and who only seems to be: the one heart of all sockets, with real agents.

Its pulses are given by hand where the time that passes is a pretence.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from pathlib import Path

import msgspec
import pytest

from orchestrator.gateway.heartbeat import SLICES, SLICES_A_LOOK
from orchestrator.settings import Settings, Timers
from orchestrator.store.database import FILE_NAME
from tests.null_agent import serving
from tests.orchestrator.gateway.conftest import QUICK, Server, eventually, running
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import Beat, Result
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState

DEFAULT = Timers()


@pytest.fixture
async def server(data_dir: Path) -> AsyncIterator[Server]:
    """An orchestrator whose heart does not beat by itself."""
    async with running(Settings(data_dir, timers=Timers(beat=3600))) as server:
        yield server


async def test_a_dead_agent_shows_as_lost_within_45_seconds_and_not_before_40(
    server: Server,
) -> None:
    """I13, F18: it is silent, and no packet says that it is gone."""
    agent = await server.enrolled("alpha")
    await agent.enter()
    died_at = asyncio.get_running_loop().time()
    seconds = 0.0

    while (await server.contact("alpha"))["connected"]:
        seconds += DEFAULT.beat / SLICES
        server.orchestrator.heartbeat.pulse(died_at + seconds, 0.0)

    assert DEFAULT.lost <= seconds <= 45
    assert (await agent.closed())[0] == 4408


async def test_nobody_is_lost_for_a_time_in_which_the_server_itself_did_not_run(
    server: Server,
) -> None:
    """F26: it was stopped, or its machine slept; what the agents said waits in the sockets."""
    async with serving(await server.enrolled("alpha")), serving(await server.enrolled("beta")):
        for _ in range(SLICES_A_LOOK):
            pulse(server, 3600, late_seconds=3600)

        assert await server.echo("alpha", "still") == "still"
        assert await server.echo("beta", "here") == "here"
        assert await extensions(server) == {"loop_lag": SLICES_A_LOOK}


async def test_a_short_lag_excuses_nobody(server: Server) -> None:
    agent = await server.enrolled("alpha")
    await agent.enter()

    for _ in range(SLICES_A_LOOK):
        pulse(server, 60, late_seconds=DEFAULT.lag)

    assert (await agent.closed())[0] == 4408
    assert await extensions(server) == {}


async def test_when_most_fall_silent_at_once_every_lease_is_extended_once(server: Server) -> None:
    """The fault is more likely here: a network cable, a firewall, a process that starves."""
    agents = [await server.enrolled(f"agent-{number}") for number in range(3)]
    for agent in agents:
        await agent.enter()

    look(server, DEFAULT.lost + 1)
    after_one_lease = [await server.contact(agent.agent_id) for agent in agents]
    look(server, DEFAULT.lost + DEFAULT.lost)
    before_the_second = [await server.contact(agent.agent_id) for agent in agents]
    look(server, DEFAULT.lost + DEFAULT.lost + 2)

    suspect = {"connected": True, "responsive": False, "browser_ok": True}
    assert after_one_lease == before_the_second == [suspect] * 3
    assert [(await agent.closed())[0] for agent in agents] == [4408] * 3
    assert await extensions(server) == {"mass_silence": 1.0}


@pytest.mark.slow
async def test_where_half_of_the_agents_are_heard_the_silent_ones_are_lost(data_dir: Path) -> None:
    async with running(Settings(data_dir, timers=QUICK)) as server, AsyncExitStack() as stack:
        for number in range(3):
            agent = await server.enrolled(f"living-{number}")
            await stack.enter_async_context(serving(agent))
        dead = [await server.enrolled(f"dead-{number}") for number in range(3)]
        for agent in dead:
            await agent.enter()

        assert [(await agent.closed())[0] for agent in dead] == [4408] * 3
        assert await extensions(server) == {}
        for number in range(3):
            assert (await server.contact(f"living-{number}"))["connected"]


async def test_who_is_heard_again_may_be_excused_again(server: Server) -> None:
    agents = [await server.enrolled(f"agent-{number}") for number in range(3)]
    for agent in agents:
        await agent.enter()
    look(server, DEFAULT.lost + 1)

    async with AsyncExitStack() as stack:
        for agent in agents:
            await stack.enter_async_context(serving(agent))
        look(server, 0)
        look(server, DEFAULT.lost + 1)

        assert await extensions(server) == {"mass_silence": 2.0}


@pytest.mark.slow
async def test_an_agent_whose_result_the_journal_cannot_take_is_not_silent(
    quick: Server, data_dir: Path
) -> None:
    """F32: what it says meanwhile waits in its socket, and is heard when the database is free."""
    agent = await quick.enrolled("alpha")
    outcome = Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE, msgspec.Raw(b"1"))
    async with serving(agent):
        with closing(sqlite3.connect(data_dir / FILE_NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await agent.say(Result(RequestId("of-an-older-database"), 1, outcome))
            beats = len(agent.said(Beat))

            async def is_overdue() -> bool:
                return len(agent.said(Beat)) > beats + 2 * QUICK.lost / QUICK.beat

            await eventually(is_overdue)
            assert (await quick.contact("alpha"))["connected"]
            assert agent.acknowledged() == set()
            other.execute("ROLLBACK")

        async def is_acknowledged() -> bool:
            return agent.acknowledged() == {"of-an-older-database"}

        await eventually(is_acknowledged)


def pulse(server: Server, seconds: float, late_seconds: float = 0.0) -> None:
    """Let the heart beat as if it were so many *seconds* later."""
    server.orchestrator.heartbeat.pulse(asyncio.get_running_loop().time() + seconds, late_seconds)


def look(server: Server, seconds: float) -> None:
    """Let it beat until it has looked at every socket."""
    for _ in range(SLICES_A_LOOK):
        pulse(server, seconds)


async def extensions(server: Server) -> dict[str, float]:
    """Return how often all leases were extended, by reason."""
    text = (await server.client.get("/metrics")).text
    lines = (line.split(" ") for line in text.splitlines())
    return {
        name.split('"')[1]: float(value)
        for name, value in (line for line in lines if len(line) == 2)
        if name.startswith("xagent_lease_extensions_total{")
    }
