"""What agents report (T3, T4, T11, T12)."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from contextlib import closing
from typing import Any

import msgspec
import pytest

from orchestrator.errors import RequestIdReused
from tests.orchestrator.deadline import until
from tests.orchestrator.dispatch.conftest import Bench
from xagent_protocol.ids import JournalId, RequestId
from xagent_protocol.messages import Result
from xagent_protocol.outcomes import CommandError, Effect, Outcome, OutcomeState
from xagent_protocol.transitions import CommandState


async def test_a_result_settles_and_is_acknowledged_after_the_commit(bench: Bench) -> None:
    """F32: while the database is locked nothing is acknowledged."""
    stay = await bench.ready()
    await bench.submit("r1")
    stay.start("r1")
    running = await bench.dispatcher.submissions.get(RequestId("r1"))
    assert running.state is CommandState.RUNNING
    assert running.started_at is not None
    assert (await bench.find("r1")).state is CommandState.DISPATCHED

    with closing(sqlite3.connect(bench.database.path, isolation_level=None)) as other:
        failures = len(bench.database.failures)
        other.execute("BEGIN IMMEDIATE")
        await stay.finish("r1", result=msgspec.Raw(b'{"a":1}'), duration_ms=1.5)
        await until(lambda: len(bench.database.failures) > failures)
        assert stay.socket.acknowledged == []
        assert not (await bench.dispatcher.submissions.get(RequestId("r1"))).is_over
        other.execute("ROLLBACK")
    record = await bench.over("r1")

    assert stay.socket.acknowledged == ["r1"]
    assert record.state is CommandState.SUCCEEDED
    assert record.progress.effect is Effect.COMPLETE
    on_disk = await bench.find("r1")
    assert on_disk.result is not None
    assert bytes(on_disk.result) == b'{"a":1}'
    assert on_disk.started_at == running.started_at


async def test_on_a_full_disk_nothing_is_acknowledged_and_all_goes_on_when_there_is_room(
    bench: Bench,
) -> None:
    """F33: submissions wait, and are refused with 503 when their patience is over."""
    stay = await bench.ready()
    await bench.submit("r1")
    long = msgspec.Raw(b'"' + b"x" * 100_000 + b'"')

    async with asyncio.TaskGroup() as tasks:
        with bench.database.full():
            await stay.finish("r1", result=long)
            await until(lambda: not bench.database.writer.is_healthy)
            asked = tasks.create_task(bench.submit("r2"))
            failures = len(bench.database.failures)
            await until(lambda: len(bench.database.failures) > failures)
            is_over = (await bench.dispatcher.submissions.get(RequestId("r1"))).is_over
            assert stay.socket.acknowledged == []
            assert not is_over
            assert not asked.done()

    assert (await bench.over("r1")).state is CommandState.SUCCEEDED
    assert stay.socket.acknowledged == ["r1"]
    assert stay.socket.commands() == ["r1", "r2"]


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
    assert (
        await bench.dispatcher.submissions.get(RequestId("r1"))
    ).state is CommandState.DISPATCHED
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


async def test_an_effect_is_the_join_over_all_attempts(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1", idempotent=True)
    await stay.leave()
    back = await bench.ready(journal_id=JournalId("j2"))
    await bench.sent(back, "r1")

    await back.finish("r1", attempt=2, state=OutcomeState.CANCELLED, effect=Effect.NONE)

    assert (await bench.over("r1")).progress.effect is Effect.UNKNOWN


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
    """F20."""
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
    """F20: a replayed frame of an old attempt."""
    stay = await bench.ready()
    await bench.submit("r1", idempotent=True)
    await stay.leave()
    back = await bench.ready(journal_id=JournalId("j2"))
    await bench.sent(back, "r1")

    await back.finish("r1", attempt=1, result=msgspec.Raw(b"1"))
    await until(lambda: back.socket.acknowledged == ["r1"])
    assert not (await bench.dispatcher.submissions.get(RequestId("r1"))).is_over
    await back.finish("r1", attempt=2, result=msgspec.Raw(b"2"))

    record = await bench.over("r1")
    assert record.result is not None
    assert bytes(record.result) == b"2"


async def test_a_result_of_another_agents_command_is_refused(bench: Bench) -> None:
    alpha, beta = await bench.ready("alpha"), await bench.ready("beta")
    await bench.submit("r1")
    forged = Result(RequestId("r1"), 1, Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE))

    assert not bench.dispatcher.settlement.owns(beta.live, forged)
    await alpha.finish("r1")
    await bench.over("r1")
    # Memory has forgotten it by now; the journal has not.
    await bench.dispatcher.settlement.finished(beta.live, forged)
    other = Result(RequestId("r1"), 1, Outcome(OutcomeState.FAILED, Effect.NONE))
    await bench.dispatcher.settlement.finished(beta.live, other)
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


@pytest.mark.parametrize("turns", range(1, 12))
async def test_what_is_asked_for_while_its_result_is_looked_up_ends_by_it(
    bench: Bench, turns: int
) -> None:
    """So it is after a database was restored: agents bring results as clients ask again."""
    stay = await bench.ready()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stay.finish("x"))
        for _ in range(turns):
            await asyncio.sleep(0)
        with contextlib.suppress(RequestIdReused):
            await bench.submit("x")
    await stay.finish("x")

    assert (await bench.over("x")).state is CommandState.SUCCEEDED
    assert (await bench.find("x")).late_result is None


async def test_a_result_of_another_attempt_is_waited_for_and_not_piled_up(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")
    outcome = Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE)
    result = Result(RequestId("r1"), 7, outcome)
    before = len(asyncio.all_tasks())

    taken = [bench.dispatcher.settlement.settle(stay.live, result) for _ in range(100)]
    await bench.dispatcher.settlement.finished(stay.live, result)

    assert not any(taken)
    assert len(asyncio.all_tasks()) == before
    assert stay.socket.acknowledged == ["r1"]
    assert (await bench.find("r1")).state is CommandState.DISPATCHED


def _scrape(bench: Bench) -> bytes:
    return bench.metrics.render(agents=0, connected=0, in_flight=0, queued=0)


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
