"""Every way of a command, T1 to T12, on a real journal."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from orchestrator.errors import (
    ActionUnknown,
    AgentOffline,
    AgentUnknown,
    CommandUnknown,
    Draining,
    InvalidParams,
    InvalidRequest,
    QueueFull,
    RequestIdReused,
    StorageUnavailable,
    TooManyCommands,
)
from tests.orchestrator.conftest import Database
from tests.orchestrator.deadline import until
from tests.orchestrator.dispatch.conftest import BOUNDS, TIMERS, Bench, item, life
from xagent_protocol.ids import BootId, JournalId, RequestId
from xagent_protocol.messages import Cancel, Command, InventoryState, Result
from xagent_protocol.outcomes import CommandError, Effect, Outcome, OutcomeState
from xagent_protocol.transitions import CommandState

STOPPED: dict[str, Any] = {"state": OutcomeState.CANCELLED, "effect": Effect.PARTIAL}


# --- T1, T2: accepted and dispatched ------------------------------------------------------------


async def test_a_command_that_can_go_at_once_costs_one_commit(bench: Bench) -> None:
    stay = await bench.ready()
    commits = len(bench.database.commits)
    durable: list[str] = []
    stay.socket.on_send = lambda message: durable.append(_state_on_disk(bench, "r1"))

    record = await bench.submit("r1", params=msgspec.Raw(b'{"text":"x"}'), page="p2", timeout=7)

    assert record.state is CommandState.DISPATCHED
    assert len(bench.database.commits) == commits + 1
    assert durable == ["dispatched"], "sent before it was durable"
    [sent] = stay.socket.said(Command)
    assert (sent.request_id, sent.attempt, sent.action, sent.timeout, sent.page) == (
        *("r1", 1, "write", 7, "p2"),
    )
    assert bytes(sent.params) == b'{"text":"x"}'
    on_disk = await bench.find("r1")
    assert (on_disk.epoch, on_disk.journal_id, on_disk.boot_id) == (1, "journal-1", "boot-1")


def _state_on_disk(bench: Bench, request_id: str) -> str:
    with closing(sqlite3.connect(bench.database.path)) as connection:
        query = "SELECT state FROM commands WHERE request_id = ?"
        return str(connection.execute(query, (request_id,)).fetchone()[0])


async def test_a_request_id_is_made_where_none_is_given(bench: Bench) -> None:
    await bench.ready()

    one, other = await bench.submit(None), await bench.submit(None)

    assert one.request_id < other.request_id or one.created_at == other.created_at
    assert one.request_id != other.request_id


async def test_beyond_the_limit_in_flight_commands_wait_and_keep_their_order(
    bench: Bench,
) -> None:
    stay = await bench.ready()
    for number in range(6):
        await bench.submit(f"r{number}")
    assert stay.socket.commands() == ["r0", "r1"]
    assert bench.dispatcher.counts(stay.live.agent_id) == (2, 4)

    for number in range(6):
        await stay.finish(f"r{number}")
        await until(lambda number=number: len(stay.socket.commands()) == min(6, number + 3))  # type: ignore[misc]

    assert stay.socket.commands() == [f"r{number}" for number in range(6)]
    await until(lambda: bench.dispatcher.open_commands() == 0)
    assert bench.dispatcher.counts(stay.live.agent_id) == (0, 0)


async def test_nothing_is_dispatched_before_the_inventory_is_reconciled(bench: Bench) -> None:
    stay = await bench.connect()

    record = await bench.submit("r1")
    assert record.state is CommandState.QUEUED
    assert stay.socket.sent == []

    await stay.tell_inventory()
    await bench.sent(stay, "r1")


# --- who is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"agent_id": "gamma"}, AgentUnknown),
        ({"agent_id": "beta"}, AgentOffline),
        ({"action": "wriet"}, ActionUnknown),
        ({"params": msgspec.Raw(b'{"txet": 1}')}, InvalidParams),
    ],
)
async def test_what_cannot_be_done_is_refused_and_leaves_no_row(
    bench: Bench, given: dict[str, object], error: type[Exception]
) -> None:
    await bench.ready()

    with pytest.raises(error):
        await bench.submit("r1", **given)  # type: ignore[arg-type]

    assert await bench.journal.find(RequestId("r1")) is None
    assert bench.dispatcher.open_commands() == 0


async def test_a_full_queue_and_too_many_commands_are_refused(bench: Bench) -> None:
    for number in range(4):
        await bench.submit(f"a{number}", if_offline="queue")
    with pytest.raises(QueueFull) as full:
        await bench.submit("a4", if_offline="queue")
    for number in range(4):
        await bench.submit(f"b{number}", "beta", if_offline="queue")

    with pytest.raises(TooManyCommands) as too_many:
        await bench.submit("b4", "beta", if_offline="queue")

    assert full.value.retry_after
    assert too_many.value.retry_after
    assert (await bench.submit("a0", if_offline="queue")).request_id == "a0"


async def test_a_locked_database_refuses_nothing_that_it_records_in_the_end(
    bench: Bench,
) -> None:
    stay = await bench.ready()
    failures = len(bench.database.failures)

    with closing(sqlite3.connect(bench.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(bench.submit("r1"))
            await until(lambda: len(bench.database.failures) > failures)
            assert not asked.done()
            assert stay.socket.sent == []
            other.execute("ROLLBACK")

    assert asked.result().state is CommandState.DISPATCHED
    assert stay.socket.commands() == ["r1"]


async def test_a_writer_that_is_closed_refuses_and_keeps_nothing_open(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.database.writer.close()

    with pytest.raises(StorageUnavailable):
        await bench.submit("r1", wait=5)

    assert bench.dispatcher.open_commands() == 0
    assert bench.dispatcher.counts(stay.live.agent_id) == (0, 0)
    assert stay.socket.sent == []


# --- one request id, one command -----------------------------------------------------------------


async def test_fifty_posts_of_one_id_make_one_command_and_fifty_equal_answers(
    bench: Bench,
) -> None:
    stay = await bench.ready()

    async with asyncio.TaskGroup() as tasks:
        posts = [tasks.create_task(bench.submit("r1", wait=5)) for _ in range(50)]
        await until(lambda: stay.socket.commands() == ["r1"])
        await stay.finish("r1", result=msgspec.Raw(b"42"))

    answers = [post.result() for post in posts]
    assert all(answer is answers[0] for answer in answers)
    assert answers[0].state is CommandState.SUCCEEDED
    assert stay.socket.commands() == ["r1"]


async def test_the_same_id_with_another_body_is_refused_at_once(bench: Bench) -> None:
    await bench.ready()
    await bench.submit("r1")

    async with asyncio.timeout(1):
        with pytest.raises(RequestIdReused):
            await bench.submit("r1", wait=30, timeout=31.0)

    assert (await bench.find("r1")).timeout == 30


async def test_key_order_and_spaces_make_no_other_body(bench: Bench) -> None:
    await bench.ready()
    one = await bench.submit("r1", params=msgspec.Raw(b'{"text": "a"}'))

    assert await bench.submit("r1", params=msgspec.Raw(b' {"text":"a" }')) is one


async def test_a_known_id_is_answered_even_when_nothing_new_could_be_taken(
    bench: Bench,
) -> None:
    stay = await bench.ready()
    await bench.submit("over")
    await stay.finish("over")
    await bench.over("over")
    await bench.submit("open")
    await stay.leave()

    assert (await bench.submit("over")).state is CommandState.SUCCEEDED
    assert (await bench.submit("open")).state is CommandState.DISPATCHED
    with pytest.raises(RequestIdReused):
        await bench.submit("over", timeout=1.0)
    bench.dispatcher.drain()
    assert (await bench.submit("over")).state is CommandState.SUCCEEDED


async def test_a_known_id_is_found_in_the_journal_while_its_agent_is_here(bench: Bench) -> None:
    """Memory has forgotten it: only the journal's own key can tell."""
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.finish("r1")
    await bench.over("r1")

    again = await bench.submit("r1", wait=5)

    assert again.state is CommandState.SUCCEEDED
    with pytest.raises(RequestIdReused):
        await bench.submit("r1", action="read")
    assert stay.socket.commands() == ["r1"]
    assert bench.dispatcher.counts(stay.live.agent_id) == (0, 0)


