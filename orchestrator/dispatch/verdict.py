"""What becomes of a command after its agent has come back: one pure decision a command.

Rows T5, T6 and T7 of the table. The inventory lists what the agent still holds; what is absent
never began, which only the very journal it would stand in can prove, or its fate cannot be known.
"""

from __future__ import annotations

from enum import Enum, auto

from orchestrator.store.records import CommandRecord, SessionRecord
from xagent_protocol.messages import InventoryItem, InventoryState
from xagent_protocol.transitions import CommandEvent, CommandState


class Keep(Enum):
    """The agent holds the command, or its result: nothing is to be decided now."""

    RECEIVED = auto()
    STARTED = auto()


def judge(
    command: CommandRecord,
    held: InventoryItem | None,
    session: SessionRecord,
    *,
    reads: bool,
    may_retry: bool,
) -> Keep | CommandEvent:
    """Decide on a command that was dispatched in an earlier session.

    *held* is the agent's own word about it. *reads* is true if the action is one that agents do
    not journal: then only the same life of the agent (`boot_id`) can prove its absence.
    *may_retry* is true while attempts and time are left.
    """
    if held is not None and held.attempt == command.progress.attempt:
        interrupted = held.state is InventoryState.INTERRUPTED
        if interrupted and command.idempotent and may_retry:
            return CommandEvent.RETRY
        started = held.state is not InventoryState.RECEIVED
        return Keep.STARTED if started else Keep.RECEIVED
    never_began = (
        command.state is CommandState.DISPATCHED
        and command.journal_id == session.journal_id
        and (not reads or command.boot_id == session.boot_id)
    )
    if never_began:
        return CommandEvent.RETURN
    if command.idempotent and may_retry:
        return CommandEvent.RETRY
    return CommandEvent.LOSE
