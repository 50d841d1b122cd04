"""Writes what nobody waits for, the acknowledgements, a little later and together.

Frames that a slow agent held up are written here, too.

An acknowledgement only lets the agent forget, so it need not cost each command a frame and a
system call of its own: one frame says it of all that became durable within the delay.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

DELAY_SECONDS: Final = 0.5
GIVE_UP_SECONDS: Final = 1.0


class Flushable(Protocol):
    """A socket with frames that wait."""

    def flush_at_once(self) -> bool:
        """Write them as far as nothing has to be waited for; returns whether that was all."""

    async def flush(self) -> None:
        """Write them, waiting until the other end reads."""


class Flusher:
    """The sockets whose frames are to be written soon."""

    def __init__(self, delay_seconds: float = DELAY_SECONDS) -> None:
        """Write nothing until `run` is called; then with *delay_seconds*."""
        self._delay_seconds = delay_seconds
        self._waiting: set[Flushable] = set()
        self._wanted = asyncio.Event()

    def soon(self, socket: Flushable) -> None:
        """See to it that what *socket* has queued is written within the delay."""
        if not self._waiting:
            self._wanted.set()
        self._waiting.add(socket)

    async def run(self) -> None:
        """Flush until cancelled; one that blocks delays no other."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                await asyncio.sleep(self._delay_seconds)
                waiting, self._waiting = self._waiting, set()
                for socket in waiting:
                    if not socket.flush_at_once():
                        tasks.create_task(self._flush(socket))

    async def _flush(self, socket: Flushable) -> None:
        try:
            async with asyncio.timeout(GIVE_UP_SECONDS):
                await socket.flush()
        except TimeoutError:
            # It does not read now; the heartbeat will judge it, unless it reads again.
            self.soon(socket)
