"""The callers' side: submitted, waited for, looked at, called off."""

from __future__ import annotations

import asyncio
import gc
import sqlite3
from contextlib import closing
from typing import Any

import msgspec
import pytest
import structlog

from orchestrator.dispatch.pending import Waiter
from orchestrator.dispatch.submission import Submission
from orchestrator.errors import (
    AgentOffline,
    CommandUnknown,
    Draining,
    RequestIdReused,
    StorageUnavailable,
)
from orchestrator.store.records import CommandRecord
from tests.orchestrator.deadline import until
from tests.orchestrator.dispatch.conftest import Bench
from xagent_protocol.ids import AgentId, RequestId
from xagent_protocol.messages import Cancel
from xagent_protocol.outcomes import Effect, OutcomeState
from xagent_protocol.transitions import CommandState

STOPPED: dict[str, Any] = {"state": OutcomeState.CANCELLED, "effect": Effect.PARTIAL}


async def test_a_locked_database_refuses_nothing_that_it_records_in_the_end(
    bench: Bench,
) -> None:
    """F32."""
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

    assert bench.dispatcher.submissions.open_commands() == 0
    assert bench.dispatcher.submissions.counts(stay.live.agent_id) == (0, 0)
    assert stay.socket.sent == []


async def test_fifty_posts_of_one_id_make_one_command_and_fifty_equal_answers(
    bench: Bench,
) -> None:
    """F39, F40: whoever asks again is attached to the one command."""
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
    """F41: nothing changes."""
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
    bench.dispatcher.submissions.drain()
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
    assert bench.dispatcher.submissions.counts(stay.live.agent_id) == (0, 0)


async def test_who_waits_is_answered_at_the_end_or_when_the_time_is_up(bench: Bench) -> None:
    stay = await bench.ready()
    assert (await bench.submit("r1", wait=0.01)).state is CommandState.DISPATCHED
    unfinished = await bench.dispatcher.submissions.wait(RequestId("r1"), 0.01)
    assert unfinished.state is CommandState.DISPATCHED

    async with asyncio.TaskGroup() as tasks:
        waits = [
            tasks.create_task(bench.dispatcher.submissions.wait(RequestId("r1"), 5))
            for _ in range(3)
        ]
        await asyncio.sleep(0)
        await stay.finish("r1")

    assert {wait.result().state for wait in waits} == {CommandState.SUCCEEDED}
    assert (await bench.dispatcher.submissions.wait(RequestId("r1"), 5)).is_over


async def test_a_drain_answers_who_waits_and_refuses_who_comes(bench: Bench) -> None:
    stay = await bench.ready()
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(bench.submit("r1", wait=30))
        await until(lambda: stay.socket.commands() == ["r1"])
        bench.dispatcher.submissions.drain()

    assert waiting.result().state is CommandState.DISPATCHED
    with pytest.raises(Draining):
        await bench.submit("r2")
    await stay.finish("r1")
    await until(lambda: stay.socket.acknowledged == ["r1"])


@pytest.mark.parametrize("verb", ["get", "wait", "cancel"])
async def test_an_unknown_command_is_unknown(bench: Bench, verb: str) -> None:
    submissions, never = bench.dispatcher.submissions, RequestId("never")
    asked = {
        "get": lambda: submissions.get(never),
        "wait": lambda: submissions.wait(never, 0.1),
        "cancel": lambda: submissions.cancel(never),
    }

    with pytest.raises(CommandUnknown):
        await asked[verb]()


async def test_a_queued_command_is_withdrawn_and_never_sent(bench: Bench) -> None:
    await bench.submit("r1", if_offline="queue")
    await bench.submit("r2", if_offline="queue")

    record = await bench.dispatcher.submissions.cancel(RequestId("r1"))

    assert record.state is CommandState.CANCELLED
    assert record.progress.effect is Effect.NONE
    assert record.error is not None
    assert record.error.code == "cancelled"
    stay = await bench.ready()
    await bench.sent(stay, "r2")


