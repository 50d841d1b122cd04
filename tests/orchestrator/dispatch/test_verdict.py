"""The verdict on a command after its agent came back: a pure function, as a table."""

from __future__ import annotations

import pytest

from orchestrator.dispatch.verdict import Keep, judge
from tests.orchestrator.records import command_record, session_record
from xagent_protocol.ids import BootId, JournalId, RequestId
from xagent_protocol.messages import InventoryItem, InventoryState
from xagent_protocol.transitions import CommandEvent, CommandState, Progress

D, R = CommandState.DISPATCHED, CommandState.RUNNING
RETURN, RETRY, LOSE = CommandEvent.RETURN, CommandEvent.RETRY, CommandEvent.LOSE


@pytest.mark.parametrize("state", [D, R])
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (InventoryState.RECEIVED, Keep.RECEIVED),
        (InventoryState.STARTED, Keep.STARTED),
        (InventoryState.INTERRUPTED, Keep.STARTED),
        (InventoryState.DONE, Keep.STARTED),
    ],
)
def test_what_the_agent_holds_is_kept(
    state: CommandState, said: InventoryState, expected: Keep
) -> None:
    command = command_record(progress=Progress(state, 2))
    held = InventoryItem(RequestId("r1"), 2, said, "write")
    stranger = session_record(journal_id=JournalId("other"), boot_id=BootId("other"))

    assert judge(command, held, stranger, reads=False, may_retry=True) is expected


@pytest.mark.parametrize("state", [D, R])
@pytest.mark.parametrize(
    ("said", "idempotent", "may_retry", "expected"),
    [
        (InventoryState.INTERRUPTED, True, True, RETRY),
        # Its result, which says what became of it, is behind the inventory.
        (InventoryState.INTERRUPTED, True, False, Keep.STARTED),
        (InventoryState.INTERRUPTED, False, True, Keep.STARTED),
        # What goes on is not begun a second time beside itself, and what is done is done.
        (InventoryState.RECEIVED, True, True, Keep.RECEIVED),
        (InventoryState.STARTED, True, True, Keep.STARTED),
        (InventoryState.DONE, True, True, Keep.STARTED),
    ],
)
def test_only_what_an_earlier_life_of_the_agent_began_is_begun_anew(
    state: CommandState,
    said: InventoryState,
    idempotent: bool,
    may_retry: bool,
    expected: Keep | CommandEvent,
) -> None:
    command = command_record(progress=Progress(state, 1), idempotent=idempotent)
    held = InventoryItem(RequestId("r1"), 1, said, "write")

    assert judge(command, held, session_record(), reads=False, may_retry=may_retry) is expected


@pytest.mark.parametrize(
    ("state", "journal", "boot", "reads", "idempotent", "attempt", "expected"),
    [
        # The very journal it would stand in does not know it: it never began.
        (D, "same", "same", False, False, 1, RETURN),
        (D, "same", "other", False, False, 1, RETURN),
        (D, "same", "same", True, True, 1, RETURN),
        # A read is not journalled: after a reboot its absence proves nothing.
        (D, "same", "other", True, False, 1, LOSE),
        (D, "same", "other", True, True, 1, RETRY),
        # Another journal proves nothing either.
        (D, "other", "other", False, False, 1, LOSE),
        (D, "other", "other", False, True, 1, RETRY),
        (D, "other", "other", False, True, 2, RETRY),
        (D, "other", "other", False, True, 3, LOSE),
        # What began cannot have never begun.
        (R, "same", "same", False, False, 1, LOSE),
        (R, "same", "same", False, True, 1, RETRY),
        (R, "same", "same", True, True, 3, LOSE),
    ],
)
def test_what_the_agent_does_not_hold(
    state: CommandState,
    journal: str,
    boot: str,
    reads: bool,
    idempotent: bool,
    attempt: int,
    expected: CommandEvent,
) -> None:
    command = command_record(
        progress=Progress(state, attempt), idempotent=idempotent, journal_id="same", boot_id="same"
    )
    session = session_record(journal_id=JournalId(journal), boot_id=BootId(boot))

    assert judge(command, None, session, reads=reads, may_retry=attempt < 3) is expected


def test_another_attempt_in_the_inventory_is_not_this_one() -> None:
    command = command_record(progress=Progress(D, 2), journal_id="journal-1")
    held = InventoryItem(RequestId("r1"), 1, InventoryState.STARTED, "write")

    assert judge(command, held, session_record(), reads=False, may_retry=True) is RETURN
