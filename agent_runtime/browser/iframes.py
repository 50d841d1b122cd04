"""The iframes of other sites in one page, reached before their first script runs.

Chromium runs them in processes of their own, and what is emulated for the page does not reach
them there. So each is held at its start, told the same, and let go.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, Final, TypeAlias

import msgspec
from playwright.async_api import CDPSession

from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.order import Order

_Path: TypeAlias = tuple[str, ...]
"""The sessions that lead to an iframe from its page: one in another in another."""

_FOLLOW: Final = {
    "autoAttach": True,
    "waitForDebuggerOnStart": True,
    # Playwright lets nobody speak with a session that is flat beside the page's own.
    "flatten": False,
    "filter": [{"type": "iframe"}],
}
_LEAVE: Final = {"autoAttach": False, "waitForDebuggerOnStart": False, "flatten": False}


class Iframes:
    """Those that are there, and those to come."""

    def __init__(self, session: CDPSession, orders: Callable[[], Iterable[Order]]) -> None:
        """Use the page's own *session*; *orders* is what an iframe is told that has just come."""
        self._session = session
        self._orders = orders
        self._paths: set[_Path] = set()
        self._numbers = count(1)
        self._is_following = False

    async def follow(self) -> None:
        """Begin to hold and tell them; does nothing if that has begun.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        if self._is_following:
            return
        self._is_following = True
        self._session.on("Target.attachedToTarget", self._attached)
        self._session.on("Target.detachedFromTarget", self._detached)
        self._session.on("Target.receivedMessageFromTarget", self._received)
        await self._session.send("Target.setAutoAttach", _FOLLOW)

    async def leave(self) -> None:
        """Let all of them be as they are of themselves.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        if not self._is_following:
            return
        self._is_following = False
        self._paths.clear()
        self._session.remove_listener("Target.attachedToTarget", self._attached)
        self._session.remove_listener("Target.detachedFromTarget", self._detached)
        self._session.remove_listener("Target.receivedMessageFromTarget", self._received)
        await self._session.send("Target.setAutoAttach", _LEAVE)

    async def tell(self, orders: Iterable[Order]) -> None:
        """Give *orders* to those that are there."""
        told = tuple(orders)
        for path in tuple(self._paths):
            await self._send(path, told)

    async def _attached(self, event: dict[str, Any]) -> None:
        await self._heard((), "Target.attachedToTarget", event)

    async def _detached(self, event: dict[str, Any]) -> None:
        await self._heard((), "Target.detachedFromTarget", event)

    async def _received(self, event: dict[str, Any]) -> None:
        await self._heard((), "Target.receivedMessageFromTarget", event)

    async def _heard(self, path: _Path, method: str, event: dict[str, Any]) -> None:
        if method == "Target.attachedToTarget":
            await self._greet((*path, event["sessionId"]))
        elif method == "Target.detachedFromTarget":
            gone = (*path, event["sessionId"])
            self._paths = {one for one in self._paths if one[: len(gone)] != gone}
        elif method == "Target.receivedMessageFromTarget":
            message = msgspec.json.decode(event["message"])
            if "method" in message:
                inner = (*path, event["sessionId"])
                await self._heard(inner, message["method"], message["params"])

    async def _greet(self, path: _Path) -> None:
        self._paths.add(path)
        # Iframes of other sites in an iframe of another site are its own to attach to.
        follow: Order = ("Target.setAutoAttach", _FOLLOW)
        go: Order = ("Runtime.runIfWaitingForDebugger", {})
        await self._send(path, (*self._orders(), follow, go))

    async def _send(self, path: _Path, orders: Iterable[Order]) -> None:
        with contextlib.suppress(*CALL_FAILED):
            for order in orders:
                # What an iframe refuses, as another that shares its process differs, is no matter.
                await self._session.send(*self._wrapped(path, order))

    def _wrapped(self, path: _Path, order: Order) -> Order:
        for session_id in reversed(path):
            method, params = order
            message = {"id": next(self._numbers), "method": method, "params": params}
            order = (
                "Target.sendMessageToTarget",
                {"sessionId": session_id, "message": msgspec.json.encode(message).decode()},
            )
        return order
