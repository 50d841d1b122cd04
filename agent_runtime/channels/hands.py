"""The hands of the person who drives a page: their input, in its order, under their lease.

What is typed is put through and forgotten: it is in no journal and no log. While the page shows a
dialog or asks for files nothing else gets through to it, and the answers do not wait for it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, Final

from playwright.async_api import CDPSession, FileChooser

from agent_runtime.actions.artifacts import ArtifactStore
from agent_runtime.browser.browser import Browser
from agent_runtime.browser.errors import CALL_FAILED, NothingAsked
from agent_runtime.browser.files import private_directory
from agent_runtime.browser.tab import Tab
from xagent_protocol.control import digest_of
from xagent_protocol.live import (
    AnswerDialog,
    ChooseFiles,
    Chooser,
    Composition,
    FromHolder,
    Input,
    Key,
    Mouse,
    Text,
    Wheel,
)

MOST_WAITING: Final = 1_000
"""Events that wait for the page; what somebody does beyond that while it hangs is dropped."""

_MOUSE: Final = {"move": "mouseMoved", "down": "mousePressed", "up": "mouseReleased"}

Event = Mouse | Wheel | Key | Text | Composition


class Hands:
    """Sends input to one page."""

    def __init__(
        self, tab: Tab, cdp: CDPSession, browser: Browser, artifacts: ArtifactStore
    ) -> None:
        """Act on *tab* of *browser* through a session of one's own."""
        self._tab = tab
        self._cdp = cdp
        self._uploads = browser.uploads
        self._directory = browser.settings.uploads
        self._artifacts = artifacts
        self._open_chooser: FileChooser | None = None
        self._choosers = 0
        self._is_watching = False
        self._waiting: deque[tuple[str, Event]] = deque()
        """What is to be done, each with the digest of the lease that it was sent under."""
        self._arrived = asyncio.Event()
        self._held: dict[str, Event] = {}
        """Keys and buttons that are down, with what lets them go."""

    @property
    def chooser(self) -> Chooser | None:
        """The file chooser that is open."""
        opened = self._open_chooser
        return None if opened is None else Chooser(self._choosers, opened.is_multiple())

    async def take(self, message: FromHolder) -> None:
        """Queue what somebody does, or do it at once if the page waits for it.

        Raises:
            NotInControl: their lease is over; nothing of it is done.
            NothingAsked: no such dialog or file chooser is open.
            ArtifactUnavailable: a chosen file cannot be had.
        """
        digest = digest_of(message.token)
        self._tab.control.renew(digest)
        self._watch()
        match message:
            case Input():
                for event in message.events:
                    self._queue(digest, event)
            case AnswerDialog():
                answer = self._tab.dialogs.answer(accept=message.accept, prompt_text=message.text)
                if await answer is None:
                    raise NothingAsked(f"page {self._tab.id} shows no dialog")
            case ChooseFiles():
                await self._choose(message)

    def _watch(self) -> None:
        """Keep the page's file choosers open from now on, for the holder to answer."""
        if not self._is_watching:
            self._is_watching = True
            self._tab.page.on("filechooser", self._meet)

    def _meet(self, chooser: FileChooser) -> None:
        if self._tab.control.lease is not None:
            self._choosers += 1
            self._open_chooser = chooser

    async def _choose(self, message: ChooseFiles) -> None:
        opened = self._open_chooser
        if opened is None or message.chooser != self._choosers:
            raise NothingAsked(f"page {self._tab.id} asks for no files")
        if len(message.artifact_ids) > 1 and not opened.is_multiple():
            raise NothingAsked("it takes one file")
        self._open_chooser = None
        if not message.artifact_ids:
            return
        parent = await asyncio.to_thread(private_directory, self._directory)
        directory = Path(await asyncio.to_thread(mkdtemp, dir=parent))
        try:
            files = []
            for artifact_id in message.artifact_ids:
                fetched = await self._artifacts.fetch(artifact_id, directory)
                files.append((fetched.path, fetched.name))
            async with self._uploads.lent(self._tab, files) as paths:
                with contextlib.suppress(*CALL_FAILED):
                    await opened.set_files(paths)
        finally:
            await asyncio.to_thread(rmtree, directory, ignore_errors=True)

    async def run(self) -> None:
        """Do what is queued, one after the other, for ever."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                digest, event = self._waiting.popleft()
                if self._tab.control.holds(digest):
                    self._note(event)
                    await self._do(event)

    async def rest(self) -> None:
        """Let go of what is held, if nobody drives the page any more."""
        if self._held and self._tab.control.lease is None:
            await self.let_go()

    async def end(self) -> None:
        """Let go, and leave the page as if there had been nobody."""
        await self.let_go()
        if self._is_watching:
            self._tab.page.remove_listener("filechooser", self._meet)

    async def let_go(self) -> None:
        """Release what is held, and forget what is still to be done."""
        self._waiting.clear()
        held, self._held = self._held, {}
        for event in held.values():
            await self._do(event)

    def _queue(self, digest: str, event: Event) -> None:
        if self._waiting and _is_move(event) and _is_move(self._waiting[-1][1]):
            self._waiting.pop()  # only where the pointer has come to matters
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append((digest, event))
            self._arrived.set()

    def _note(self, event: Event) -> None:
        match event:
            case Key(do="down"):
                self._held[event.code or event.key] = Key(
                    "up", event.key, event.code, event.key_code
                )
            case Key(do="up"):
                self._held.pop(event.code or event.key, None)
            case Mouse(do="down"):
                self._held[event.button] = Mouse("up", event.x, event.y, event.button)
            case Mouse(do="up"):
                self._held.pop(event.button, None)

    async def _do(self, event: Event) -> None:
        method, params = _request(event)
        # What cannot be done any more, because the page is gone, is told by its state.
        with contextlib.suppress(*CALL_FAILED):
            await self._cdp.send(method, params)


def _is_move(event: Event) -> bool:
    return isinstance(event, Mouse) and event.do == "move"


def _request(event: Event) -> tuple[str, dict[str, Any]]:
    match event:
        case Mouse():
            return "Input.dispatchMouseEvent", {
                "type": _MOUSE[event.do],
                "x": event.x,
                "y": event.y,
                "button": event.button,
                "buttons": event.buttons,
                "clickCount": event.clicks,
                "modifiers": event.modifiers,
            }
        case Wheel():
            return "Input.dispatchMouseEvent", {
                "type": "mouseWheel",
                "x": event.x,
                "y": event.y,
                "deltaX": event.dx,
                "deltaY": event.dy,
                "modifiers": event.modifiers,
            }
        case Key():
            return "Input.dispatchKeyEvent", _key(event)
        case Text():
            return "Input.insertText", {"text": event.text}
        case Composition():
            end = len(event.text)
            return "Input.imeSetComposition", {
                "text": event.text,
                "selectionStart": end,
                "selectionEnd": end,
            }


def _key(event: Key) -> dict[str, Any]:
    down = "keyDown" if event.text else "rawKeyDown"
    return {
        "type": down if event.do == "down" else "keyUp",
        "key": event.key,
        "code": event.code,
        "windowsVirtualKeyCode": event.key_code,
        "nativeVirtualKeyCode": event.key_code,
        "text": event.text if event.do == "down" else "",
        "unmodifiedText": event.text if event.do == "down" else "",
        "autoRepeat": event.repeat,
        "modifiers": event.modifiers,
    }
