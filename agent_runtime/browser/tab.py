"""One open page under its id, and what is known of it without asking it.

Answers carry the page's URL and title, and asking for them would double the cost of a cheap
command. So the URL is what Playwright last heard; the title is what an action or the browser's
own loop last read, and unknown after a navigation until one of them has read it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.async_api import Error, JSHandle, Page

from agent_runtime.browser.launch import Launch
from xagent_protocol.ids import PageId
from xagent_protocol.messages import PageSummary
from xagent_protocol.outcomes import DialogState, PageState

_MAX_TITLE: Final = 500
_MAX_URL: Final = 2_000


class Tab:
    """A page of the running browser; gone for good when it closes or the browser dies."""

    def __init__(self, page_id: PageId, page: Page, launch: Launch) -> None:
        """Give *page* its id."""
        self.id = page_id
        self.page = page
        self.launch = launch
        self.is_crashed = False
        self.title: str | None = None
        self.title_is_due = True
        self.dialogs_shown = 0
        self.last_dialog: DialogState | None = None
        self.snapshot_number = 0
        self.document: JSHandle | None = None
        """The document that the last snapshot was taken of; unusable once the page has left it."""
        self._running: set[asyncio.Timeout] = set()

    @contextmanager
    def running(self, deadline: asyncio.Timeout) -> Iterator[None]:
        """Let the end of this page end the block at once, by letting *deadline* pass."""
        self._running.add(deadline)
        try:
            yield
        finally:
            self._running.discard(deadline)

    def interrupt(self) -> None:
        """End every command that runs on this page; it cannot answer any more."""
        now = asyncio.get_running_loop().time()
        for deadline in self._running:
            if not deadline.expired():
                deadline.reschedule(now)

    async def read_title(self) -> str:
        """Ask the page for its title, and remember it.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        self.title_is_due = False
        title = await self.page.title()
        self.title = printable(title)[:_MAX_TITLE]
        return title

    def state(self) -> PageState:
        """What an answer says of the page it came from."""
        return PageState(self.id, self.page.url[:_MAX_URL], self.title)

    def summary(self, *, main: bool) -> PageSummary:
        """What a beat says of this page."""
        return PageSummary(self.id, self.page.url[:_MAX_URL], self.title or "", main)

    async def note_snapshot(self) -> str:
        """Bind a new snapshot to the document that the page is on, and return its id.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        self.document = await self.page.evaluate_handle("document")
        self.snapshot_number += 1
        return f"{self.id}s{self.snapshot_number}"

    async def has_left_document(self) -> bool:
        """Say whether the page is on another document than its last snapshot was taken of."""
        if self.document is None:
            return True
        try:
            return not await self.document.evaluate("seen => seen === document")
        except Error:
            return True


def printable(text: str) -> str:
    """Replace what is no character: a page may put half a surrogate pair anywhere."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
