"""Each command to exactly one outcome."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator

import pytest
import structlog

from agent_runtime.work.journal import Journal
from agent_runtime.work.lease import Lease
from agent_runtime.work.outbox import Outbox
from agent_runtime.work.runner import Runner
from tests.agent_runtime.fake_orchestrator import DEADLINE_SECONDS
from tests.agent_runtime.fake_performer import FakePerformer, command
from tests.agent_runtime.journals import full_disk
from xagent_protocol.codec import decode_from_agent
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import AgentMessage, Command, Inventory, Result, Started
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState


class Bench:
    """A runner with its journal, and everything it tells."""

    def __init__(self, performer: FakePerformer, journal: Journal) -> None:
        """Put the parts together."""
        self.journal = journal
        self.outbox = Outbox(self.journal)
        self.lease = Lease()
        self.runner = Runner(performer, self.journal, self.outbox, self.lease)
        self.told: asyncio.Queue[AgentMessage] = asyncio.Queue()
        self.outbox.open(lambda frame: self.told.put_nowait(decode_from_agent(frame)), 65536)

    def submit(self, *commands: Command) -> None:
        """Hand commands to the runner as the inbox does."""
        for one in commands:
            self.journal.received(one)
            self.runner.submit(one)

    async def outcome(self) -> tuple[RequestId, Outcome]:
        """Wait for the next result."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not isinstance(message := await self.told.get(), Result):
                pass
        return message.request_id, message.outcome


@pytest.fixture
async def bench(performer: FakePerformer, journal: Journal) -> AsyncIterator[Bench]:
    """A runner that runs."""
    bench = Bench(performer, journal)
    async with bench.runner:
        yield bench
        await bench.runner.drain(0.0)


async def test_a_start_is_noted_before_the_action_begins_and_told_while_it_runs(
    performer: FakePerformer, bench: Bench
) -> None:
    bench.submit(command("r1", "hold"))
    await performer.until_begun("r1")

    assert [item.state for item in bench.journal.inventory()] == ["started"]
    assert [await bench.told.get() for _ in range(2)] == [
        Inventory(()),
        Started(RequestId("r1"), 1),
    ]


async def test_commands_for_one_page_run_in_order_and_one_at_a_time(
    performer: FakePerformer, bench: Bench
) -> None:
    names = ["r1", "r2", "r3"]
    bench.submit(*(command(name, "hold", page="p1") for name in names))

    for count, name in enumerate(names, 1):
        await performer.until_begun(*names[:count])
        performer.release(name)
        assert (await bench.outcome())[0] == name
    assert bench.runner.in_flight == 0


async def test_pages_do_not_wait_for_each_other_and_the_rest_waits_for_none(
    performer: FakePerformer, bench: Bench
) -> None:
    bench.submit(command("r1", "hold", page="p1"), command("r2", "hold", page="p1"))
    bench.submit(command("r3", page="p2"), command("r4"), command("r5"))

    ended = {(await bench.outcome())[0] for _ in range(3)}

    assert ended == {"r3", "r4", "r5"}
    assert "r2" not in performer.begun


async def test_a_command_whose_page_is_another_by_its_turn_waits_there(
    performer: FakePerformer, bench: Bench
) -> None:
    performer.main = "p1"
    bench.submit(command("r1", "hold"), command("r2"), command("r3", page="p1"))
    await performer.until_begun("r1")

    performer.main = "p2"
    bench.submit(command("r4", "hold"))
    await performer.until_begun("r1", "r4")
    performer.release("r1")

    assert [(await bench.outcome())[0] for _ in range(2)] == ["r1", "r3"]
    assert performer.begun == ["r1", "r4", "r3"]
    performer.release("r4")
    assert [(await bench.outcome())[0] for _ in range(2)] == ["r4", "r2"]


async def test_when_the_lease_is_over_what_waits_begins_after_the_next_welcome(
    performer: FakePerformer, bench: Bench
) -> None:
    bench.submit(command("r1", "hold", page="p1"), command("r2", page="p1"))
    bench.submit(command("r3", page="p1"))
    await performer.until_begun("r1")

    bench.lease.extend(0.0)
    performer.release("r1")
    assert (await bench.outcome())[0] == "r1"
    bench.runner.cancel(RequestId("r2"))
    assert (await bench.outcome())[1].effect is Effect.NONE
    assert performer.begun == ["r1"]
    bench.lease.extend(math.inf)
    bench.runner.resume()

    assert (await bench.outcome())[0] == "r3"


async def test_a_command_that_waits_is_cancelled_without_having_begun(
    performer: FakePerformer, bench: Bench
) -> None:
    bench.submit(
        command("r1", "hold", page="p1"), command("r2", page="p1"), command("r3", page="p1")
    )
    await performer.until_begun("r1")

    bench.runner.cancel(RequestId("r2"))
    request_id, outcome = await bench.outcome()

    assert (request_id, outcome.state, outcome.effect) == (
        "r2",
        OutcomeState.CANCELLED,
        Effect.NONE,
    )
    performer.release("r1")
    assert [(await bench.outcome())[0] for _ in range(2)] == ["r1", "r3"]
    assert performer.begun == ["r1", "r3"]


