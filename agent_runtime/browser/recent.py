"""Numbers for what Playwright keeps the last of, without listening to each as it comes.

Playwright remembers the latest messages or requests of a page and forgets those before. What it
shows now overlaps with what it showed last, unless more came in between than it keeps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class Recent(Generic[Entry]):
    """Entries of one kind; each has one number for good, and numbers only grow."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Sequence[Entry]]],
        key: Callable[[Entry], Hashable],
    ) -> None:
        """*fetch* returns what is remembered, oldest first; equal *key*s are the same entry."""
        self._fetch = fetch
        self._key = key
        self._next = 1
        self._seen: tuple[Hashable, ...] = ()
        # Two that ask at once must not number each other's answers in the wrong order.
        self._turn = asyncio.Lock()

    async def entries(self) -> Sequence[tuple[int, Entry]]:
        """Return what is remembered, with its numbers, oldest first.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        async with self._turn:
            entries = await self._fetch()
            shown = tuple(self._key(entry) for entry in entries)
            first = self._next - self._overlap(shown)
            self._next = first + len(shown)
            self._seen = shown
            return list(zip(range(first, self._next), entries, strict=True))

    def _overlap(self, shown: tuple[Hashable, ...]) -> int:
        """Return how many of those seen last begin what is shown now."""
        for known in range(min(len(self._seen), len(shown)), 0, -1):
            if self._seen[-known:] == shown[:known]:
                return known
        return 0
