"""From the queue to the agent (T1, T2, T5)."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import msgspec

from tests.orchestrator.deadline import until
from tests.orchestrator.dispatch.conftest import Bench
from xagent_protocol.codec import encode
from xagent_protocol.ids import JournalId, RequestId
from xagent_protocol.messages import Command
from xagent_protocol.outcomes import Effect
from xagent_protocol.transitions import CommandState


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


async def test_an_agent_is_told_to_record_only_what_is_to_be_recorded(bench: Bench) -> None:
    stay = await bench.ready()

    await bench.submit("r1", record="trace")
    await bench.submit("r2")

    assert [sent.record for sent in stay.socket.said(Command)] == ["trace", None]
    assert "record" not in encode(stay.socket.said(Command)[1])


async def test_an_agent_is_told_what_to_do_while_a_person_drives_the_page(bench: Bench) -> None:
    stay = await bench.ready()

    await bench.submit("r1", if_controlled="wait", control_digest="0f", requested_by="sign-in 3f")
    await bench.submit("r2", requested_by="sign-in 3f")

    [first, second] = stay.socket.said(Command)
    assert (first.if_controlled, first.control_digest) == ("wait", "0f")
    assert (second.if_controlled, second.control_digest) == ("fail", None)
    assert first.requested_by == "sign-in 3f"
    assert "control" not in encode(second)
    assert "requested_by" not in encode(second)


async def test_beyond_the_limit_in_flight_commands_wait_and_keep_their_order(
    bench: Bench,
) -> None:
    stay = await bench.ready()
    for number in range(6):
        await bench.submit(f"r{number}")
    assert stay.socket.commands() == ["r0", "r1"]
    assert bench.dispatcher.submissions.counts(stay.live.agent_id) == (2, 4)

    for number in range(6):
        await stay.finish(f"r{number}")
        await until(lambda number=number: len(stay.socket.commands()) == min(6, number + 3))  # type: ignore[misc]

    assert stay.socket.commands() == [f"r{number}" for number in range(6)]
    await until(lambda: bench.dispatcher.submissions.open_commands() == 0)
    assert bench.dispatcher.submissions.counts(stay.live.agent_id) == (0, 0)


async def test_nothing_is_dispatched_before_the_inventory_is_reconciled(bench: Bench) -> None:
    stay = await bench.connect()

    record = await bench.submit("r1")
    assert record.state is CommandState.QUEUED
    assert stay.socket.sent == []

    await stay.tell_inventory()
    await bench.sent(stay, "r1")


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
            bench.dispatcher.reconciliation.left(stay.live.agent_id)
            other.execute("ROLLBACK")
    assert asked.result().request_id == "r1"

    record = await bench.dispatcher.submissions.get(RequestId("r1"))
    await until(lambda: bench.dispatcher.submissions.counts(stay.live.agent_id) == (0, 1))
    assert record.progress.effect is Effect.NONE

    # Another journal would prove nothing of a command that may have been written.
    back = await bench.ready(journal_id=JournalId("j2"))
    await bench.sent(back, "r1")
    await back.finish("r1", attempt=back.socket.said(Command)[0].attempt)

    record = await bench.over("r1")
    assert (record.state, record.progress.effect) == (CommandState.SUCCEEDED, Effect.COMPLETE)
    assert stay.socket.commands() == []


async def test_a_queue_for_an_agent_that_is_away_runs_in_order_each_once(bench: Bench) -> None:
    """F44: in the order of acceptance."""
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
    await until(lambda: bench.dispatcher.submissions.open_commands() == 0)

    assert newcomer.socket.commands() == sorted(newcomer.socket.commands())


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
    await until(lambda: bench.dispatcher.submissions.counts(stay.live.agent_id) == (1, 0))
    assert stay.socket.commands() == ["r2"]


async def test_what_the_journal_knows_to_be_dispatched_elsewhere_is_neither_sent_nor_returned(
    bench: Bench,
) -> None:
    await bench.submit("r1", if_offline="queue")
    with closing(sqlite3.connect(bench.database.path)) as other:
        other.execute("UPDATE commands SET state = 'dispatched', attempt = 1, epoch = 9")
        other.commit()

    stay = await bench.ready()
    await until(lambda: bench.dispatcher.submissions.counts(stay.live.agent_id) == (1, 0))
    await bench.submit("r2")
    await bench.sent(stay, "r2")

    assert (await bench.find("r1")).state is CommandState.DISPATCHED