# --- T3, T4: started and settled -----------------------------------------------------------------


async def test_a_result_settles_and_is_acknowledged_after_the_commit(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    stay.start("r1")
    running = await bench.dispatcher.get(RequestId("r1"))
    assert running.state is CommandState.RUNNING
    assert running.started_at is not None
    assert (await bench.find("r1")).state is CommandState.DISPATCHED

    with closing(sqlite3.connect(bench.database.path, isolation_level=None)) as other:
        failures = len(bench.database.failures)
        other.execute("BEGIN IMMEDIATE")
        await stay.finish("r1", result=msgspec.Raw(b'{"a":1}'), duration_ms=1.5)
        await until(lambda: len(bench.database.failures) > failures)
        assert stay.socket.acknowledged == []
        assert not (await bench.dispatcher.get(RequestId("r1"))).is_over
        other.execute("ROLLBACK")
    record = await bench.over("r1")

    assert stay.socket.acknowledged == ["r1"]
    assert record.state is CommandState.SUCCEEDED
    assert record.progress.effect is Effect.COMPLETE
    on_disk = await bench.find("r1")
    assert on_disk.result is not None
    assert bytes(on_disk.result) == b'{"a":1}'
    assert on_disk.started_at == running.started_at


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (OutcomeState.FAILED, CommandState.FAILED),
        (OutcomeState.TIMED_OUT, CommandState.TIMED_OUT),
        (OutcomeState.CANCELLED, CommandState.CANCELLED),
    ],
)
async def test_an_agent_reports_how_it_ended(
    bench: Bench, outcome: OutcomeState, state: CommandState
) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    error = CommandError("some_code", "why")

    await stay.finish("r1", state=outcome, effect=Effect.PARTIAL, error=error)

    record = await bench.over("r1")
    assert (record.state, record.progress.effect, record.error) == (state, Effect.PARTIAL, error)


