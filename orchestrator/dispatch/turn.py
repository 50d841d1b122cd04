"""Whose turn it is to move a command: a lock that can also be taken without waiting.

The usual move finds nobody else at it and is made by callbacks, without a task of its own; it
takes the turn at once or not at all. Whoever must wait gets the turn in the order of asking.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Turn:
    """Held by at most one mover at a time."""

    __slots__ = ("_is_taken", "_waiting")

    def __init__(self) -> None:
        """Begin free."""
        self._is_taken = False
        self._waiting: deque[asyncio.Future[None]] | None = None

    def try_take(self) -> bool:
        """Take the turn if nobody has it; returns whether it did."""
        if self._is_taken:
            return False
        self._is_taken = True
        return True

    def give_back(self) -> None:
        """Hand the turn to the next who waits, or to nobody."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._is_taken = False

    async def __aenter__(self) -> None:
        """Wait for the turn and take it."""
        if self.try_take():
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            # It may have been handed over in the very moment of the cancellation.
            if waiter.done() and not waiter.cancelled():
                self.give_back()
            raise

    async def __aexit__(self, *_: object) -> None:
        """Give the turn back."""
        self.give_back()
