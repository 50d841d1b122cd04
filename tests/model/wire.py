"""The network between agents and orchestrators, in memory: it does to frames what networks do.

A socket has two directions. Frames arrive in order, each after the socket's delay, unless somebody
cuts the socket, lets a direction swallow all that is sent from now on, or sends a frame again: one
of this socket, or one that an earlier socket carried.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from tests.model.loop import Clock
from xagent_protocol.ids import AgentId

ABNORMAL = 1006
"""How an end without a close frame is told (RFC 6455, section 7.4.1)."""

LATENCY_SECONDS = 0.001


class Direction(StrEnum):
    """Which way a frame goes."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Text:
    """A text frame."""

    text: str


@dataclass(frozen=True)
class Closing:
    """The end of a direction: a close frame, or none where the code is `ABNORMAL`."""

    code: int
    reason: str


Frame = Text | Closing


class Agenda:
    """What the world will do by itself, in the order of its time."""

    def __init__(self, clock: Clock) -> None:
        """Begin with nothing to do."""
        self._clock = clock
        self._acts: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    def at(self, when: float, act: Callable[[], None]) -> None:
        """Do *act* at a time of the world."""
        heapq.heappush(self._acts, (when, next(self._order), act))

    def next_due(self) -> float | None:
        """Return when there is something to do."""
        return self._acts[0][0] if self._acts else None

    def act(self) -> None:
        """Do all that is due."""
        while self._acts and self._acts[0][0] <= self._clock.now:
            heapq.heappop(self._acts)[2]()


class Pipe:
    """One direction of a socket; *deliver* takes what arrives."""

    def __init__(self, clock: Clock, agenda: Agenda) -> None:
        """Begin open, with nobody who listens yet."""
        self._clock = clock
        self._agenda = agenda
        self._free_at = 0.0
        self.deliver: Callable[[Frame], None] = lambda frame: None
        self.on_sent: Callable[[str], None] = lambda text: None
        self.on_arrived: Callable[[str], None] = lambda text: None
        self.sent: list[str] = []
        self.delay_seconds = LATENCY_SECONDS
        self.swallows = False
        self.is_over = False
        """Whether nothing more may be put in: its sender has closed it, or died."""

    def put(self, frame: Frame) -> None:
        """Send a frame; it arrives later, behind those before it, or never."""
        if self.is_over:
            return
        if isinstance(frame, Closing):
            self.is_over = True
        else:
            self.sent.append(frame.text)
            self.on_sent(frame.text)
        self.carry(frame)

    def carry(self, frame: Frame) -> None:
        """Carry a frame, whoever sent it."""
        if self.swallows:
            return
        self._free_at = max(self._free_at, self._clock.now + self.delay_seconds)
        self._agenda.at(self._free_at, lambda: self._arrive(frame))

    def tear(self) -> None:
        """End at once: what is under way is lost, and the receiver sees an end without a word."""
        if not self.swallows:
            self.swallows = True
            self.deliver(Closing(ABNORMAL, ""))
        self.is_over = True

    def _arrive(self, frame: Frame) -> None:
        if self.swallows:
            return
        if isinstance(frame, Text):
            self.on_arrived(frame.text)
        self.deliver(frame)


class Socket:
    """One connection of one life of an agent; *number* tells it from earlier ones."""

    def __init__(
        self, number: int, agent_id: AgentId, dialled_by: str, clock: Clock, agenda: Agenda
    ) -> None:
        """Open it."""
        self.number = number
        self.agent_id = agent_id
        self.dialled_by = dialled_by
        self.pipes = {way: Pipe(clock, agenda) for way in Direction}
        self.is_stalled = False
        """Whether the agent's end takes no bytes now."""
        self.has_stalled = False
        self.heard: list[str] = []
        """The frames that the agent has read."""
        self.on_flowing: Callable[[], None] = lambda: None

    @property
    def up(self) -> Pipe:
        """From the agent to the orchestrator."""
        return self.pipes[Direction.UP]

    @property
    def down(self) -> Pipe:
        """From the orchestrator to the agent."""
        return self.pipes[Direction.DOWN]

    def cut(self) -> None:
        """Reset the connection: both ends see it at once, and what was under way is lost."""
        for pipe in self.pipes.values():
            pipe.tear()

    def swallow(self, way: Direction) -> None:
        """Lose everything in one direction from now on, without a word to anybody."""
        self.pipes[way].swallows = True

    def stall(self, is_stalled: bool) -> None:
        """Let the agent's end take bytes or not."""
        self.is_stalled = is_stalled
        self.has_stalled |= is_stalled
        if not is_stalled:
            self.on_flowing()


class Inlet:
    """Where one end of a socket keeps what has arrived; wakes whoever waits for it."""

    def __init__(self) -> None:
        """Begin empty."""
        self._arrived: deque[Frame] = deque()
        self._wake: Callable[[], None] = lambda: None

    def take_in(self, frame: Frame) -> None:
        """Keep a frame that arrives."""
        self._arrived.append(frame)
        self._wake()

    def on_arrival(self, wake: Callable[[], None]) -> None:
        """Have *wake* called at each arrival."""
        self._wake = wake

    def next(self) -> Frame | None:
        """Take the next frame, if one has arrived; an end stays the last for ever."""
        if not self._arrived:
            return None
        if isinstance(self._arrived[0], Closing):
            return self._arrived[0]
        return self._arrived.popleft()