async def test_a_started_that_comes_late_changes_nothing(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    stay.start("r1", attempt=9)
    assert (await bench.dispatcher.get(RequestId("r1"))).state is CommandState.DISPATCHED
    await stay.finish("r1")
    stay.start("r1")
    stay.start("never")

    assert (await bench.over("r1")).state is CommandState.SUCCEEDED


async def test_a_duration_beyond_all_reason_is_kept_from_the_clock(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")

    await stay.finish("r1", duration_ms=1e308)

    record = await bench.over("r1")
    assert record.started_at == record.created_at


# --- waiting -------------------------------------------------------------------------------------


async def test_who_waits_is_answered_at_the_end_or_when_the_time_is_up(bench: Bench) -> None:
    stay = await bench.ready()
    assert (await bench.submit("r1", wait=0.01)).state is CommandState.DISPATCHED
    unfinished = await bench.dispatcher.wait(RequestId("r1"), 0.01)
    assert unfinished.state is CommandState.DISPATCHED

    async with asyncio.TaskGroup() as tasks:
        waits = [tasks.create_task(bench.dispatcher.wait(RequestId("r1"), 5)) for _ in range(3)]
        await asyncio.sleep(0)
        await stay.finish("r1")

    assert {wait.result().state for wait in waits} == {CommandState.SUCCEEDED}
    assert (await bench.dispatcher.wait(RequestId("r1"), 5)).is_over


async def test_a_drain_answers_who_waits_and_refuses_who_comes(bench: Bench) -> None:
    stay = await bench.ready()
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(bench.submit("r1", wait=30))
        await until(lambda: stay.socket.commands() == ["r1"])
        bench.dispatcher.drain()

    assert waiting.result().state is CommandState.DISPATCHED
    with pytest.raises(Draining):
        await bench.submit("r2")
    await stay.finish("r1")
    await until(lambda: stay.socket.acknowledged == ["r1"])


@pytest.mark.parametrize("verb", ["get", "wait", "cancel"])
async def test_an_unknown_command_is_unknown(bench: Bench, verb: str) -> None:
    dispatcher, never = bench.dispatcher, RequestId("never")
    asked = {
        "get": lambda: dispatcher.get(never),
        "wait": lambda: dispatcher.wait(never, 0.1),
        "cancel": lambda: dispatcher.cancel(never),
    }

    with pytest.raises(CommandUnknown):
        await asked[verb]()


# --- T9, T10, T11: cancelled ---------------------------------------------------------------------


async def test_a_queued_command_is_withdrawn_and_never_sent(bench: Bench) -> None:
    await bench.submit("r1", if_offline="queue")
    await bench.submit("r2", if_offline="queue")

    record = await bench.dispatcher.cancel(RequestId("r1"))

    assert record.state is CommandState.CANCELLED
    assert record.progress.effect is Effect.NONE
    assert record.error is not None
    assert record.error.code == "cancelled"
    stay = await bench.ready()
    await bench.sent(stay, "r2")


async def test_a_dispatched_command_is_stopped_by_its_agent(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")

    asked = await bench.dispatcher.cancel(RequestId("r1"))
    again = await bench.dispatcher.cancel(RequestId("r1"))

    assert asked.state is CommandState.DISPATCHED
    assert asked.progress.cancel_requested
    assert again.progress.cancel_requested
    assert len(stay.socket.said(Cancel)) == 2
    assert (await bench.find("r1")).progress.cancel_requested
    await stay.finish("r1", **STOPPED)
    assert (await bench.over("r1")).state is CommandState.CANCELLED
    assert (await bench.dispatcher.cancel(RequestId("r1"))).state is CommandState.CANCELLED


async def test_a_cancel_while_the_agent_is_away_is_delivered_before_anything_else(
    bench: Bench,
) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    stay.start("r1")
    await stay.leave()
    await bench.submit("r2", if_offline="queue")
    await bench.dispatcher.cancel(RequestId("r1"))

    back = await bench.connect()
    await back.tell_inventory(item("r1", InventoryState.STARTED))
    await bench.sent(back, "r2")

    assert isinstance(back.socket.sent[0], Cancel)
    assert isinstance(back.socket.sent[1], Command)


async def test_a_cancelled_command_that_was_never_received_is_never_sent_again(
    bench: Bench,
) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.leave()
    await bench.dispatcher.cancel(RequestId("r1"))

    back = await bench.ready()

    record = await bench.over("r1")
    assert (record.state, record.progress.effect) == (CommandState.CANCELLED, Effect.NONE)
    assert back.socket.commands() == []


# --- T5, T6, T7: reconciled ----------------------------------------------------------------------


async def test_what_was_never_received_runs_after_the_reconnect(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.leave()

    back = await bench.ready()

    await bench.sent(back, "r1")
    [sent] = back.socket.said(Command)
    assert sent.attempt == 2
    await back.finish("r1", attempt=2)
    record = await bench.over("r1")
    assert (record.state, record.progress.effect) == (CommandState.SUCCEEDED, Effect.COMPLETE)
    assert record.epoch == 2


async def test_what_may_have_run_is_lost_and_not_sent_again(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.leave()

    back = await bench.ready(journal_id=JournalId("another"))

    record = await bench.over("r1")
    assert (record.state, record.progress.effect) == (CommandState.LOST, Effect.UNKNOWN)
    assert record.error is not None
    assert record.error.code == "outcome_unknown"
    assert back.socket.commands() == []


async def test_what_is_idempotent_is_sent_again_until_its_attempts_are_spent(
    bench: Bench,
) -> None:
    stay = await bench.ready()
    await bench.submit("r1", idempotent=True)

    for attempt in range(2, 4):
        await stay.leave()
        stay = await bench.ready(journal_id=JournalId(f"j{attempt}"))
        await bench.sent(stay, "r1")
        assert stay.socket.said(Command)[0].attempt == attempt
    record = await bench.dispatcher.get(RequestId("r1"))
    assert record.progress.tainted
    await stay.leave()
    stay = await bench.ready(journal_id=JournalId("j4"))

    assert (await bench.over("r1")).state is CommandState.LOST
    assert stay.socket.commands() == []


async def test_an_effect_is_the_join_over_all_attempts(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1", idempotent=True)
    await stay.leave()
    back = await bench.ready(journal_id=JournalId("j2"))
    await bench.sent(back, "r1")

    await back.finish("r1", attempt=2, state=OutcomeState.CANCELLED, effect=Effect.NONE)

    assert (await bench.over("r1")).progress.effect is Effect.UNKNOWN


async def test_an_unjournalled_read_after_a_reboot_is_retried(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1", action="read")
    await stay.leave()

    back = await bench.ready(boot_id=BootId("boot-2"))

    await bench.sent(back, "r1")
    assert (await bench.dispatcher.get(RequestId("r1"))).progress.tainted


@pytest.mark.parametrize("held", list(InventoryState))
async def test_what_the_agent_still_holds_goes_on(bench: Bench, held: InventoryState) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.leave()
    back = await bench.connect()
    await back.tell_inventory(item("r1", held))
    expected = CommandState.DISPATCHED if held is InventoryState.RECEIVED else CommandState.RUNNING
    assert (await bench.dispatcher.get(RequestId("r1"))).state is expected

    await back.finish("r1")

    assert (await bench.over("r1")).progress.attempt == 1
    assert back.socket.commands() == []


async def test_an_agent_that_leaves_between_commit_and_send(bench: Bench) -> None:
    """Its frame was never written: the command returns to the queue and runs when it is back."""
    stay = await bench.ready()
    failures = len(bench.database.failures)
    with closing(sqlite3.connect(bench.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(bench.submit("r1"))
            await until(lambda: len(bench.database.failures) > failures)
            assert bench.admission.leave(stay.live, "connection lost")
            bench.dispatcher.left(stay.live.agent_id)
            other.execute("ROLLBACK")
    assert asked.result().request_id == "r1"

    record = await bench.dispatcher.get(RequestId("r1"))
    await until(lambda: bench.dispatcher.counts(stay.live.agent_id) == (0, 1))
    assert record.progress.effect is Effect.NONE

    # Another journal would prove nothing of a command that may have been written.
    back = await bench.ready(journal_id=JournalId("j2"))
    await bench.sent(back, "r1")
    await back.finish("r1", attempt=back.socket.said(Command)[0].attempt)

    record = await bench.over("r1")
    assert (record.state, record.progress.effect) == (CommandState.SUCCEEDED, Effect.COMPLETE)
    assert stay.socket.commands() == []


async def test_a_queue_for_an_agent_that_is_away_runs_in_order_each_once(bench: Bench) -> None:
    for number in range(4):
        await bench.submit(f"r{number}", if_offline="queue")

    stay = await bench.ready()
    for number in range(4):
        await until(lambda number=number: f"r{number}" in stay.socket.commands())  # type: ignore[misc]
        await stay.finish(f"r{number}")
    await bench.over("r3")

    assert stay.socket.commands() == ["r0", "r1", "r2", "r3"]


async def test_a_newcomer_takes_over_a_queue_in_the_middle_of_it(bench: Bench) -> None:
    stay = await bench.ready()
    for number in range(6):
        await bench.submit(f"r{number}")
    await stay.finish("r0")
    await stay.finish("r1")
    newcomer = await bench.connect()
    await newcomer.tell_inventory()

    finished: set[str] = {"r0", "r1"}
    while len(finished) < 6:
        await until(lambda: bool(set(newcomer.socket.commands()) - finished))
        for command in newcomer.socket.said(Command):
            if command.request_id not in finished:
                await newcomer.finish(command.request_id, command.attempt)
                finished.add(command.request_id)
    await until(lambda: bench.dispatcher.open_commands() == 0)

    assert newcomer.socket.commands() == sorted(newcomer.socket.commands())


# --- T7, T8: given up ----------------------------------------------------------------------------


async def test_a_queued_command_expires_with_no_effect(bench: Bench) -> None:
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

    assert (await bench.dispatcher.get(RequestId("r1"))).state is CommandState.DISPATCHED
    await stay.finish("r1")
    assert (await bench.over("r1")).state is CommandState.SUCCEEDED


# --- T12: over -----------------------------------------------------------------------------------


async def test_a_late_result_is_kept_beside_and_acknowledged(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1", timeout=0.01)
    stay.start("r1")
    lost = await bench.over("r1")

    await stay.finish("r1", result=msgspec.Raw(b"42"))
    await until(lambda: stay.socket.acknowledged == ["r1"])

    found = await bench.find("r1")
    assert (found.state, found.progress.effect) == (CommandState.LOST, Effect.UNKNOWN)
    assert found.error == lost.error
    assert found.late_result is not None
    assert b"42" in bytes(found.late_result)


async def test_a_repeated_result_is_only_acknowledged(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.finish("r1", result=msgspec.Raw(b"1"))
    await bench.over("r1")

    await stay.finish("r1", result=msgspec.Raw(b"1"))
    await until(lambda: stay.socket.acknowledged == ["r1", "r1"])

    found = await bench.find("r1")
    assert found.late_result is None


async def test_a_result_that_comes_twice_at_once_settles_once(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    await bench.submit("r2")

    await stay.finish("r1", result=msgspec.Raw(b"1"))
    await stay.finish("r1", state=OutcomeState.FAILED, effect=Effect.NONE)
    await stay.finish("r2")
    await until(lambda: len(stay.socket.acknowledged) == 3)

    found = await bench.find("r1")
    assert found.state is CommandState.SUCCEEDED
    assert found.late_result is not None


async def test_a_result_of_an_earlier_attempt_is_kept_beside(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1", idempotent=True)
    await stay.leave()
    back = await bench.ready(journal_id=JournalId("j2"))
    await bench.sent(back, "r1")

    await back.finish("r1", attempt=1, result=msgspec.Raw(b"1"))
    await until(lambda: back.socket.acknowledged == ["r1"])
    assert not (await bench.dispatcher.get(RequestId("r1"))).is_over
    await back.finish("r1", attempt=2, result=msgspec.Raw(b"2"))

    record = await bench.over("r1")
    assert record.result is not None
    assert bytes(record.result) == b"2"


async def test_a_result_of_another_agents_command_is_refused(bench: Bench) -> None:
    alpha, beta = await bench.ready("alpha"), await bench.ready("beta")
    await bench.submit("r1")
    forged = Result(RequestId("r1"), 1, Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE))

    assert not bench.dispatcher.owns(beta.live, forged)
    await alpha.finish("r1")
    await bench.over("r1")
    # Memory has forgotten it by now; the journal has not.
    await bench.dispatcher.finished(beta.live, forged)
    other = Result(RequestId("r1"), 1, Outcome(OutcomeState.FAILED, Effect.NONE))
    await bench.dispatcher.finished(beta.live, other)
    await bench.submit("r2")
    await alpha.finish("r2")
    await bench.over("r2")

    assert beta.socket.acknowledged == []
    assert (await bench.find("r1")).late_result is None


async def test_a_result_nobody_asked_for_is_adopted_and_acknowledged(bench: Bench) -> None:
    """So it is after a database was restored: what was done is not dropped."""
    stay = await bench.ready()

    await stay.finish("never", result=msgspec.Raw(b"42"))
    await until(lambda: stay.socket.acknowledged == ["never"])

    adopted = await bench.find("never")
    assert adopted.state is CommandState.SUCCEEDED
    assert adopted.action == "(unknown)"
    assert adopted.result is not None
    assert bytes(adopted.result) == b"42"
    assert b"xagent_unexpected_results_total 1.0" in _scrape(bench)
    assert stay.socket.commands() == []


def _scrape(bench: Bench) -> bytes:
    return bench.metrics.render(agents=0, connected=0, in_flight=0, queued=0)


# --- restarts ------------------------------------------------------------------------------------


async def test_an_orchestrator_takes_up_what_its_earlier_life_owed(enrolled: Database) -> None:
    async with life(enrolled) as first:
        stay = await first.ready()
        await first.submit("running")
        stay.start("running")
        await first.submit("unsent")
        for name in ("q-z", "q-a"):
            await first.submit(name, if_offline="queue")

    async with life(enrolled) as second:
        assert second.dispatcher.open_commands() == 4
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


async def test_memory_that_disagrees_with_the_journal_believes_the_journal(
    bench: Bench,
) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    with closing(sqlite3.connect(bench.database.path)) as other:
        other.execute("UPDATE commands SET state = 'lost', effect = 'unknown', finished_at = 1")
        other.commit()

    await stay.finish("r1")

    assert (await bench.over("r1")).state is CommandState.LOST
    await until(lambda: stay.socket.acknowledged == ["r1"])


async def test_a_queued_command_that_the_journal_knows_to_be_over_is_not_sent(
    bench: Bench,
) -> None:
    await bench.submit("r1", if_offline="queue")
    await bench.submit("r2", if_offline="queue")
    with closing(sqlite3.connect(bench.database.path)) as other:
        other.execute(
            "UPDATE commands SET state = 'cancelled', finished_at = 1 WHERE request_id = 'r1'"
        )
        other.commit()

    stay = await bench.ready()
    await bench.sent(stay, "r2")

    assert (await bench.over("r1")).state is CommandState.CANCELLED
    await until(lambda: bench.dispatcher.counts(stay.live.agent_id) == (1, 0))
    assert stay.socket.commands() == ["r2"]


async def test_expired_commands_leave_no_place_behind(enrolled: Database) -> None:
    """An agent that stays away for good must not fill the memory."""
    bounds = replace(BOUNDS, queue_per_agent=1000, open_commands=1000)
    async with life(enrolled, replace(TIMERS, sweep=0.01), bounds) as bench:
        for number in range(300):
            await bench.submit(f"r{number}", if_offline="queue", ttl=0.001)
            if number % 60 == 59:
                await until(lambda: bench.dispatcher.open_commands() == 0)
        await bench.submit("last", if_offline="queue")

        stay = await bench.ready()
        await bench.sent(stay, "last")


# --- what agents may send ------------------------------------------------------------------------


async def test_a_result_that_cannot_be_stored_ends_its_command_and_holds_up_no_other(
    bench: Bench,
) -> None:
    stay = await bench.ready()
    await bench.submit("bad")
    await bench.submit("good")
    nested: Any = None
    for _ in range(2000):
        nested = [nested]

    await stay.finish(
        "bad",
        state=OutcomeState.FAILED,
        error=CommandError("broken", "see the details", {"nested": nested}),
    )
    await stay.finish("good")

    assert (await bench.over("good")).state is CommandState.SUCCEEDED
    assert (await bench.over("bad")).state is CommandState.LOST
    await until(lambda: sorted(stay.socket.acknowledged) == ["bad", "good"])


async def test_params_that_no_number_can_hold_are_refused(bench: Bench) -> None:
    await bench.ready()

    with pytest.raises(InvalidRequest) as refused:
        await bench.submit("r1", params=msgspec.Raw(b'{"n":1e400}'))

    assert refused.value.errors[0].field == "params"
    assert bench.dispatcher.open_commands() == 0


async def test_a_cancelled_command_that_came_back_unsent_is_not_sent_again(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.leave()
    await bench.dispatcher.cancel(RequestId("r1"))

    back = await bench.connect()
    await back.tell_inventory()

    assert (await bench.over("r1")).state is CommandState.CANCELLED
    assert back.socket.commands() == []


async def test_an_older_inventory_says_nothing_about_a_later_dispatch(bench: Bench) -> None:
    """The agent came twice in quick succession; only its newest word counts."""
    first = await bench.connect()
    second = await bench.ready()
    await bench.submit("r1")

    await first.tell_inventory()

    assert (await bench.find("r1")).state is CommandState.DISPATCHED
    assert second.socket.commands() == ["r1"]