async def test_a_command_that_runs_is_stopped_and_its_lane_goes_on(
    performer: FakePerformer, bench: Bench
) -> None:
    bench.submit(command("r1", "hold", page="p1"), command("r2", page="p1"))
    await performer.until_begun("r1")

    bench.runner.cancel(RequestId("r1"))
    bench.runner.cancel(RequestId("r1"))
    request_id, outcome = await bench.outcome()

    assert (request_id, outcome.state) == ("r1", OutcomeState.CANCELLED)
    assert outcome.effect is Effect.PARTIAL
    assert outcome.duration_ms > 0
    assert (await bench.outcome())[0] == "r2"


async def test_a_command_cancelled_in_the_very_moment_it_is_submitted_never_begins(
    performer: FakePerformer, bench: Bench
) -> None:
    bench.submit(command("r1", page="p1"), command("r2", page="p1"))
    bench.runner.cancel(RequestId("r1"))

    outcomes = dict([await bench.outcome(), await bench.outcome()])

    assert outcomes[RequestId("r1")].effect is Effect.NONE
    assert performer.begun == ["r2"]


async def test_cancelling_what_is_over_changes_nothing(bench: Bench) -> None:
    bench.submit(command("r1"))
    await bench.outcome()

    bench.runner.cancel(RequestId("r1"))
    bench.runner.cancel(RequestId("never"))

    assert bench.told.empty()


@pytest.mark.parametrize("action", ["break", "leak"])
async def test_an_action_that_breaks_its_contract_still_has_an_outcome(
    bench: Bench, action: str
) -> None:
    with structlog.testing.capture_logs() as lines:
        bench.submit(command("r1", action, params=b'{"password":"hunter2"}'))
        _, outcome = await bench.outcome()
        bench.submit(command("r2"))
        await bench.outcome()

    assert (outcome.state, outcome.effect) == (OutcomeState.FAILED, Effect.UNKNOWN)
    assert outcome.error is not None
    assert outcome.error.code == ErrorCode.INTERNAL_ERROR
    assert "hunter2" not in repr(lines) + outcome.error.message


async def test_what_cannot_be_noted_does_not_begin_and_its_lane_goes_on(
    performer: FakePerformer, bench: Bench
) -> None:
    with structlog.testing.capture_logs(), full_disk():
        bench.submit(command("r1", page="p1"), command("r2", "look", page="p1"))
        refused, read = await bench.outcome(), await bench.outcome()
    bench.submit(command("r3", page="p1"))
    written = await bench.outcome()

    request_id, outcome = refused
    assert (request_id, outcome.state, outcome.effect) == ("r1", OutcomeState.FAILED, Effect.NONE)
    assert outcome.error is not None
    assert outcome.error.code == ErrorCode.JOURNAL_UNAVAILABLE
    assert (read[0], read[1].state) == ("r2", OutcomeState.SUCCEEDED), "a read needs no disk"
    assert (written[0], written[1].state) == ("r3", OutcomeState.SUCCEEDED)
    assert performer.begun == ["r2", "r3"]


async def test_a_result_that_cannot_be_noted_goes_out_all_the_same(
    performer: FakePerformer, bench: Bench
) -> None:
    bench.submit(command("r1", "hold"))
    await performer.until_begun("r1")
    with structlog.testing.capture_logs(), full_disk():
        performer.release("r1")
        request_id, outcome = await bench.outcome()

    assert (request_id, outcome.state) == ("r1", OutcomeState.SUCCEEDED)


async def test_a_drain_lets_running_commands_end_and_refuses_the_others(
    performer: FakePerformer, bench: Bench
) -> None:
    bench.submit(command("r1", "hold", page="p1"), command("r2", page="p1"))
    await performer.until_begun("r1")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(bench.runner.drain(DEADLINE_SECONDS))
        waiting = await bench.outcome()
        bench.submit(command("r3", page="p2"))
        late = await bench.outcome()
        performer.release("r1")
        running = await bench.outcome()

    for name, (request_id, outcome) in (("r2", waiting), ("r3", late)):
        assert (request_id, outcome.state, outcome.effect) == (
            name,
            OutcomeState.FAILED,
            Effect.NONE,
        )
        assert outcome.error is not None
        assert outcome.error.code == ErrorCode.AGENT_STOPPING
    assert (running[0], running[1].state) == ("r1", OutcomeState.SUCCEEDED)


async def test_after_its_grace_a_running_command_is_stopped_and_says_so(
    performer: FakePerformer, bench: Bench
) -> None:
    bench.submit(command("r1", "hold"))
    await performer.until_begun("r1")

    await bench.runner.drain(0.0)
    _, outcome = await bench.outcome()

    assert (outcome.state, outcome.effect) == (OutcomeState.FAILED, Effect.PARTIAL)
    assert outcome.error is not None
    assert outcome.error.code == ErrorCode.AGENT_STOPPING


async def test_an_abandoned_runner_leaves_its_commands_as_begun(
    performer: FakePerformer, journal: Journal
) -> None:
    bench = Bench(performer, journal)

    with pytest.RaisesGroup(ZeroDivisionError):
        async with bench.runner:
            bench.submit(command("r1", "hold"))
            await performer.until_begun("r1")
            raise ZeroDivisionError

    assert performer.stopped == ["r1"]
    assert [item.state for item in bench.journal.inventory()] == ["started"]
