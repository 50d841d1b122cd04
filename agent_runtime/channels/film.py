"""The pictures of one page, at the pace of whoever looks, and behind whatever commands do.

Chromium draws a picture only when it is allowed one more, so what it costs is what is seen. While
it films a page it copies each frame of it, though, wanted or not, and that takes a good part of a
processor. So for a few pictures a second, and while commands come one upon the other, the page is
not filmed: it is looked at once per picture.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from playwright.async_api import CDPSession

from agent_runtime.browser.errors import CALL_FAILED
from xagent_protocol.live import PICTURE_HEAD, Want

UNDER_WAY: Final = 3
"""Pictures that may be on their way; a round trip's worth at thirty a second."""

LOOK_FPS: Final = 5.0
"""Up to so many a second the page is looked at, instead of filmed."""

BUSY_COMMANDS: Final = 5
BUSY_SECONDS: Final = 0.25
"""So many commands within so long are let through first."""

QUIET_SECONDS: Final = 0.25
"""After so long without a picture one is looked for: what changed last may not have been drawn,
because no more was allowed at that moment."""

FIRST_SECONDS: Final = 2.0
"""How long the first picture is waited for. One always comes, but the machine may be busy; who gave
up on it and began anew would wait from the start, and on a busy machine never see one."""

SURPLUS: Final = 2
"""How many pictures Chromium draws beyond the one that it is allowed; these are never allowed
again, so that each picture is drawn when it is wanted and not before."""

_FRAME: Final = "Page.screencastFrame"


class Film:
    """Sends pictures as they are wanted."""

    def __init__(
        self,
        cdp: CDPSession,
        count_commands: Callable[[], int],
        send: Callable[[bytes], Awaitable[None]],
    ) -> None:
        """Show the page of *cdp*; *count_commands* says how many have begun on it so far."""
        self._cdp = cdp
        self._count_commands = count_commands
        self._send = send
        self._want: Want | None = None
        self._wants_other = asyncio.Event()
        self._last = ""
        self._frames: deque[dict[str, Any]] = deque()
        self._arrived = asyncio.Event()
        self._sent = self._seen = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._is_settled = False
        """Whether what was shown last is how the page stands."""
        self._commands: deque[tuple[float, int]] = deque()
        """How many had begun, at moments of the last quarter of a second."""

    def want(self, want: Want) -> None:
        """Let pictures be so from now on."""
        self._want = want
        self._wants_other.set()
        self._arrived.set()

    def seen(self, number: int) -> None:
        """Note that pictures up to this one have arrived."""
        self._seen = max(self._seen, number)
        if self._sent - self._seen < UNDER_WAY:
            self._has_room.set()

    async def run(self) -> None:
        """Send pictures, for ever."""
        self._cdp.on(_FRAME, self._take)
        try:
            await self._wants_other.wait()
            while True:
                await self._has_room.wait()
                if self._is_to_be_filmed():
                    await self._film()
                else:
                    await self._look()
        finally:
            self._cdp.remove_listener(_FRAME, self._take)

    async def _look(self) -> None:
        """Send one picture, and wait until the next is due."""
        next_at = asyncio.get_running_loop().time() + 1 / min(self._wanted.fps, LOOK_FPS)
        self._wants_other.clear()
        async with self._rolling():
            frame = await self._next_frame(FIRST_SECONDS)
        if frame is not None:
            await self._show(frame)
        await self._rest_until(next_at)

    async def _film(self) -> None:
        """Send pictures until others are wanted, commands come, or the page has come to rest."""
        loop = asyncio.get_running_loop()
        self._wants_other.clear()
        surplus, next_at, patience = SURPLUS, loop.time(), FIRST_SECONDS
        async with self._rolling():
            while self._is_to_be_filmed() and not self._wants_other.is_set():
                frame = await self._next_frame(patience)
                patience = QUIET_SECONDS
                if frame is None:
                    if self._is_settled or self._wants_other.is_set():
                        continue
                    self._is_settled = True
                    return  # begun anew, it draws what there is
                await self._show(frame)
                if surplus:
                    surplus -= 1
                    continue
                if not await self._comes_to_have_room():
                    return
                await self._rest_until(next_at)
                # A little sooner than asked, since the browser draws in a rhythm of its own.
                next_at = loop.time() + 0.9 / self._wanted.fps
                await self._allow(frame)

    async def _show(self, frame: dict[str, Any]) -> None:
        if frame["data"] == self._last:
            return
        self._last = frame["data"]
        self._is_settled = False
        self._sent += 1
        if self._sent - self._seen >= UNDER_WAY:
            self._has_room.clear()
        await self._send(_picture(self._sent, frame))

    @contextlib.asynccontextmanager
    async def _rolling(self) -> AsyncIterator[None]:
        want = self._wanted
        self._frames.clear()
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
        try:
            yield
        finally:
            with contextlib.suppress(*CALL_FAILED):
                await self._cdp.send("Page.stopScreencast")

    async def _allow(self, frame: dict[str, Any]) -> None:
        with contextlib.suppress(*CALL_FAILED):
            await self._cdp.send("Page.screencastFrameAck", {"sessionId": frame["sessionId"]})

    async def _next_frame(self, seconds: float) -> dict[str, Any] | None:
        """Return the next picture, or null if none comes so soon or others are wanted first."""
        if not self._frames and not self._wants_other.is_set():
            self._arrived.clear()
            await _comes(self._arrived, seconds)
        return self._frames.popleft() if self._frames else None

    async def _rest_until(self, at: float) -> None:
        """Let time pass, unless other pictures are wanted: whoever wants them waits for them."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(at):
                await self._wants_other.wait()

    async def _comes_to_have_room(self) -> bool:
        return self._has_room.is_set() or await _comes(self._has_room, QUIET_SECONDS)

    def _take(self, frame: dict[str, Any]) -> None:
        # What raises here would be thrown at whatever call of Playwright's is under way.
        self._frames.append(frame)
        self._arrived.set()

    @property
    def _wanted(self) -> Want:
        assert self._want is not None
        return self._want

    def _is_to_be_filmed(self) -> bool:
        return self._wanted.fps > LOOK_FPS and not self._is_busy()

    def _is_busy(self) -> bool:
        now, count = asyncio.get_running_loop().time(), self._count_commands()
        self._commands.append((now, count))
        while len(self._commands) > 2 and self._commands[1][0] < now - BUSY_SECONDS:
            self._commands.popleft()
        return count - self._commands[0][1] >= BUSY_COMMANDS


async def _comes(event: asyncio.Event, seconds: float) -> bool:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()


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
