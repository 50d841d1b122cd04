"""What one page has said and asked: console messages, errors of its scripts, requests."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Final

from playwright.async_api import ConsoleMessage, Error, Page

from agent_runtime.browser.recent import Recent
from agent_runtime.browser.request_log import RequestLog

REMEMBERED: Final = 200
"""How many messages Playwright keeps, and how many errors."""


class PageLogs:
    """Each kind with numbers of its own."""

    def __init__(self, page: Page) -> None:
        """Begin without asking."""
        self._page = page
        self._messages = Recent(partial(page.console_messages, filter="all"), _message_key)
        self._errors = Recent(partial(page.page_errors, filter="all"), _error_key)
        self.requests = RequestLog(page)

    async def messages(self) -> Sequence[tuple[int, ConsoleMessage]]:
        """Return the last messages with their numbers, oldest first.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        messages = await self._messages.entries()
        # Asking makes Playwright tell of every message to come; a listener that goes undoes that.
        self._page.on("console", _ignore)
        self._page.remove_listener("console", _ignore)
        return messages

    async def errors(self) -> Sequence[tuple[int, Error]]:
        """Return the last errors with their numbers, oldest first.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        return await self._errors.entries()


def _ignore(_: ConsoleMessage) -> None:
    """Take no notice."""


def _message_key(message: ConsoleMessage) -> Hashable:
    return (message.timestamp, message.type, message.text)


def _error_key(error: Error) -> Hashable:
    return (error.name, error.message, error.stack)
