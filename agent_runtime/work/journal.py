"""Every command this agent has not had acknowledged, and how far each one is.

The orchestrator is told of exactly this after each welcome. What writes is in the journal's file
from before it begins until its result is acknowledged. Two things are in memory only:

- A command that was received and has not begun. If this process dies it is not in the inventory
  of the next one, under the same journal id: which proves that it never began, and has it sent
  again (T5). To write it down would cost each command a commit, and prove no more.
- An action that only reads. Its absence proves nothing once the process is another, but to do it
  again does no harm.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable
from typing import Final

import msgspec

from agent_runtime.work.journal_database import Row
from agent_runtime.work.journal_file import JournalFile
from xagent_protocol.errors import ErrorCode
from xagent_protocol.ids import JournalId, RequestId
from xagent_protocol.messages import Command, InventoryItem, InventoryState, Result, ResultRef
from xagent_protocol.outcomes import CommandError, Effect, Outcome, OutcomeState

_INTERRUPTED: Final = Outcome(
    OutcomeState.FAILED,
    Effect.UNKNOWN,
    error=CommandError(
        ErrorCode.AGENT_RESTARTED,
        "the agent died while the command ran: look at what it did before you ask for it again",
    ),
)


class Entry(msgspec.Struct, frozen=True):
    """What is known of one command; *outcome* is set when it is over.

    *seq* is its place in the file, and null if it has none because it only reads.
    """

    request_id: RequestId
    attempt: int
    action: str
    state: InventoryState
    seq: int | None
    outcome: Outcome | None = None


class Journal:
    """Entries by request id, in the order in which they were received."""

    def __init__(self, file: JournalFile, reads: Container[str]) -> None:
        """Take up what *file* holds; *reads* are the names of the actions that only read."""
        self._file = file
        self._reads = reads
        self._entries = {row.request_id: _revived(row) for row in file.rows}
        self._seqs = itertools.count(1 + max((row.seq for row in file.rows), default=0))

    @property
    def journal_id(self) -> JournalId:
        """Under which what is absent here never began."""
        return self._file.journal_id

    def find(self, request_id: RequestId) -> Entry | None:
        """Return the entry of a command that is still held."""
        return self._entries.get(request_id)

    def received(self, command: Command) -> None:
        """Note a command before anything is done about it; an earlier attempt gives it its place.

        The caller sees to it that the earlier attempt is over.
        """
        held = self._entries.get(command.request_id)
        if held is not None:
            seq = held.seq
        else:
            seq = None if command.action in self._reads else next(self._seqs)
        self._entries[command.request_id] = Entry(
            command.request_id, command.attempt, command.action, InventoryState.RECEIVED, seq
        )

    def started(self, request_id: RequestId) -> None:
        """Note that the action begins; from here on it can no longer be called never begun.

        Raises:
            JournalUnwritable: that could not be noted, so it must not begin.
        """
        held = self._entries[request_id]
        if held.seq is not None:
            self._file.start(held.seq, request_id, held.attempt, held.action)
        self._entries[request_id] = msgspec.structs.replace(held, state=InventoryState.STARTED)

    def done(self, request_id: RequestId, outcome: Outcome) -> None:
        """Note the end, before anybody is told of it.

        What never began has nothing in the file to be completed, and needs nothing there: what
        is absent never began.
        """
        held = self._entries[request_id]
        if held.seq is not None and held.state is InventoryState.STARTED:
            self._file.finish(held.seq, outcome)
        self._entries[request_id] = msgspec.structs.replace(
            held, state=InventoryState.DONE, outcome=outcome
        )

    def forget(self, results: Iterable[ResultRef]) -> list[Entry]:
        """Drop commands whose results are acknowledged, in one commit, and return them.

        An acknowledgement of another attempt says nothing of the one that is held; of what is
        not over it is a mistake of the other side. Both are ignored.
        """
        forgotten = []
        for result in results:
            entry = self._entries.get(result.request_id)
            if entry is None or entry.attempt != result.attempt or entry.outcome is None:
                continue
            del self._entries[result.request_id]
            forgotten.append(entry)
        self._file.forget(entry.seq for entry in forgotten if entry.seq is not None)
        return forgotten

    def inventory(self) -> tuple[InventoryItem, ...]:
        """List all that is held."""
        return tuple(
            InventoryItem(entry.request_id, entry.attempt, entry.state, entry.action)
            for entry in self._entries.values()
        )

    def results(self) -> tuple[Result, ...]:
        """List the results that are not acknowledged."""
        return tuple(
            Result(entry.request_id, entry.attempt, entry.outcome)
            for entry in self._entries.values()
            if entry.outcome is not None
        )


def _revived(row: Row) -> Entry:
    """Take up a command of an earlier life: it is over, or it will never go on."""
    state = InventoryState.INTERRUPTED if row.outcome is None else InventoryState.DONE
    return Entry(
        row.request_id, row.attempt, row.action, state, row.seq, row.outcome or _INTERRUPTED
    )
