"""What happens, told to whoever listens: agents come, change and go, commands move.

Nobody waits for a listener. One that does not keep up loses what it has not heard and is told so;
it then looks at the present state, which is all that it could want of the past.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

import msgspec

from orchestrator.store.records import CommandRecord
from xagent_protocol.ids import AgentId

KEPT: Final = 2_000
"""Past events that a listener who was cut off can still hear, and the longest a queue gets."""

REMEMBERED_SECONDS: Final = 120.0
"""How long events are kept after the last listener has left; with nobody there none are made."""


_NOTHING: Final = msgspec.Raw(b"{}")


class EventKind(StrEnum):
    """What an event is about; the first two words of its name."""

    AGENT_CONNECTED = "agent.connected"
    AGENT_CHANGED = "agent.changed"
    AGENT_DISCONNECTED = "agent.disconnected"
    COMMAND = "command"


class Event(msgspec.Struct, frozen=True):
    """One thing that happened. *command* is as it was then; an agent is looked at when told of."""

    number: int
    kind: EventKind
    agent_id: AgentId
    command: CommandRecord | None = None


class Missed(Exception):
    """What came after the last event that a listener heard is not all known any more."""


class Events:
    """Past events in their order, and who listens."""

    def __init__(self) -> None:
        """Begin with nothing that happened."""
        self.life = secrets.token_hex(4)
        """Names this process: numbers of another one mean nothing here."""
        self._number = 0
        self._kept: deque[Event] = deque(maxlen=KEPT)
        self._listeners: set[Listener] = set()
        self._wanted_until = 0.0
        self._is_over = False

    def __len__(self) -> int:
        """Count the listeners."""
        return len(self._listeners)

    def agent(self, kind: EventKind, agent_id: AgentId) -> None:
        """Note that something about an agent is new."""
        if self._is_wanted():
            self._note(kind, agent_id, None)

    def command(self, record: CommandRecord) -> None:
        """Note that a command has moved."""
        if self._is_wanted():
            # What it came to may be long, and is fetched by whoever wants it.
            light = msgspec.structs.replace(record, params=_NOTHING, result=None)
            self._note(EventKind.COMMAND, record.agent_id, light)

    @contextmanager
    def listening(self, after: str | None) -> Iterator[Listener]:
        """Listen from now on, or from behind the event whose id is *after*.

        Raises:
            Missed: that event is of another life, or too long ago.
        """
        number = self._number if after is None else self._number_of(after)
        missed = [event for event in self._kept if event.number > number]
        if number < self._number - len(missed):
            raise Missed
        listener = Listener(missed)
        self._listeners.add(listener)
        if self._is_over:
            listener.end()
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            self._wanted_until = asyncio.get_running_loop().time() + REMEMBERED_SECONDS

    def id_of(self, number: int) -> str:
        """Return what an event of that number is called outside."""
        return f"{self.life}-{number}"

    @property
    def latest_id(self) -> str:
        """The id behind which a listener that begins now begins."""
        return self.id_of(self._number)

    def end(self) -> None:
        """Let every listener come to its end; idempotent."""
        self._is_over = True
        for listener in self._listeners:
            listener.end()

    def _is_wanted(self) -> bool:
        if self._listeners:
            return True
        if not self._wanted_until:
            return False
        if asyncio.get_running_loop().time() < self._wanted_until:
            return True
        # From here on numbers have gaps, so that nobody takes what is kept for all there was.
        self._wanted_until = 0.0
        self._kept.clear()
        self._number += 1
        return False

    def _note(self, kind: EventKind, agent_id: AgentId, command: CommandRecord | None) -> None:
        self._number += 1
        event = Event(self._number, kind, agent_id, command)
        self._kept.append(event)
        for listener in self._listeners:
            listener.hear(event)

    def _number_of(self, event_id: str) -> int:
        life, _, number = event_id.rpartition("-")
        if life != self.life or not number.isascii() or not number.isdigit():
            raise Missed
        if int(number) > self._number:
            raise Missed
        return int(number)


class Listener:
    """What one listener has yet to hear."""

    def __init__(self, missed: list[Event]) -> None:
        """Begin with what was missed."""
        self._waiting: deque[Event] = deque(missed)
        self._arrived = asyncio.Event()
        self._has_lost = False
        self._is_over = False
        if missed:
            self._arrived.set()

    def hear(self, event: Event) -> None:
        """Queue an event, or note that there is no room for it."""
        if len(self._waiting) >= KEPT:
            self._waiting.clear()
            self._has_lost = True
        else:
            self._waiting.append(event)
        self._arrived.set()

    def end(self) -> None:
        """Let it come to its end when all is heard."""
        self._is_over = True
        self._arrived.set()

    async def next(self, seconds: float) -> list[Event] | None:
        """Return all that has come, an empty list after a silence of *seconds*, null at the end.

        Raises:
            Missed: it was too slow, and some is lost.
        """
        try:
            async with asyncio.timeout(seconds):
                await self._arrived.wait()
        except TimeoutError:
            return []
        self._arrived.clear()
        if self._has_lost:
            raise Missed
        batch = list(self._waiting)
        self._waiting.clear()
        if self._is_over:
            self._arrived.set()
            return batch or None
        return batch