async def test_a_dispatched_command_is_stopped_by_its_agent(bench: Bench) -> None:
    stay = await bench.ready()
    await bench.submit("r1")

    asked = await bench.dispatcher.submissions.cancel(RequestId("r1"))
    again = await bench.dispatcher.submissions.cancel(RequestId("r1"))

    assert asked.state is CommandState.DISPATCHED
    assert asked.progress.cancel_requested
    assert again.progress.cancel_requested
    assert len(stay.socket.said(Cancel)) == 2
    assert (await bench.find("r1")).progress.cancel_requested
    await stay.finish("r1", **STOPPED)
    assert (await bench.over("r1")).state is CommandState.CANCELLED
    assert (
        await bench.dispatcher.submissions.cancel(RequestId("r1"))
    ).state is CommandState.CANCELLED


class Caller:
    """Begins commands as the HTTP server does: no task waits, `told` keeps what it heard."""

    def __init__(self, bench: Bench) -> None:
        """Ask *bench*."""
        self._bench = bench
        self.told: list[CommandRecord | Exception] = []

    def begin(self, request_id: str | None = "r1", wait: float = 30, **given: Any) -> Waiter:
        """Begin a write of `alpha`, unless *given* says otherwise."""
        submission = self.submission(request_id, **given)
        return self._bench.dispatcher.submissions.begin(
            submission, wait=wait, tell=self.told.append
        )

    def submission(self, request_id: str | None = "r1", **given: Any) -> Submission:
        """Return what it asks for."""
        asked: dict[str, Any] = {"action": "write", "params": msgspec.Raw(b"{}"), **given}
        name = None if request_id is None else RequestId(request_id)
        return Submission(AgentId("alpha"), request_id=name, **asked)

    async def heard(self) -> CommandRecord | Exception:
        """Wait until it is told, and that once."""
        await until(lambda: bool(self.told))
        [outcome] = self.told
        return outcome

    async def record(self) -> CommandRecord:
        """Wait until it is told of a command."""
        outcome = await self.heard()
        assert isinstance(outcome, CommandRecord), outcome
        return outcome


