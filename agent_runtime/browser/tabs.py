"""The pages of the running browser by id, whoever opened them: we, a site, or a person.

The main page is the oldest one that is open and has not crashed; it serves every command that
names no page.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

import structlog
from playwright.async_api import Dialog, Frame, Page
from structlog.typing import FilteringBoundLogger

from agent_runtime.browser.errors import CALL_FAILED, BrowserUnavailable, PageClosed, PageNotFound
from agent_runtime.browser.launch import Launch
from agent_runtime.browser.page_ids import PageIds
from agent_runtime.browser.tab import Tab, printable
from xagent_protocol.ids import PageId
from xagent_protocol.messages import PageSummary
from xagent_protocol.outcomes import DialogState

log: FilteringBoundLogger = structlog.get_logger()

_MAX_DIALOG_MESSAGE: Final = 2_000
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

    def __iter__(self) -> Iterator[Tab]:
        """Oldest first."""
        return iter(tuple(self._open.values()))

    def __len__(self) -> int:
        """How many are open."""
        return len(self._open)

    @property
    def main(self) -> Tab | None:
        """The oldest open page that has not crashed."""
        return next((tab for tab in self._open.values() if not tab.is_crashed), None)

    def attach(self, launch: Launch) -> None:
        """Take in the pages of *launch*, those to come as well.

        Raises:
            BrowserUnavailable: no id can be given to one that is there.
        """

        def admit(page: Page) -> None:
            try:
                self.admit(page, launch)
            except BrowserUnavailable as error:
                log.error("a page stays without an id", reason=str(error))

        launch.context.on("page", admit)
        launch.context.on("dialog", self._answer)
        for page in launch.context.pages:
            self.admit(page, launch)

    def admit(self, page: Page, launch: Launch) -> Tab:
        """Return the tab of *page*, which gets an id if it has none yet.

        Raises:
            BrowserUnavailable: no id can be written down.
        """
        for tab in self._open.values():
            if tab.page is page:
                return tab
        tab = Tab(self._ids.take(), page, launch)
        self._open[tab.id] = tab
        self._listen(tab)
        self._on_untitled()
        self._on_change()
        return tab

    def named(self, page_id: str) -> Tab:
        """Return the open page *page_id*.

        Raises:
            PageClosed: it was here once.
            PageNotFound: it never was.
        """
        tab = self._open.get(PageId(page_id))
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

    def drop(self, tab: Tab) -> None:
        """Forget *tab*, which is closed; does nothing if it is forgotten already."""
        if self._open.pop(tab.id, None) is not None:
            self._closed.append((asyncio.get_running_loop().time(), tab.id))
            tab.interrupt()
            self._on_change()

    def clear(self) -> None:
        """Forget every page: their browser is gone."""
        gone = tuple(self._open.values())
        self._open.clear()
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
            tab.title = None
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

    async def _answer(self, dialog: Dialog) -> None:
        """Answer *dialog* at once; Playwright runs and keeps this until it ends.

        An alert only informs and a beforeunload stands in the way of what was asked for, so both
        are accepted; a confirm or a prompt asks for a decision that nobody here may make.
        """
        accepts = dialog.type in ("alert", "beforeunload")
        tab = next((one for one in self._open.values() if one.page is dialog.page), None)
        if tab is not None:
            tab.dialogs_shown += 1
            tab.last_dialog = DialogState(
                dialog.type,
                printable(dialog.message)[:_MAX_DIALOG_MESSAGE],
                "accepted" if accepts else "dismissed",
                tab.id,
            )
        try:
            await (dialog.accept() if accepts else dialog.dismiss())
        except CALL_FAILED:
            return  # it closed with its page
