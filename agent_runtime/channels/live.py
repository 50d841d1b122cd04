"""A page as people see it, and their hands on it: pictures out, input in.

Pictures come from Chromium's own screencast, which draws one when the page has changed and the
last is acknowledged. So a slow reader slows the source: nothing piles up, and what is sent is the
newest there is.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
from typing import Any, Final

import msgspec
from playwright.async_api import CDPSession
from websockets.asyncio.client import ClientConnection

from agent_runtime.browser.browser import Browser
from agent_runtime.browser.errors import CALL_FAILED, BrowserError
from agent_runtime.browser.tab import Tab
from agent_runtime.channels.hands import Hands
from xagent_protocol.errors import ErrorCode
from xagent_protocol.live import (
    PICTURE_HEAD,
    FromAgent,
    FromViewer,
    Holder,
    Input,
    LiveGone,
    LiveRefused,
    LiveState,
    Seen,
    Want,
)
from xagent_protocol.messages import OpenChannel

LOOK_SECONDS: Final = 0.2
"""How often it is looked whether the page's state is another; it is all in memory."""

UNDER_WAY: Final = 3
"""Pictures that may be on their way; a round trip's worth at thirty a second."""

_decoder: Final = msgspec.json.Decoder(FromViewer)


class LiveViews:
    """Serves live channels on one browser."""

    def __init__(self, browser: Browser) -> None:
        """Show pages of *browser*."""
        self._browser = browser

    async def serve(self, socket: ClientConnection, message: OpenChannel) -> None:
        """Show one page until it, or the other end, is gone."""
        try:
            tab = await self._browser.tab(message.page)
            cdp = await tab.page.context.new_cdp_session(tab.page)
        except BrowserError as error:
            await _say(socket, LiveGone(error.code, str(error)))
            return
        except CALL_FAILED as error:
            gone = await self._browser.why_closed(None)
            await _say(socket, LiveGone(gone.code, str(gone) or str(error)))
            return
        try:
            await _View(socket, tab, cdp).run()
        finally:
            with contextlib.suppress(*CALL_FAILED):
                await cdp.detach()


class _View:
    def __init__(self, socket: ClientConnection, tab: Tab, cdp: CDPSession) -> None:
        self._socket = socket
        self._tab = tab
        self._cdp = cdp
        self._hands = Hands(tab, cdp)
        self._want = Want()
        self._newest: dict[str, Any] | None = None
        self._is_due = asyncio.Event()
        self._sent = self._seen = 0
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._told: LiveState | None = None
        self._tasks = asyncio.TaskGroup()

    async def run(self) -> None:
        self._cdp.on("Page.screencastFrame", self._take)
        async with self._tasks as tasks:
            others = [
                tasks.create_task(self._send_pictures()),
                tasks.create_task(self._tell_state()),
                tasks.create_task(self._hands.run()),
            ]
            try:
                async for message in self._socket:
                    if isinstance(message, str):
                        await self._hear(message)
            finally:
                for other in others:
                    other.cancel()
                await self._hands.let_go()

    async def _hear(self, text: str) -> None:
        try:
            message = _decoder.decode(text)
        except msgspec.MsgspecError as error:
            await _say(self._socket, LiveRefused(0, ErrorCode.INVALID_PARAMS, str(error)))
            return
        match message:
            case Want():
                self._want = message
                await self._start()
            case Seen():
                self._seen = max(self._seen, message.number)
                if self._sent - self._seen < UNDER_WAY:
                    self._has_room.set()
            case Input():
                try:
                    self._hands.take(message)
                except BrowserError as error:
                    refused = LiveRefused(message.viewer, error.code, str(error))
                    await _say(self._socket, refused)

    async def _start(self) -> None:
        want = self._want
        with contextlib.suppress(*CALL_FAILED):
            if self._sent or self._newest is not None:
                await self._cdp.send("Page.stopScreencast")
            await self._cdp.send(
                "Page.startScreencast",
                {
                    "format": "jpeg",
                    "quality": want.quality,
                    "maxWidth": want.width,
                    "maxHeight": want.height,
                },
            )

    def _take(self, frame: dict[str, Any]) -> None:
        replaced, self._newest = self._newest, frame
        self._is_due.set()
        if replaced is not None:
            self._acknowledge(replaced)

    async def _send_pictures(self) -> None:
        loop = asyncio.get_running_loop()
        next_at = loop.time()
        while True:
            await self._is_due.wait()
            await self._has_room.wait()
            await asyncio.sleep(next_at - loop.time())
            self._is_due.clear()
            frame, self._newest = self._newest, None
            if frame is None:
                continue
            # A little sooner than asked, since the browser draws in a rhythm of its own.
            next_at = loop.time() + 0.9 / self._want.fps
            self._acknowledge(frame)
            self._sent += 1
            if self._sent - self._seen >= UNDER_WAY:
                self._has_room.clear()
            await self._socket.send(_picture(self._sent, frame))

    def _acknowledge(self, frame: dict[str, Any]) -> None:
        self._tasks.create_task(self._allow_another(frame["sessionId"]))

    async def _allow_another(self, session_id: int) -> None:
        with contextlib.suppress(*CALL_FAILED):
            await self._cdp.send("Page.screencastFrameAck", {"sessionId": session_id})

    async def _tell_state(self) -> None:
        while True:
            if self._tab.page.is_closed() or self._tab.is_crashed:
                what = "crashed" if self._tab.is_crashed else "closed"
                code = ErrorCode.PAGE_CRASHED if self._tab.is_crashed else ErrorCode.PAGE_CLOSED
                await _say(self._socket, LiveGone(code, f"page {self._tab.id} has {what}"))
                await self._socket.close()
                return
            state = self._state()
            if state != self._told:
                self._told = state
                await _say(self._socket, state)
            await asyncio.sleep(LOOK_SECONDS)

    def _state(self) -> LiveState:
        tab = self._tab
        lease = tab.control.lease
        # Whole seconds of ten: a state that ticks would be sent each time.
        control = None if lease is None else Holder(lease.holder, lease.seconds_left // 10 * 10)
        page = tab.state()
        return LiveState(tab.id, page.url or "", page.title or "", tab.dialogs.open, control)


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


async def _say(socket: ClientConnection, message: FromAgent) -> None:
    await socket.send(msgspec.json.encode(message).decode())
