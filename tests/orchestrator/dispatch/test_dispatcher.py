"""What the clock ends (T7, T8), and what one life takes up from another."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from tests.orchestrator.conftest import Database
from tests.orchestrator.deadline import until
from tests.orchestrator.dispatch.conftest import BOUNDS, TIMERS, Bench, item, life
from xagent_protocol.ids import JournalId, RequestId
from xagent_protocol.messages import Command, InventoryState
from xagent_protocol.outcomes import Effect
from xagent_protocol.transitions import CommandState


async def test_a_queued_command_expires_with_no_effect(bench: Bench) -> None:
    """F12, F44: its time to live is respected."""
    await bench.submit("r1", if_offline="queue", ttl=0.03)
    await bench.submit("r2", if_offline="queue")

    record = await bench.over("r1")

    assert (record.state, record.progress.effect) == (CommandState.EXPIRED, Effect.NONE)
    assert record.error is not None
    assert record.error.code == "ttl_expired"
    stay = await bench.ready()
    await bench.sent(stay, "r2")


async def test_an_expired_command_that_may_have_run_has_an_unknown_effect(
    enrolled: Database,
) -> None:
    async with life(enrolled) as first:
        await first.ready()
        await first.submit("retried", idempotent=True, ttl=0.1)
        await first.submit("held")

    async with life(enrolled, TIMERS, replace(BOUNDS, in_flight_per_agent=1)) as second:
        back = await second.connect(journal_id=JournalId("j2"))
        await back.tell_inventory(item("held", InventoryState.STARTED))
        record = await second.over("retried")

    assert (record.state, record.progress.effect) == (CommandState.EXPIRED, Effect.UNKNOWN)
    assert back.socket.commands() == []


@pytest.mark.parametrize("begun", [False, True])
async def test_a_command_whose_agent_stays_away_is_lost_at_its_deadline(
    bench: Bench, begun: bool
) -> None:
    """F12: its agent is gone for good."""
    stay = await bench.ready()
    await bench.submit("r1", timeout=0.05)
    if begun:
        stay.start("r1")
    await stay.leave()

    record = await bench.over("r1")

    assert (record.state, record.progress.effect) == (CommandState.LOST, Effect.UNKNOWN)


async def test_a_running_command_is_lost_at_its_deadline_even_if_its_agent_is_here(
    bench: Bench,
) -> None:
    stay = await bench.ready()
    await bench.submit("r1", timeout=0.05)
    stay.start("r1")

    assert (await bench.over("r1")).state is CommandState.LOST


async def test_a_dispatched_command_may_wait_for_its_lane_as_long_as_its_ttl(
    bench: Bench,
) -> None:
    """Not started is not overdue: its page may be busy with others."""
    stay = await bench.ready()
    await bench.submit("r1", timeout=0.01, ttl=60)
    await bench.submit("r2", timeout=0.01, ttl=0.01)
    await bench.over("r2")

    assert (
        await bench.dispatcher.submissions.get(RequestId("r1"))
    ).state is CommandState.DISPATCHED
    await stay.finish("r1")
    assert (await bench.over("r1")).state is CommandState.SUCCEEDED


async def test_an_orchestrator_takes_up_what_its_earlier_life_owed(enrolled: Database) -> None:
    async with life(enrolled) as first:
        stay = await first.ready()
        await first.submit("running")
        stay.start("running")
        await first.submit("unsent")
        for name in ("q-z", "q-a"):
            await first.submit(name, if_offline="queue")

    async with life(enrolled) as second:
        assert second.dispatcher.submissions.open_commands() == 4
        back = await second.connect()
        assert back.live.session.epoch == 2
        await back.tell_inventory(item("running", InventoryState.DONE))
        await back.finish("running", result=msgspec.Raw(b"7"))
        assert (await second.over("running")).state is CommandState.SUCCEEDED
        await until(lambda: len(back.socket.commands()) == 2)
        for command in back.socket.said(Command):
            await back.finish(command.request_id, command.attempt)
        await until(lambda: len(back.socket.commands()) == 3)
        await back.finish("q-a")
        await second.over("q-a")

        assert back.socket.commands() == ["unsent", "q-z", "q-a"]


async def test_what_an_earlier_life_sent_is_lost_if_its_agent_never_returns(
    enrolled: Database,
) -> None:
    async with life(enrolled) as first:
        await first.ready()
        await first.submit("r1", timeout=0.05)

    async with life(enrolled) as second:
        assert (await second.over("r1")).state is CommandState.LOST


async def test_a_restored_database_is_believed_in_nothing_that_it_calls_not_begun(
    enrolled: Database,
) -> None:
    """Each of these may have been begun, and forgotten, after the backup was made."""
    async with life(enrolled) as first:
        await first.ready()
        await first.submit("out")
        await first.submit("held")
        for name, idempotent in (("queued", False), ("again", True)):
            await first.submit(name, if_offline="queue", idempotent=idempotent)

    async with life(enrolled, is_restored=True) as second:
        assert (await second.over("queued")).progress.effect is Effect.UNKNOWN
        back = await second.connect()
        await back.tell_inventory(item("held", InventoryState.DONE))
        await back.finish("held")
        await until(lambda: back.socket.commands() == ["again"])
        await back.finish("again", back.socket.said(Command)[0].attempt)

        assert (await second.over("queued")).state is CommandState.LOST
        assert (await second.over("out")).state is CommandState.LOST
        assert (await second.over("held")).state is CommandState.SUCCEEDED
        again = await second.over("again")
        assert (again.state, again.progress.effect) == (CommandState.SUCCEEDED, Effect.UNKNOWN)
