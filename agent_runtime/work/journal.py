"""Every command this agent has not had acknowledged, and how far each one is.

The orchestrator is told of exactly this after each welcome. It lives in memory: what a new
process does not find here, it never knew, and its new journal id says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from xagent_protocol.ids import JournalId, RequestId
from xagent_protocol.messages import Command, InventoryItem, InventoryState, Result, ResultRef
from xagent_protocol.outcomes import Outcome


@dataclass(frozen=True)
class Entry:
    """What is known of one command; *outcome* is set when it is done."""

    request_id: RequestId
    attempt: int
    action: str
    state: InventoryState
    outcome: Outcome | None = None


class Journal:
    """Entries by request id, in the order in which they were received."""

    def __init__(self) -> None:
        """Open an empty journal under an id of its own."""
        self.journal_id = JournalId(str(uuid4()))
        self._entries: dict[RequestId, Entry] = {}

    def find(self, request_id: RequestId) -> Entry | None:
        """Return the entry of a command that is still held."""
        return self._entries.get(request_id)

    def received(self, command: Command) -> None:
        """Note a command before anything is done about it."""
        self._entries[command.request_id] = Entry(
            command.request_id, command.attempt, command.action, InventoryState.RECEIVED
        )

    def started(self, request_id: RequestId) -> None:
        """Note that the action begins; from here on it can no longer be called never begun."""
        self._move(request_id, InventoryState.STARTED)

    def done(self, request_id: RequestId, outcome: Outcome) -> None:
        """Note the end, before anybody is told of it."""
        self._move(request_id, InventoryState.DONE, outcome)

    def forget(self, result: ResultRef) -> Entry | None:
        """Drop a command whose result is acknowledged, and return it.

        An acknowledgement of another attempt says nothing of the one that is held; of what is
        not done it is a mistake of the other side. Both are ignored.
        """
        entry = self._entries.get(result.request_id)
        if entry is None or entry.attempt != result.attempt or entry.outcome is None:
            return None
        return self._entries.pop(result.request_id)

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

    def _move(
        self, request_id: RequestId, state: InventoryState, outcome: Outcome | None = None
    ) -> None:
        held = self._entries[request_id]
        self._entries[request_id] = Entry(request_id, held.attempt, held.action, state, outcome)