async def test_who_begins_a_command_is_told_when_it_is_over_and_durable(bench: Bench) -> None:
    stay, caller = await bench.ready(), Caller(bench)
    caller.begin()
    assert stay.socket.commands() == ["r1"]
    assert caller.told == []

    failures = len(bench.database.failures)
    with closing(sqlite3.connect(bench.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await stay.finish("r1")
        await until(lambda: len(bench.database.failures) > failures)
        assert caller.told == []
        other.execute("ROLLBACK")

    assert (await caller.record()).state is CommandState.SUCCEEDED


@pytest.mark.parametrize("wait", [0, 0.01])
async def test_who_begins_a_command_is_told_how_it_stands_when_the_time_is_up(
    bench: Bench, wait: float
) -> None:
    stay, caller = await bench.ready(), Caller(bench)

    caller.begin(wait=wait)

    assert caller.told == []
    assert (await caller.record()).state is CommandState.DISPATCHED
    await stay.finish("r1")
    await bench.over("r1")
    assert len(caller.told) == 1


@pytest.mark.parametrize("wait", [0, 0.01, 30])
async def test_neither_time_nor_drain_tells_of_what_is_not_recorded(
    bench: Bench, wait: float
) -> None:
    await bench.ready()
    caller = Caller(bench)
    failures = len(bench.database.failures)
    with closing(sqlite3.connect(bench.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        caller.begin(wait=wait)
        bench.dispatcher.submissions.drain()
        await until(lambda: len(bench.database.failures) > failures + 1)
        assert caller.told == []
        other.execute("ROLLBACK")

    assert (await caller.record()).state is CommandState.DISPATCHED


async def test_a_drain_tells_who_has_begun_a_command_how_it_stands(bench: Bench) -> None:
    await bench.ready()
    caller = Caller(bench)
    caller.begin()

    bench.dispatcher.submissions.drain()
    bench.dispatcher.submissions.drain()

    assert (await caller.record()).state is CommandState.DISPATCHED
    with pytest.raises(Draining):
        caller.begin("r2")
    late = Caller(bench)
    late.begin("r1")
    assert (await late.record()).state is CommandState.DISPATCHED


async def test_who_left_is_told_nothing_and_its_command_goes_on(bench: Bench) -> None:
    stay, caller = await bench.ready(), Caller(bench)

    caller.begin().drop()

    await stay.finish("r1")
    assert (await bench.over("r1")).state is CommandState.SUCCEEDED
    assert caller.told == []


@pytest.mark.parametrize("first", ["result", "cancel"])
async def test_f42_a_cancel_that_races_with_a_result_ends_the_same_for_both(
    bench: Bench, first: str
) -> None:
    stay = await bench.ready()
    await bench.submit("r1")

    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(bench.submit("r1", wait=5))
        await until(lambda: stay.socket.commands() == ["r1"])
        if first == "result":
            tasks.create_task(stay.finish("r1"))
        cancelled = tasks.create_task(bench.dispatcher.submissions.cancel(RequestId("r1")))
        if first == "cancel":
            tasks.create_task(stay.finish("r1"))

    record = await bench.over("r1")
    assert record.state is CommandState.SUCCEEDED
    assert waiting.result().finished_at == record.finished_at
    assert waiting.result().state is CommandState.SUCCEEDED
    assert cancelled.result().state in (CommandState.DISPATCHED, CommandState.SUCCEEDED)
    again = await bench.dispatcher.submissions.cancel(RequestId("r1"))
    assert (again.state, again.finished_at) == (record.state, record.finished_at)


async def test_a_cancelled_call_lets_its_command_go_on(bench: Bench) -> None:
    stay = await bench.ready()
    async with asyncio.TaskGroup() as tasks:
        calls = [
            tasks.create_task(bench.submit("r1", wait=30)),
            tasks.create_task(bench.dispatcher.submissions.wait(RequestId("r1"), 30)),
        ]
        await until(lambda: stay.socket.commands() == ["r1"])
        calls[0].cancel()
        await stay.finish("r1")

    assert calls[0].cancelled()
    assert calls[1].result().state is CommandState.SUCCEEDED


async def test_a_cancelled_call_leaves_nothing_behind(bench: Bench) -> None:
    stay = await bench.ready()
    async with asyncio.TaskGroup() as tasks:
        call = tasks.create_task(bench.submit("r1", wait=30))
        await until(lambda: stay.socket.commands() == ["r1"])
        call.cancel()
    del call
    gc.collect()

    assert not any(isinstance(one, Waiter) for one in gc.get_objects())


async def test_a_call_that_is_cancelled_in_the_moment_of_the_answer_is_cancelled(
    bench: Bench,
) -> None:
    stay = await bench.ready()
    with structlog.testing.capture_logs() as logged:
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(bench.submit("r1", wait=30))
            await until(lambda: stay.socket.commands() == ["r1"])
            call.cancel()
            bench.dispatcher.submissions.drain()

    assert call.cancelled()
    assert logged == []


async def test_who_asks_for_an_open_command_is_told_of_that_one(bench: Bench) -> None:
    stay, first, second = await bench.ready(), Caller(bench), Caller(bench)
    first.begin()
    second.begin()

    await stay.finish("r1")

    assert await first.record() is await second.record()
    assert stay.socket.commands() == ["r1"]


async def test_who_asks_for_something_else_under_an_open_id_is_refused_soon(
    bench: Bench,
) -> None:
    await bench.ready()
    first, second = Caller(bench), Caller(bench)
    first.begin()

    second.begin(timeout=31.0)

    assert isinstance(await second.heard(), RequestIdReused)
    assert first.told == []


async def test_a_closed_journal_is_told_as_such(bench: Bench) -> None:
    await bench.ready()
    await bench.database.writer.close()
    caller = Caller(bench)

    caller.begin()

    assert caller.told == []
    assert isinstance(await caller.heard(), StorageUnavailable)
    assert bench.dispatcher.submissions.open_commands() == 0


async def test_a_known_id_that_memory_has_forgotten_is_told_from_the_journal(
    bench: Bench,
) -> None:
    """Even if, in the same moment, another asks for something else under this id."""
    stay = await bench.ready()
    await bench.submit("r1")
    await stay.finish("r1")
    await bench.over("r1")
    other, same, gone = Caller(bench), Caller(bench), Caller(bench)

    other.begin(timeout=31.0)
    same.begin()
    gone.begin().drop()

    assert isinstance(await other.heard(), RequestIdReused)
    assert (await same.record()).state is CommandState.SUCCEEDED
    assert gone.told == []
    assert stay.socket.commands() == ["r1"]


async def test_a_refusal_gives_way_to_a_command_that_is_known(bench: Bench) -> None:
    stay, caller = await bench.ready(), Caller(bench)
    await bench.submit("r1")
    await stay.finish("r1")
    await bench.over("r1")
    await stay.leave()
    submissions = bench.dispatcher.submissions

    with pytest.raises(AgentOffline) as refused:
        caller.begin()

    known = await submissions.known_or(refused.value, caller.submission())
    assert known.state is CommandState.SUCCEEDED
    with pytest.raises(RequestIdReused):
        await submissions.known_or(refused.value, caller.submission(timeout=31.0))
    for request_id in ("r2", None):
        with pytest.raises(AgentOffline):
            await submissions.known_or(refused.value, caller.submission(request_id))
    assert caller.told == []


async def test_who_is_told_may_begin_the_next_command_at_once(bench: Bench) -> None:
    stay, second = await bench.ready(), Caller(bench)
    submissions = bench.dispatcher.submissions

    def go_on(outcome: CommandRecord | Exception) -> None:
        second.begin("r2")

    submissions.begin(second.submission("r1"), wait=30, tell=go_on)

    await stay.finish("r1")
    await bench.sent(stay, "r1", "r2")
    await stay.finish("r2")

    assert (await second.record()).request_id == "r2"
    await until(lambda: stay.socket.acknowledged == ["r1", "r2"])


async def test_a_caller_that_breaks_holds_up_nothing(bench: Bench) -> None:
    def burst(outcome: CommandRecord | Exception) -> None:
        raise RuntimeError("a bug of this caller")

    stay, caller = await bench.ready(), Caller(bench)
    bench.dispatcher.submissions.begin(caller.submission("r1"), wait=30, tell=burst)
    caller.begin("r1")

    await stay.finish("r1")

    assert (await caller.record()).state is CommandState.SUCCEEDED
    await until(lambda: stay.socket.acknowledged == ["r1"])


async def test_an_artifact_is_needed_by_the_agent_that_a_command_names_it_to(bench: Bench) -> None:
    submissions = bench.dispatcher.submissions
    alpha, beta = AgentId("alpha"), AgentId("beta")
    one, other = "019ab1c2-3d4e-7f60-8a9b-0c1d2e3f4a5b", "019ab1c2-3d4e-7f60-8a9b-0c1d2e3f4a5c"
    stay = await bench.ready()
    for request_id, named in (("sent", one), ("too", other)):
        params = msgspec.Raw(msgspec.json.encode({"text": named}))
        await bench.submit(request_id, params=params)

    assert submissions.need_artifact(alpha, one)
    assert not submissions.need_artifact(beta, one)
    assert submissions.needed() == {"sent", "too", one, other}
    await stay.finish("sent")
    await bench.over("sent")
    assert not submissions.need_artifact(alpha, one)
    assert submissions.needed() == {"too", other}


async def test_what_only_waits_for_its_agent_is_needed_but_not_by_it(bench: Bench) -> None:
    submissions = bench.dispatcher.submissions
    artifact_id = "019ab1c2-3d4e-7f60-8a9b-0c1d2e3f4a5b"
    await bench.ready()
    params = msgspec.Raw(msgspec.json.encode({"text": artifact_id}))
    await bench.submit("waits", agent_id="beta", params=params, if_offline="queue")

    assert submissions.needed() == {"waits", artifact_id}
    assert not submissions.need_artifact(AgentId("beta"), artifact_id)
