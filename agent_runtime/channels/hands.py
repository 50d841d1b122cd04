"""The hands of the person who drives a page: their input, in its order, under their lease.

What is typed is put through and forgotten: it is in no journal and no log.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import Any, Final

from playwright.async_api import CDPSession

from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.tab import Tab
from xagent_protocol.live import Composition, Input, Key, Mouse, Text, Wheel

MOST_WAITING: Final = 1_000
"""Events that wait for the page; what somebody does beyond that while it hangs is dropped."""

_MOUSE: Final = {"move": "mouseMoved", "down": "mousePressed", "up": "mouseReleased"}

Event = Mouse | Wheel | Key | Text | Composition


class Hands:
    """Sends input to one page."""

    def __init__(self, tab: Tab, cdp: CDPSession) -> None:
        """Act on *tab* through a session of one's own."""
        self._tab = tab
        self._cdp = cdp
        self._waiting: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._held: dict[str, Event] = {}
        """Keys and buttons that are down, with what lets them go."""

    def take(self, message: Input) -> None:
        """Queue what somebody does.

        Raises:
            NotInControl: their lease is over; nothing of it is done.
        """
        self._tab.control.check(message.token)
        for event in message.events:
            self._queue(event)

    async def run(self) -> None:
        """Do what is queued, one after the other, for ever."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._waiting:
                event = self._waiting.popleft()
                self._note(event)
                await self._do(event)

    async def let_go(self) -> None:
        """Release what is still held, when whoever held it is gone."""
        self._waiting.clear()
        held, self._held = self._held, {}
        for event in held.values():
            await self._do(event)

    def _queue(self, event: Event) -> None:
        last = self._waiting[-1] if self._waiting else None
        if _is_move(event) and last is not None and _is_move(last):
            self._waiting.pop()  # only where the pointer has come to matters
        if len(self._waiting) < MOST_WAITING:
            self._waiting.append(event)
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
