"""A page as people see it, and their hands on it: pictures out, input in.

Pictures come from Chromium's own screencast, which draws one when the page has changed and those
before are acknowledged. So a slow reader slows the source: nothing piles up, and what is sent is
the newest there is. For a few pictures a minute Chromium is not asked to watch the page at all: it
is asked for one picture at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from typing import Final

from playwright.async_api import CDPSession
from websockets.asyncio.client import ClientConnection

from agent_runtime.actions.artifacts import ArtifactStore
from agent_runtime.browser.browser import Browser
from agent_runtime.browser.errors import CALL_FAILED, BrowserError
from agent_runtime.browser.tab import Tab
from agent_runtime.channels.film import Film
from agent_runtime.channels.hands import Hands
from agent_runtime.errors import ArtifactUnavailable
from xagent_protocol.codec import decode_from_viewer, encode
from xagent_protocol.errors import ErrorCode, InvalidMessage
from xagent_protocol.live import (
    FromAgent,
    FromHolder,
    Holder,
    LiveGone,
    LiveRefused,
    LiveState,
    Seen,
    Want,
)
from xagent_protocol.messages import OpenChannel

LOOK_SECONDS: Final = 0.2
"""How often it is looked whether the page's state is another; it is all in memory."""


class LiveViews:
    """Serves live channels on one browser."""

    def __init__(self, browser: Browser, artifacts: ArtifactStore) -> None:
        """Show pages of *browser*; *artifacts* are what can be chosen in their file choosers."""
        self._browser = browser
        self._artifacts = artifacts

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
            hands = Hands(tab, cdp, self._browser, self._artifacts)
            await _View(socket, tab, cdp, hands).run()
        finally:
            with contextlib.suppress(*CALL_FAILED):
                await cdp.detach()


class _View:
    def __init__(self, socket: ClientConnection, tab: Tab, cdp: CDPSession, hands: Hands) -> None:
        self._socket = socket
        self._tab = tab
        self._hands = hands
        self._film = Film(cdp, self._count_commands, socket.send)
        self._told: LiveState | None = None
        self._tasks = asyncio.TaskGroup()

    def _count_commands(self) -> int:
        # Whoever drives the page by hand wants to see more than to be quick.
        return 0 if self._tab.control.lease is not None else self._tab.commands

    async def run(self) -> None:
        async with self._tasks as tasks:
            others = [
                tasks.create_task(self._film.run()),
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
                await self._hands.end()

    async def _hear(self, text: str) -> None:
        try:
            message = decode_from_viewer(text)
        except InvalidMessage as error:
            await _say(self._socket, LiveRefused(0, ErrorCode.INVALID_PARAMS, str(error)))
            return
        match message:
            case Want():
                self._film.want(message)
            case Seen():
                self._film.seen(message.number)
            case _:
                await self._obey(message)

    async def _obey(self, message: FromHolder) -> None:
        try:
            await self._hands.take(message)
        except BrowserError as error:
            await _say(self._socket, LiveRefused(message.viewer, error.code, str(error)))
        except ArtifactUnavailable as error:
            code = ErrorCode.ARTIFACT_UNAVAILABLE
            await _say(self._socket, LiveRefused(message.viewer, code, str(error)))

    async def _tell_state(self) -> None:
        while True:
            if self._tab.page.is_closed() or self._tab.is_crashed:
                what = "crashed" if self._tab.is_crashed else "closed"
                code = ErrorCode.PAGE_CRASHED if self._tab.is_crashed else ErrorCode.PAGE_CLOSED
                await _say(self._socket, LiveGone(code, f"page {self._tab.id} has {what}"))
                await self._socket.close()
                return
            await self._hands.rest()
            state = self._state()
            if state != self._told:
                self._told = state
                await _say(self._socket, state)
            await asyncio.sleep(LOOK_SECONDS)

    def _state(self) -> LiveState:
        tab = self._tab
        lease = tab.control.lease
        # Whole tens of seconds: a state that ticks would be sent each time. Rounded up, so that
        # nobody is told of an end that has yet to come.
        control = None if lease is None else Holder(lease.holder, _tens(lease.seconds_left))
        page = tab.state()
        return LiveState(
            tab.id,
            page.url or "",
            page.title or "",
            tab.dialogs.open,
            control,
            self._hands.chooser,
        )


def _tens(seconds: float) -> float:
    return math.ceil(seconds / 10) * 10


async def _say(socket: ClientConnection, message: FromAgent) -> None:
    await socket.send(encode(message))
