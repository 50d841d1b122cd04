"""The latest requests of one page, under numbers that last.

Nobody listens until somebody asks: then Playwright tells what it has remembered, and from there on
how each of these and of those to come ends.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from typing import Final

from playwright.async_api import Page, Request

from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.recent import Recent

REMEMBERED: Final = 100
"""How many Playwright keeps."""
_MAX_KNOWN: Final = 500
_ANSWER_SECONDS: Final = 0.2


class RequestLog:
    """What one page has asked of the network, as far as it is remembered."""

    def __init__(self, page: Page) -> None:
        """Begin without asking."""
        self._recent = Recent(page.requests, key=lambda request: request)
        self._known: dict[int, Request] = {}
        self._failed: set[Request] = set()
        """Those of which only the end is known, not the reason: they ended before the first ask."""

    async def entries(self) -> Sequence[tuple[int, Request]]:
        """Return the last ones with their numbers, oldest first.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        is_first = not self._known
        entries = await self._recent.entries()
        self._known.update(entries)
        for number in sorted(self._known)[:-_MAX_KNOWN]:
            self._failed.discard(self._known.pop(number))
        if is_first:
            await self._find_failed(request for _, request in entries)
        return entries

    async def find(self, number: int) -> Request | None:
        """Return the request of that number; none if it never was, or is long ago.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        if number not in self._known:
            await self.entries()
        return self._known.get(number)

    def number_of(self, wanted: Request | None) -> int | None:
        """Return the number of a request that is known."""
        return next((number for number, one in self._known.items() if one is wanted), None)

    def has_failed(self, request: Request) -> bool:
        """Say whether *request* has ended without an answer."""
        return request.failure is not None or request in self._failed

    async def _find_failed(self, requests: Iterable[Request]) -> None:
        """Tell those that failed: they have no answer, and that is known at once."""
        open_ones = [one for one in requests if one.existing_response is None]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER_SECONDS), asyncio.TaskGroup() as group:
                for one in open_ones:
                    group.create_task(self._note_end(one))

    async def _note_end(self, request: Request) -> None:
        with contextlib.suppress(*CALL_FAILED):
            if await request.response() is None:
                self._failed.add(request)
