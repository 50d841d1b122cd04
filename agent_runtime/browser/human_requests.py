"""What the commands of one agent wait for a person to do: sign in, pass a check, decide.

They stand here while they are open, so that whoever looks at the agent can see them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time

from xagent_protocol.ids import PageId, RequestId
from xagent_protocol.messages import HumanCall


@dataclass(frozen=True)
class Release:
    """What somebody said when it was done."""

    note: str | None = None


@dataclass(frozen=True, eq=False)
class HumanRequest:
    """One that is open; *since* is on the loop's clock, *asked_at* on the wall's."""

    id: str
    reason: str
    page: PageId
    since: float
    asked_at: int
    request_id: RequestId
    _released: asyncio.Future[Release] = field(repr=False)

    def release(self, release: Release) -> None:
        """Let whoever waits go on; only the first release counts."""
        if not self._released.done():
            self._released.set_result(release)

    async def wait(self) -> Release:
        """Return once somebody releases it."""
        return await self._released


class HumanRequests:
    """Those that are open, oldest first; an id is never used again in the agent's life."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        """Begin with none; *on_change* is called whenever one comes or goes."""
        self._on_change = on_change
        self._open: dict[str, HumanRequest] = {}
        self._made = 0

    @property
    def open(self) -> tuple[HumanRequest, ...]:
        """Those that are open."""
        return tuple(self._open.values())

    def calls(self) -> tuple[HumanCall, ...]:
        """Return them as others are told of them."""
        return tuple(
            HumanCall(one.id, one.reason, one.page, one.asked_at, one.request_id)
            for one in self._open.values()
        )

    @asynccontextmanager
    async def asked(
        self, reason: str, page: PageId, request_id: RequestId
    ) -> AsyncIterator[HumanRequest]:
        """Keep a request open for as long as the block waits for it."""
        self._made += 1
        loop = asyncio.get_running_loop()
        request = HumanRequest(
            f"h{self._made}",
            *(reason, page, loop.time(), round(time() * 1000), request_id, loop.create_future()),
        )
        self._open[request.id] = request
        self._on_change()
        try:
            yield request
        finally:
            del self._open[request.id]
            self._on_change()
