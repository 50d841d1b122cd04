"""Connecting to a host that has several addresses, some of which may lead nowhere.

Each address has a head start of a quarter of a second over the next, so that a network whose IPv6
is broken costs no more than that; the first connection wins.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final

from agent_runtime.policy.hosts import Address
from agent_runtime.policy.streams import Stream

_HEAD_START_SECONDS: Final = 0.25


async def connect(addresses: Sequence[Address], port: int) -> Stream:
    """Return a connection to the first of *addresses* that answers.

    Raises:
        OSError: what the last of them to fail said.
    """
    if len(addresses) == 1:
        return await Stream.to(str(addresses[0]), port)
    race = _Race(port)
    try:
        async with asyncio.TaskGroup() as group:
            running = {
                group.create_task(race.run(address, place))
                for place, address in enumerate(addresses)
            }
            await race.over(running)
            for one in running:
                one.cancel()
    except asyncio.CancelledError:
        if race.winner is not None:
            race.winner.close()
        raise
    if race.winner is None:
        raise race.failure
    return race.winner


class _Race:
    def __init__(self, port: int) -> None:
        self._port = port
        self._failed = asyncio.Condition()
        self._failures = 0
        self.failure = OSError("no address was given")
        self.winner: Stream | None = None

    async def run(self, address: Address, place: int) -> None:
        """Connect, once those before have failed or had their head start."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(place * _HEAD_START_SECONDS), self._failed:
                await self._failed.wait_for(lambda: self._failures >= place)
        try:
            stream = await Stream.to(str(address), self._port)
        except OSError as error:
            self.failure = error
            async with self._failed:
                self._failures += 1
                self._failed.notify_all()
            return
        if self.winner is None:
            self.winner = stream
        else:
            stream.close()

    async def over(self, running: set[asyncio.Task[None]]) -> None:
        """Wait until one has won, or all have failed."""
        left = running
        while left and self.winner is None:
            _, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
