"""Fingers on a page: touch by the page's own session.

Playwright touches only where a whole context was made with a touch screen, and the profile's is
not: a browser that claims one looks like a telephone to every site.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self

from playwright.async_api import CDPSession

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.browser.errors import CALL_FAILED
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import Effect

Place = tuple[float, float]

_LIFT_SECONDS: Final = 1.0


class Fingers:
    """What touches a page; within `async with`, a failure or a stop takes it all away."""

    def __init__(self, call: Call) -> None:
        """Touch the page of *call*; nothing touches it yet."""
        self._call = call
        self._places: Sequence[Place] = ()

    @property
    def places(self) -> Sequence[Place]:
        """Where the fingers are; none are down if it is empty."""
        return self._places

    async def down(self, places: Sequence[Place]) -> None:
        """Put one finger on each of *places*."""
        self._places = places
        await self._send("touchStart", places)

    async def move(self, places: Sequence[Place], steps: int = 1) -> None:
        """Move each finger to its new place, on a straight line."""
        before = self._places
        for step in range(1, steps + 1):
            share = step / steps
            self._places = [
                (x + (to_x - x) * share, y + (to_y - y) * share)
                for (x, y), (to_x, to_y) in zip(before, places, strict=True)
            ]
            await self._send("touchMove", self._places)

    async def up(self) -> None:
        """Lift every finger."""
        await self._send("touchEnd", ())
        self._places = ()

    async def tap(self, place: Place) -> None:
        """Touch *place* for a moment."""
        await self.down([place])
        await self.up()

    async def __aenter__(self) -> Self:
        """Touch nothing yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the fingers away if the block failed, in a way that presses nothing."""
        if error is None or not self._places:
            return
        with contextlib.suppress(TimeoutError, ActionFailed, *CALL_FAILED):
            async with asyncio.timeout(_LIFT_SECONDS):
                await self._send("touchCancel", ())

    async def _send(self, kind: str, places: Sequence[Place]) -> None:
        points = [{"id": finger, "x": x, "y": y} for finger, (x, y) in enumerate(places)]
        session = self._session()
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def _session(self) -> CDPSession:
        session = self._call.tab.cdp
        if session is None:
            raise ActionFailed(
                ErrorCode.NOT_ACTIONABLE,
                f"page {self._call.tab.id} does not answer: reload it, then try again",
                effect=Effect.NONE,
            )
        return session
