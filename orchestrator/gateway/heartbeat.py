"""One heart for all sockets: asks every agent for a sign of life, a few at a time.

A task and a timer for each of ten thousand agents would cost more than the beats themselves.
"""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from orchestrator.gateway.connection import Connection

log: Final = structlog.get_logger(__name__)

SLICES: Final = 20
"""Parts of an interval; each beats its share of the agents, so that there is no burst."""

SLICES_A_LOOK: Final = 5
"""All sockets are looked at four times in an interval: one that falls silent right after a beat
would otherwise be found a whole interval too late."""

LAG_SECONDS: Final = 5.0
"""When this loop itself was held up for so long, silence is its own fault."""


class Heartbeat:
    """The open sockets, each asked once in an interval."""

    def __init__(self, interval_seconds: float) -> None:
        """Beat every *interval_seconds* once `run` is called."""
        self._interval_seconds = interval_seconds
        self._slices: list[set[Connection]] = [set() for _ in range(SLICES)]
        self._next_slice = 0

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
        pause = self._interval_seconds / SLICES
        while True:
            expected = loop.time() + pause
            await asyncio.sleep(pause)
            now = loop.time()
            if now - expected > LAG_SECONDS:
                log.warning("heartbeat.lagged", seconds=round(now - expected, 1))
                for connection in self.all():
                    connection.forgive(now)
            for connection in tuple(self._slices[self._next_slice]):
                connection.beat(now)
            if self._next_slice % SLICES_A_LOOK == 0:
                for connection in self.all():
                    connection.judge(now)
            self._next_slice = (self._next_slice + 1) % SLICES
