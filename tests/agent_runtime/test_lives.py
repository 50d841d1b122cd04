"""An agent's process, stopped, killed and started again, as its orchestrator hears it."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from tests.agent_runtime.fake_orchestrator import LIMITS, FakeOrchestrator, Reply, Visit, ack
from tests.agent_runtime.fake_performer import command
from tests.agent_runtime.link.conftest import until
from tests.paper_agent import DEADLINE_SECONDS, PaperAgent
from xagent_protocol.errors import ErrorCode
from xagent_protocol.messages import AgentBeat, Beat, Goodbye, Inventory, Result, Started

pytestmark = pytest.mark.slow


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[PaperAgent]:
    """An agent that has yet to begin its first life."""
    agent = PaperAgent("alpha", tmp_path)
    yield agent
    agent.kill()


async def next_visit(orchestrator: FakeOrchestrator) -> Visit:
    """Wait for the agent; a process takes its time to start."""
    return await orchestrator.visit(DEADLINE_SECONDS)


def states(inventory: Inventory) -> list[tuple[str, int, str]]:
    """What an agent says that it holds."""
    return [(item.request_id, item.attempt, item.state.value) for item in inventory.commands]


async def has_nothing_to_say(visit: Visit) -> None:
    """Fail if the agent says anything before its answer to a beat."""
    visit.say(Beat(99))
    assert (await visit.hear(AgentBeat)).seq == 99


async def test_f20_a_repeated_frame_begins_nothing_in_this_life_or_the_next(
    orchestrator: FakeOrchestrator, agent: PaperAgent
) -> None:
    agent.start(orchestrator.url)
    visit = await next_visit(orchestrator)
    await visit.welcome(1)
    visit.say(command("r1", "hold"))
    await visit.hear(Started)
    visit.say(command("r1", "hold"), command("r1", "hold", attempt=2))
    await has_nothing_to_say(visit)
    agent.release("r1")
    result = await visit.hear(Result)
    visit.say(command("r1", "hold"))
    assert await visit.hear(Result) == result

    agent.kill()
    agent.start(orchestrator.url)
    visit = await next_visit(orchestrator)

    assert states(await visit.welcome(2)) == [("r1", 1, "done")]
    assert await visit.hear(Result) == result
    visit.say(command("r1", "hold"))
    assert await visit.hear(Result) == result
    visit.say(ack(result), command("r1", "hold"))
    await has_nothing_to_say(visit)
    assert agent.deeds == [("r1", 1)]


async def test_f10_f20_a_newer_attempt_takes_the_place_of_one_that_a_kill_interrupted(
    orchestrator: FakeOrchestrator, agent: PaperAgent
) -> None:
    agent.start(orchestrator.url)
    visit = await next_visit(orchestrator)
    await visit.welcome(1)
    visit.say(command("r1", "hold"))
    await visit.hear(Started)
    agent.kill()
    agent.start(orchestrator.url)
    visit = await next_visit(orchestrator)

    assert states(await visit.welcome(2)) == [("r1", 1, "interrupted")]
    interrupted = await visit.hear(Result)
    assert interrupted.outcome.error is not None
    assert interrupted.outcome.error.code == ErrorCode.AGENT_RESTARTED
    visit.say(command("r1", "hold"))
    assert await visit.hear(Result) == interrupted
    visit.say(command("r1", "hold", attempt=2))
    assert await visit.hear(Started) == Started(interrupted.request_id, 2)
    visit.say(ack(interrupted))
    agent.release("r1")
    second = await visit.hear(Result)
    visit.cut()

    assert (second.attempt, second.outcome.state) == (2, "succeeded")
    visit = await next_visit(orchestrator)
    assert states(await visit.welcome(3)) == [("r1", 2, "done")], "it was the first that was acked"
    assert agent.deeds == [("r1", 1), ("r1", 2)]


async def test_f11_results_follow_the_inventory_in_their_order_once_each(
    orchestrator: FakeOrchestrator, agent: PaperAgent
) -> None:
    agent.start(orchestrator.url)
    visit = await next_visit(orchestrator)
    await visit.welcome(1)
    names = ["r3", "r1", "r2"]
    visit.say(*(command(name, "press", page="p1") for name in names))
    results = [await visit.hear(Result) for _ in names]

    agent.kill()
    agent.start(orchestrator.url)
    visit = await next_visit(orchestrator)

    assert states(await visit.welcome(2)) == [(name, 1, "done") for name in names]
    assert [await visit.hear(Result) for _ in names] == results
    await has_nothing_to_say(visit)
    visit.say(ack(*results), Beat(1))
    await visit.hear(AgentBeat)
    visit.cut()
    assert states(await (await next_visit(orchestrator)).welcome(3)) == []


async def test_f25_an_agent_that_was_stopped_goes_on_and_begins_nothing_it_finds(
    orchestrator: FakeOrchestrator, agent: PaperAgent
) -> None:
    agent.start(orchestrator.url)
    visit = await next_visit(orchestrator)
    await visit.welcome(1, msgspec.structs.replace(LIMITS, lost_seconds=1.5))
    visit.say(command("r1", "hold"))
    await visit.hear(Started)

    agent.process.send_signal(signal.SIGSTOP)
    await until(lambda: psutil.Process(agent.process.pid).status() == psutil.STATUS_STOPPED)
    lease_is_over_at = time.monotonic() + 1.6
    visit.say(command("r2", "press"))
    await until(lambda: time.monotonic() > lease_is_over_at)
    agent.process.send_signal(signal.SIGCONT)

    assert await visit.closed() == (None, None)
    visit = await next_visit(orchestrator)
    assert states(await visit.welcome(2)) == [("r1", 1, "started")]
    agent.release("r1")
    assert (await visit.hear(Result)).outcome.state == "succeeded"
    assert agent.deeds == [("r1", 1)]


async def test_f48_sigterm_lets_what_runs_end_hands_it_in_and_leaves(
    orchestrator: FakeOrchestrator, agent: PaperAgent
) -> None:
    agent.start(orchestrator.url)
    visit = await next_visit(orchestrator)
    await visit.welcome(1)
    visit.say(command("r1", "hold"))
    await visit.hear(Started)

    agent.terminate()
    visit.say(Beat(7))
    assert (await visit.hear(AgentBeat)).seq == 7
    agent.release("r1")
    result = await visit.hear(Result)
    visit.say(ack(result))

    assert await visit.hear(Goodbye) == Goodbye("sigterm", returning=False)
    assert await asyncio.to_thread(agent.wait) == 0
    agent.start(orchestrator.url)
    assert states(await (await next_visit(orchestrator)).welcome(2)) == []


async def test_f11_what_sigterm_could_not_hand_in_is_handed_in_by_the_next_life(
    orchestrator: FakeOrchestrator, agent: PaperAgent
) -> None:
    agent.start(orchestrator.url)
    visit = await next_visit(orchestrator)
    await visit.welcome(1)
    visit.say(command("r1", "hold"))
    await visit.hear(Started)
    orchestrator.handshakes.extend([Reply(503)] * 100)
    visit.cut()

    agent.terminate()
    agent.release("r1")
    assert await asyncio.to_thread(agent.wait) == 0
    orchestrator.handshakes.clear()
    agent.start(orchestrator.url)
    visit = await next_visit(orchestrator)

    assert states(await visit.welcome(2)) == [("r1", 1, "done")]
    assert (await visit.hear(Result)).outcome.state == "succeeded"


async def test_a_second_sigterm_waits_for_nothing_and_the_next_life_says_so(
    orchestrator: FakeOrchestrator, agent: PaperAgent
) -> None:
    agent.start(orchestrator.url)
    visit = await next_visit(orchestrator)
    await visit.welcome(1)
    visit.say(command("r1", "hold"))
    await visit.hear(Started)

    agent.terminate()
    await until(lambda: '"stopping"' in agent.log)
    agent.terminate()
    assert await asyncio.to_thread(agent.wait) == 0
    agent.start(orchestrator.url)
    visit = await next_visit(orchestrator)

    assert states(await visit.welcome(2)) == [("r1", 1, "interrupted")]
