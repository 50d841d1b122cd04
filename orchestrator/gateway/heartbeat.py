"""One heart for all sockets: asks every agent for a sign of life, a few at a time.

A task and a timer for each of ten thousand agents would cost more than the beats themselves.

It also suspects itself. A loop that was held up has heard nobody meanwhile, and when most agents
fall silent in one moment the fault is more likely here than there: both are counted against this
process, so that no living agent is lost for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from orchestrator.gateway.connection import Connection
from orchestrator.settings import Timers

log: Final = structlog.get_logger(__name__)

SLICES: Final = 100
"""Parts of an interval; each beats its share of the agents, so that there is no burst: of ten
thousand, a hundred, whose answers take the loop for some 10 ms."""

SLICES_A_LOOK: Final = 25
"""Each socket is looked at four times in an interval: one that falls silent right after a beat
would otherwise be found a whole interval too late. Not all in one pulse: ten thousand would hold
the loop for some 10 ms."""

FEWEST_OF_A_MASS: Final = 3
"""Two agents that fall silent together may well share a power socket."""

LOOP_LAG: Final = "loop_lag"
MASS_SILENCE: Final = "mass_silence"


class Heartbeat:
    """The open sockets, each asked once in an interval."""

    def __init__(self, timers: Timers, *, on_extended: Callable[[str], None]) -> None:
        """Beat as *timers* say once `run` is called.

        *on_extended* hears `LOOP_LAG` or `MASS_SILENCE` whenever all leases are extended for it.
        """
        self._timers = timers
        self._on_extended = on_extended
        self._slices: list[set[Connection]] = [set() for _ in range(SLICES)]
        self._next_slice = 0
        self._is_mass_excused = False

    def add(self, connection: Connection) -> None:
        """Begin to ask *connection*."""
        min(self._slices, key=len).add(connection)

    def remove(self, connection: Connection) -> None:
        """Ask it no more."""
        for part in self._slices:
            part.discard(connection)

    def all(self) -> list[Connection]:
        """Return every open socket, welcomed or not."""
        return [connection for part in self._slices for connection in part]

    async def run(self) -> None:
        """Beat until cancelled."""
        loop = asyncio.get_running_loop()
        pause = self._timers.beat / SLICES
        while True:
            expected = loop.time() + pause
            await asyncio.sleep(pause)
            now = loop.time()
            self.pulse(now, now - expected)

    def pulse(self, now: float, late_seconds: float) -> None:
        """Ask the next slice, and look at all whenever it is time; this pulse came late by that."""
        if late_seconds > self._timers.lag:
            self._forgive(late_seconds, now)
        for connection in tuple(self._slices[self._next_slice]):
            connection.beat()
        self._look(self._next_slice % SLICES_A_LOOK, now)
        self._next_slice = (self._next_slice + 1) % SLICES

    def _forgive(self, late_seconds: float, now: float) -> None:
        log.warning("heartbeat.lagged", seconds=round(late_seconds, 1))
        self._on_extended(LOOP_LAG)
        for connection in self.all():
            connection.forgive(late_seconds, now)

    def _look(self, first_slice: int, now: float) -> None:
        looked_at = [one for part in self._slices[first_slice::SLICES_A_LOOK] for one in part]
        lost_seconds = self._timers.lost
        if self._is_mass_excused or any(
            one.silent_seconds(now) > lost_seconds for one in looked_at
        ):
            self._suspect_itself(now)
        for connection in looked_at:
            connection.judge(now)

    def _suspect_itself(self, now: float) -> None:
        """Extend all leases when most agents are about to be lost; once, until most are heard."""
        connections = self.all()
        silences = [one.silent_seconds(now) for one in connections if one.is_welcomed]
        silent = sum(seconds > self._timers.suspect for seconds in silences)
        if silent < FEWEST_OF_A_MASS or silent * 2 <= len(silences):
            self._is_mass_excused = False
        elif not self._is_mass_excused and max(silences) > self._timers.lost:
            log.warning("heartbeat.mass_silence", silent=silent, agents=len(silences))
            self._is_mass_excused = True
            self._on_extended(MASS_SILENCE)
            for connection in connections:
                connection.excuse(now)
