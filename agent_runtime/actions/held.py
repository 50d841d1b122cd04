"""Keys and buttons that a command holds down, and lets go of if it does not end well.

Playwright forgets what is down when a call is stopped in the middle: every later click on the page
would be a click with Shift, and every movement of the mouse would draw.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from types import TracebackType
from typing import Final, Self

from playwright.async_api import Page

from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.params import Button
from agent_runtime.browser.errors import CALL_FAILED
from xagent_protocol.outcomes import Effect

_RELEASE_SECONDS: Final = 1.0


class Held:
    """What is down; within `async with`, a failure or a stop lets it go in reverse order."""

    def __init__(self, page: Page) -> None:
        """Begin with nothing held on *page*."""
        self._page = page
        self._keys: list[str] = []
        self._buttons: list[Button] = []

    def press_keys(self, keys: Iterable[str]) -> None:
        """Note that *keys* are about to be down."""
        self._keys += keys

    def press_button(self, button: Button) -> None:
        """Note that *button* of the mouse is about to be down."""
        self._buttons.append(button)

    def release_keys(self, keys: Iterable[str]) -> None:
        """Note that *keys* are up again."""
        for key in keys:
            if key in self._keys:
                self._keys.remove(key)

    def release_button(self, button: Button) -> None:
        """Note that *button* is up again."""
        if button in self._buttons:
            self._buttons.remove(button)

    async def __aenter__(self) -> Self:
        """Hold nothing yet."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let everything go if the block failed after it may have pressed something."""
        if error is None or (isinstance(error, ActionFailed) and error.effect is Effect.NONE):
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_RELEASE_SECONDS):
                for button in reversed(self._buttons):
                    with contextlib.suppress(*CALL_FAILED):
                        await self._page.mouse.up(button=button)
                for key in reversed(self._keys):
                    with contextlib.suppress(*CALL_FAILED):
                        await self._page.keyboard.up(key)


def keys_of(chord: str) -> list[str]:
    """Return the keys of a chord such as `Control+Shift+a`, of which the last may be `+` itself."""
    keys = [""]
    for character in chord:
        if character == "+" and keys[-1]:
            keys.append("")
        else:
            keys[-1] += character
    return [key for key in keys if key]
