"""The open commands and their journal."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing

import pytest

from orchestrator.dispatch import moves
from orchestrator.dispatch.errands import Errands
from orchestrator.dispatch.events import Events
from orchestrator.dispatch.ledger import Ledger
from orchestrator.dispatch.pending import Waiter
from orchestrator.errors import StorageUnavailable
from orchestrator.metrics import Metrics
from orchestrator.store.journal import Journal
from orchestrator.store.records import CommandRecord
from tests.orchestrator.conftest import Database
from tests.orchestrator.deadline import until
from tests.orchestrator.records import command_record, session_record
from xagent_protocol.transitions import CommandState


@pytest.fixture
async def ledger(enrolled: Database) -> AsyncIterator[Ledger]:
    """A ledger on an empty journal."""
    async with Errands() as errands:
        yield _ledger(enrolled, errands)


def _ledger(database: Database, errands: Errands) -> Ledger:
    journal = Journal(database.writer, database.readers)
    return Ledger(journal, Events(), Metrics(), errands, grace_seconds=10.0)


async def test_a_subscriber_hears_when_a_queue_may_move(ledger: Ledger) -> None:
    heard: list[str] = []
    ledger.on_room = heard.append
    one = ledger.open(command_record("r1"), 1e9)
    ledger.record(one)
    assert heard == ["alpha"]
    ledger.record(ledger.open(command_record("r2"), 1e9))
    await until(lambda: heard == ["alpha", "alpha"])

    async with one.turn:
        await ledger.commit(one, moves.withdrawn(one.record))

    assert heard == ["alpha", "alpha", "alpha"]


async def test_what_follows_a_record_comes_before_its_waiter_is_told(ledger: Ledger) -> None:
    order: list[str] = []
    # Two are open, so neither is committed before `record` returns.
    ledger.open(command_record("r0"), 1e9)
    entry = ledger.open(command_record("r1"), 1e9)
    ledger.record(entry, lambda _: order.append("sent"))
    Waiter(entry, lambda _: order.append("told"))

    await until(lambda: len(order) == 2)

    assert order == ["sent", "told"]
    assert entry.turn.try_take()


async def test_what_cannot_be_recorded_is_closed_and_its_turn_free(
    ledger: Ledger, enrolled: Database
) -> None:
    await enrolled.writer.close()
    entry = ledger.open(command_record("r1"), 1e9)

    ledger.record(entry, lambda _: pytest.fail("it was sent"))

    assert isinstance(entry.failure, StorageUnavailable)
    assert len(ledger.pending) == 0
    assert ledger.pending.queued(entry.record.agent_id) == 0
    assert entry.turn.try_take()


async def test_who_waits_for_a_namesake_hears_of_the_first(
    ledger: Ledger, enrolled: Database
) -> None:
    ledger.record(ledger.open(command_record("r1", fingerprint="first"), 1e9))
    told: list[CommandRecord | Exception] = []
    async with Errands() as errands:
        other = _ledger(enrolled, errands)
        entry = other.open(command_record("r1", fingerprint="second"), 1e9)
        other.record(entry, lambda _: pytest.fail("it was sent"))
        Waiter(entry, told.append)

        await until(lambda: bool(told))

    [known] = told
    assert isinstance(known, CommandRecord)
    assert known.fingerprint == "first"
    assert len(other.pending) == 0


async def test_a_move_that_the_journal_does_not_allow_is_not_shown(
    ledger: Ledger, enrolled: Database
) -> None:
    entry = ledger.open(command_record("r1"), 1e9)
    ledger.record(entry)
    with closing(sqlite3.connect(enrolled.path)) as other:
        other.execute("UPDATE commands SET state = 'expired', finished_at = 1")
        other.commit()

    async with entry.turn:
        is_made = await ledger.commit(
            entry, moves.dispatched(entry.record, session_record(), reads=False)
        )

    assert not is_made
    assert entry.record.state is CommandState.EXPIRED
    assert len(ledger.pending) == 0


async def test_a_start_begins_the_countdown_of_its_attempt_only(ledger: Ledger) -> None:
    entry = ledger.open(moves.dispatched(command_record("r1"), session_record(), reads=False), 1e9)
    ledger.count_down(entry, in_its_lane=True)
    in_its_lane = entry.overdue_at
    ledger.start(entry, attempt=2)
    assert entry.record.started_at is None

    ledger.start(entry, attempt=1)

    assert entry.record.state is CommandState.RUNNING
    assert in_its_lane is not None
    assert entry.overdue_at is not None
    assert entry.overdue_at < in_its_lane


async def test_the_next_start_reads_from_the_oldest_that_is_open(
    ledger: Ledger, enrolled: Database
) -> None:
    entries = [ledger.open(command_record(f"r{number}"), 1e9) for number in range(3)]
    for entry in entries:
        ledger.record(entry)
    await until(lambda: all(entry.is_recorded for entry in entries))
    async with entries[0].turn:
        await ledger.commit(entries[0], moves.withdrawn(entries[0].record))

    await ledger.mark()
    assert _marked(enrolled) == 1
    for entry in entries[1:]:
        async with entry.turn:
            await ledger.commit(entry, moves.withdrawn(entry.record))
    await ledger.mark()

    assert _marked(enrolled) == 3


def _marked(database: Database) -> int:
    with closing(sqlite3.connect(database.path)) as connection:
        return int(connection.execute("SELECT seq FROM marks").fetchone()[0])
