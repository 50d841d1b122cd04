"""The pages of the running browser by id, whoever opened them: we, a site, or a person.

The main page is the oldest one that is open and has not crashed; it serves every command that
names no page.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

import structlog
from playwright.async_api import BrowserContext, Dialog, Frame, Page
from structlog.typing import FilteringBoundLogger

from agent_runtime.browser.dialogs import LEAVE_ALL, DialogPolicy
from agent_runtime.browser.errors import (
    CALL_FAILED,
    BrowserUnavailable,
    LabelTaken,
    PageClosed,
    PageNotFound,
)
from agent_runtime.browser.launch import Launch
from agent_runtime.browser.page_ids import PageIds
from agent_runtime.browser.tab import Tab
from xagent_protocol.ids import PageId
from xagent_protocol.messages import PageSummary

log: FilteringBoundLogger = structlog.get_logger()

_LAST_BREATH_SECONDS: Final = 1.0


class Tabs:
    """Every open page; listeners keep it true, so nothing here ever asks the browser."""

    def __init__(
        self, ids: PageIds, *, on_change: Callable[[], None], on_untitled: Callable[[], None]
    ) -> None:
        """Begin empty; neither callback may raise.

        *on_change*: a page came, went or moved. *on_untitled*: a title is to be read again.
        """
        self._ids = ids
        self._on_change = on_change
        self._on_untitled = on_untitled
        self._open: dict[PageId, Tab] = {}
        self._closed: deque[tuple[float, PageId]] = deque(maxlen=100)
        self._lost: tuple[PageId, ...] = ()
        self._expected: list[tuple[Callable[[Tab], bool], asyncio.Future[Tab]]] = []
        self.front: Tab | None = None
        """The one that was last put before the others, as far as we know."""
        self.dialog_policy = DialogPolicy()
        """What becomes of dialogs; may be replaced at any time."""

    def __iter__(self) -> Iterator[Tab]:
        """Oldest first."""
        return iter(tuple(self._open.values()))

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    @property
    def main(self) -> Tab | None:
        """The oldest open page of the profile's own that has not crashed."""
        return next(
            (tab for tab in self._open.values() if not tab.is_crashed and not tab.is_isolated), None
        )

    def attach(self, context: BrowserContext, launch: Launch) -> None:
        """Take in the pages of a context of *launch*, those to come as well.

        Raises:
            BrowserUnavailable: no id can be given to one that is there.
        """

        def admit(page: Page) -> None:
            try:
                self.admit(page, launch)
            except BrowserUnavailable as error:
                log.error("a page stays without an id", reason=str(error))

        context.on("page", admit)
        context.on("dialog", self._meet)
        for page in context.pages:
            self.admit(page, launch)

    def admit(self, page: Page, launch: Launch) -> Tab:
        """Return the tab of *page*, which gets an id if it has none yet.

        Raises:
            BrowserUnavailable: no id can be written down.
        """
        for tab in self._open.values():
            if tab.page is page:
                return tab
        tab = Tab(self._ids.take(), page, launch, self._on_change)
        self._open[tab.id] = tab
        self._listen(tab)
        for is_expected, arrived in self._expected:
            if not arrived.done() and is_expected(tab):
                arrived.set_result(tab)
        self._on_untitled()
        self._on_change()
        return tab

    def find(self, name: str) -> Tab | None:
        """Return the open page of that id or label."""
        tab = self._open.get(PageId(name))
        return tab or next((one for one in self._open.values() if one.label == name), None)

    def named(self, page_id: str) -> Tab:
        """Return the open page of that id or label.

        Raises:
            PageClosed: it was here once.
            PageNotFound: it never was.
        """
        tab = self.find(page_id)
        if tab is not None:
            return tab
        open_ids = ", ".join(self._open) or "none"
        details: dict[str, object] = {"open": list(self._open)}
        if self._ids.was_given(page_id):
            raise PageClosed(
                f"page {page_id} is closed, and its id is never used again; open pages: {open_ids}",
                details,
            )
        raise PageNotFound(f"there is no page {page_id!r}; open pages: {open_ids}", details)

    async def expect(self, is_expected: Callable[[Tab], bool]) -> Tab:
        """Wait for a page to come of which *is_expected* is true; cancelling this is safe."""
        arrived: asyncio.Future[Tab] = asyncio.get_running_loop().create_future()
        expected = (is_expected, arrived)
        self._expected.append(expected)
        try:
            return await arrived
        finally:
            self._expected.remove(expected)

    def name(self, tab: Tab, label: str) -> None:
        """Give *tab* a name besides its id.

        Raises:
            LabelTaken: another open page has it.
        """
        holder = self.find(label)
        if holder is not None and holder is not tab:
            raise LabelTaken(f"page {holder.id} is called {label!r} already: choose another label")
        tab.label = label
        self._on_change()

    def drop(self, tab: Tab) -> None:
        """Forget *tab*, which is closed; does nothing if it is forgotten already."""
        if self._open.pop(tab.id, None) is not None:
            self.front = None if self.front is tab else self.front
            self._closed.append((asyncio.get_running_loop().time(), tab.id))
            tab.interrupt()
            self._on_change()

    def clear(self) -> None:
        """Forget every page: their browser is gone."""
        gone = tuple(self._open.values())
        self._open.clear()
        self.front = None
        # A dying browser tells of each page's end before its own.
        since = asyncio.get_running_loop().time() - _LAST_BREATH_SECONDS
        self._lost = (*(one for when, one in self._closed if when >= since), *(t.id for t in gone))
        for tab in gone:
            tab.interrupt()
        self._on_change()

    def take_lost(self) -> tuple[PageId, ...]:
        """Return the ids that went with the browser, once."""
        lost, self._lost = self._lost, ()
        return lost

    def summaries(self) -> tuple[PageSummary, ...]:
        """What a beat says of all pages."""
        main = self.main
        return tuple(tab.summary(main=tab is main) for tab in self._open.values())

    def _listen(self, tab: Tab) -> None:
        def on_close(_: Page) -> None:
            self.drop(tab)

        def on_crash(_: Page) -> None:
            # For good: Playwright takes nothing more for it than its closing.
            tab.is_crashed = True
            tab.interrupt()
            self._on_change()

        def on_navigated(frame: Frame) -> None:
            if frame.parent_frame is not None:
                tab.note_navigation(frame)
                return
            tab.moves += 1
            tab.title = None
            tab.dialogs.forget()
            on_titled(tab.page)
            self._on_change()

        def on_titled(_: Page) -> None:
            tab.title_is_due = True
            self._on_untitled()

        tab.page.on("close", on_close)
        tab.page.on("crash", on_crash)
        tab.page.on("framenavigated", on_navigated)
        tab.page.on("domcontentloaded", on_titled)
        tab.page.on("load", on_titled)

    async def _meet(self, dialog: Dialog) -> None:
        """Answer *dialog*, or leave it; Playwright runs and keeps this until it ends."""
        tab = next((one for one in self._open.values() if one.page is dialog.page), None)
        if tab is not None:
            is_driven = tab.control.lease is not None
            await tab.dialogs.meet(dialog, LEAVE_ALL if is_driven else self.dialog_policy)
            self._on_change()
            return
        # Of a page that has no id, and so nobody who could be told of it.
        with contextlib.suppress(*CALL_FAILED):
            await dialog.dismiss()
