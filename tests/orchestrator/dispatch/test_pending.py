"""Who waits for a command, and when they are told."""

from __future__ import annotations

import asyncio
import weakref

import msgspec

from orchestrator.dispatch.pending import PendingCommand, Waiter
from orchestrator.errors import RequestIdReused, StorageUnavailable
from orchestrator.store.records import CommandRecord
from tests.orchestrator.deadline import until
from tests.orchestrator.records import command_record

LATER = 3600.0


def pending(*, is_recorded: bool = True) -> PendingCommand:
    """Return an open command."""
    entry = PendingCommand(command_record(), 0, LATER)
    entry.is_recorded = is_recorded
    return entry


def in_an_hour() -> float:
    """Return a time that no test lives to see."""
    return asyncio.get_running_loop().time() + LATER


async def test_it_is_told_of_the_end_once() -> None:
    entry, told = pending(), list[CommandRecord | Exception]()
    Waiter(entry, told.append, give_up_at=in_an_hour())
    over = msgspec.structs.replace(entry.record, finished_at=1)

    entry.tell(over)
    entry.tell(over)
    entry.let_go()

    assert told == [over]


async def test_when_its_time_is_up_it_is_told_how_the_command_stands() -> None:
    entry, told = pending(), list[CommandRecord | Exception]()
    Waiter(entry, told.append, give_up_at=asyncio.get_running_loop().time() + 0.01)

    await until(lambda: bool(told))
    entry.tell(entry.record)

    assert told == [entry.record]


async def test_who_does_not_wait_is_told_soon_but_not_at_once() -> None:
    entry, told = pending(), list[CommandRecord | Exception]()

    Waiter(entry, told.append)

    assert told == []
    await asyncio.sleep(0)
    assert told == [entry.record]


async def test_nobody_is_told_before_the_command_is_recorded() -> None:
    entry, told = pending(is_recorded=False), list[CommandRecord | Exception]()
    patient = list[CommandRecord | Exception]()
    Waiter(entry, told.append)
    Waiter(entry, patient.append, give_up_at=in_an_hour())
    await asyncio.sleep(0)
    entry.tell_who_is_due()
    assert told == []

    entry.is_recorded = True
    entry.tell_who_is_due()

    assert told == [entry.record]
    assert patient == []


async def test_a_failure_is_told_to_those_who_wait_and_to_those_who_come() -> None:
    entry, told = pending(is_recorded=False), list[CommandRecord | Exception]()
    failure = StorageUnavailable("it is closed")
    Waiter(entry, told.append, give_up_at=in_an_hour())

    entry.fail(failure)
    Waiter(entry, told.append)
    await asyncio.sleep(0)

    assert told == [failure, failure]


async def test_the_command_of_another_body_is_a_refusal() -> None:
    entry, told = pending(), list[CommandRecord | Exception]()
    Waiter(entry, told.append, fingerprint="f" * 64)
    Waiter(entry, told.append, fingerprint="0" * 64)

    await asyncio.sleep(0)

    assert told[0] == entry.record
    assert isinstance(told[1], RequestIdReused)


async def test_who_was_dropped_is_told_nothing_and_kept_by_nobody() -> None:
    class Caller:
        def __init__(self) -> None:
            self.told: list[CommandRecord | Exception] = []

        def tell(self, outcome: CommandRecord | Exception) -> None:
            self.told.append(outcome)

    entry, caller = pending(), Caller()
    waiters = [Waiter(entry, caller.tell), Waiter(entry, caller.tell, give_up_at=in_an_hour())]

    for waiter in waiters:
        waiter.drop()
        waiter.drop()
    entry.let_go()
    entry.tell(entry.record)
    await asyncio.sleep(0)

    assert caller.told == []
    left = weakref.ref(caller)
    del caller
    assert left() is None


async def test_one_who_is_told_may_drop_another() -> None:
    entry, told = pending(), list[CommandRecord | Exception]()
    others: list[Waiter] = []
    Waiter(entry, lambda _: others[0].drop(), give_up_at=in_an_hour())
    others.append(Waiter(entry, told.append, give_up_at=in_an_hour()))

    entry.tell(entry.record)

    assert told == []


async def test_one_who_cannot_bear_it_keeps_no_other_waiting() -> None:
    def burst(outcome: CommandRecord | Exception) -> None:
        raise RuntimeError("a bug of this caller")

    entry, told = pending(), list[CommandRecord | Exception]()
    Waiter(entry, burst, give_up_at=in_an_hour())
    Waiter(entry, told.append, give_up_at=in_an_hour())

    entry.tell(entry.record)

    assert told == [entry.record]
