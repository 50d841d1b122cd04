"""The pictures of one page, at the pace of whoever looks, and behind whatever commands do.

A picture that waits is replaced by the next, and Chromium draws no more than two that nobody has
taken: so what costs is what is seen.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from playwright.async_api import CDPSession

from agent_runtime.browser.errors import CALL_FAILED
from xagent_protocol.live import PICTURE_HEAD, Want

UNDER_WAY: Final = 3
"""Pictures that may be on their way; a round trip's worth at thirty a second."""

FILM_FPS: Final = 2.0
"""Below this the page is not filmed but looked at, a picture at a time."""

DEFERENCE_SECONDS: Final = 0.1
"""The longest that a picture waits for commands to be done."""

_SCREENCAST: Final = "Page.screencastFrame"


class Film:
    """Sends pictures as they are wanted."""

    def __init__(
        self,
        cdp: CDPSession,
        is_busy: Callable[[], bool],
        send: Callable[[bytes], Awaitable[None]],
    ) -> None:
        """Film the page of *cdp*; *is_busy* says whether a command works on it."""
        self._cdp = cdp
        self._is_busy = is_busy
        self._send = send
        self._want: Want | None = None
        self._is_rolling = False
        self._newest: dict[str, Any] | None = None
        self._last: str | None = None
        self._is_due = asyncio.Event()
        self._wants_other = asyncio.Event()
        self._sent = self._seen = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._tasks = asyncio.TaskGroup()

    def want(self, want: Want) -> None:
        """Let pictures be so from now on."""
        self._want = want
        self._wants_other.set()

    def seen(self, number: int) -> None:
        """Note that pictures up to this one have arrived."""
        self._seen = max(self._seen, number)
        if self._sent - self._seen < UNDER_WAY:
            self._has_room.set()

    async def run(self) -> None:
        """Send pictures, for ever."""
        self._cdp.on(_SCREENCAST, self._take)
        async with self._tasks as tasks:
            tasks.create_task(self._roll())
            tasks.create_task(self._send_pictures())

    async def _roll(self) -> None:
        """Let Chromium film, or look from time to time, as is wanted."""
        while True:
            if self._want is None:
                await self._wants_other.wait()
                continue
            self._wants_other.clear()
            await self._stop()
            if self._want.fps < FILM_FPS:
                await self._look(self._want)
                continue
            await self._start(self._want)
            await self._wants_other.wait()

    async def _look(self, want: Want) -> None:
        """Take one picture, and wait until the next is due."""
        self._is_due.clear()
        await self._start(want)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1 / want.fps):
                await self._wants_other.wait()

    async def _start(self, want: Want) -> None:
        self._is_rolling = True
        with contextlib.suppress(*CALL_FAILED):
            await self._cdp.send(
                "Page.startScreencast",
                {
                    "format": "jpeg",
                    "quality": want.quality,
                    "maxWidth": want.width,
                    "maxHeight": want.height,
                },
            )

    async def _stop(self) -> None:
        if self._is_rolling:
            self._is_rolling = False
            with contextlib.suppress(*CALL_FAILED):
                await self._cdp.send("Page.stopScreencast")

    def _take(self, frame: dict[str, Any]) -> None:
        replaced, self._newest = self._newest, frame
        self._is_due.set()
        if self._want is not None and self._want.fps < FILM_FPS:
            self._tasks.create_task(self._stop())
        elif replaced is not None:
            self._tasks.create_task(self._acknowledge(replaced))

    async def _send_pictures(self) -> None:
        loop = asyncio.get_running_loop()
        next_at = loop.time()
        while True:
            await self._is_due.wait()
            await self._has_room.wait()
            await asyncio.sleep(next_at - loop.time())
            self._is_due.clear()
            frame, self._newest = self._newest, None
            if frame is None or self._want is None:
                continue
            # A little sooner than asked, since the browser draws in a rhythm of its own.
            next_at = loop.time() + 0.9 / self._want.fps
            self._tasks.create_task(self._acknowledge(frame))
            if self._want.fps < FILM_FPS and frame["data"] == self._last:
                continue  # still the same
            self._last = frame["data"] if self._want.fps < FILM_FPS else None
            self._sent += 1
            if self._sent - self._seen >= UNDER_WAY:
                self._has_room.clear()
            await self._send(_picture(self._sent, frame))

    async def _acknowledge(self, frame: dict[str, Any]) -> None:
        with contextlib.suppress(*CALL_FAILED):
            await self._cdp.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})


def _picture(number: int, frame: dict[str, Any]) -> bytes:
    metadata = frame["metadata"]
    head = PICTURE_HEAD.pack(
        number,
        float(metadata.get("timestamp", 0.0)) * 1000,
        _whole(metadata["deviceWidth"]),
        _whole(metadata["deviceHeight"]),
    )
    return head + base64.b64decode(frame["data"])


def _whole(number: float) -> int:
    return max(0, min(65535, round(number)))
