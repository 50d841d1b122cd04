"""Frames that nobody waits for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from orchestrator.gateway.flusher import Flusher
from tests.orchestrator.deadline import until


@dataclass(eq=False)
class FakeSocket:
    """Counts its flushes; while *reads* is not set, none of them ends."""

    flushes: int = 0
    reads: asyncio.Event = field(default_factory=asyncio.Event)

    def flush_at_once(self) -> bool:
        """Write, if it reads."""
        self.flushes += self.reads.is_set()
        return self.reads.is_set()

    async def flush(self) -> None:
        """Write."""
        self.flushes += 1
        await self.reads.wait()


async def test_many_wishes_within_the_delay_are_one_flush_and_one_that_blocks_delays_no_other() -> (
    None
):
    flusher = Flusher(0.01)
    blocked, other = FakeSocket(), FakeSocket()
    other.reads.set()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(flusher.run())
        for _ in range(5):
            flusher.soon(blocked)
        await until(lambda: blocked.flushes == 1)
        flusher.soon(other)
        await until(lambda: other.flushes == 1)
        # Given up after a second, and tried again: it may read by then.
        await until(lambda: blocked.flushes == 2)
        running.cancel()
