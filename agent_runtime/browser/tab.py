"""One open page under its id, and what is known of it without asking it.

Answers carry the page's URL and title, and asking for them would double the cost of a cheap
command. So the URL is what Playwright last heard; the title is what an action or the browser's
own loop last read, and unknown after a navigation until one of them has read it again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Final
from weakref import WeakKeyDictionary

from playwright.async_api import CDPSession, Frame, JSHandle, Page

from agent_runtime.browser.control import Control
from agent_runtime.browser.dialogs import Dialogs
from agent_runtime.browser.emulation import Emulation
from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.launch import Launch
from agent_runtime.browser.outlines import Outlines
from agent_runtime.browser.page_logs import PageLogs
from agent_runtime.browser.routes import Routes
from agent_runtime.browser.text import printable
from agent_runtime.browser.throttle import Throttle
from xagent_protocol.ids import PageId
from xagent_protocol.messages import PageSummary
from xagent_protocol.outcomes import PageState

_MAX_TITLE: Final = 500
_MAX_URL: Final = 2_000
_UNWEDGE_SECONDS: Final = 1.0
_ERROR_PAGE_MS: Final = 500.0


class Tab:
    """A page of the running browser; gone for good when it closes or the browser dies."""

    def __init__(
        self, page_id: PageId, page: Page, launch: Launch, on_change: Callable[[], None]
    ) -> None:
        """Give *page* its id; *on_change* is called when its summary is another."""
        self.id = page_id
        self.page = page
        self.launch = launch
        self._on_change = on_change
        self.opened_at = asyncio.get_running_loop().time()
        self.is_crashed = False
        self.title: str | None = None
        self.title_is_due = True
        self.label: str | None = None
        self.dialogs = Dialogs(page_id, self.interrupt)
        self.control = Control(on_change)
        self.taken_by: str | None = None
        """Who is taking the page over from the command that runs on it."""
        self.moves = 0
        """How often it has gone from one document, or place in it, to another."""
        self.snapshot_number = 0
        self.outlines = Outlines()
        """What the last snapshots of the present document showed."""
        self._first_of_document = 1
        self._document: JSHandle | None = None
        """The document that the last snapshot was taken of; unusable once the page has left it."""
        self._frames_left: WeakKeyDictionary[Frame, int] = WeakKeyDictionary()
        """The last snapshot that an iframe's document may be in which it has left by now."""
        self.turn = asyncio.Lock()
        """Held by the command that acts on the page; queues are kept elsewhere."""
        self.cdp: CDPSession | None = None
        """The page's own session, once it is prepared."""
        self.script_runner: str | None = None
        """The function that runs scripts in the page's document, as its session names it."""
        self.logs = PageLogs(page)
        self.routes = Routes(f"{page_id}r")
        self.emulation = Emulation(page)
        self.throttle = Throttle()
        self.init_scripts: dict[str, Callable[[], Awaitable[None]]] = {}
        """How to remove what runs in each document to come, by id."""
        self.init_scripts_made = 0
        self.commands = 0
        """How many have begun here."""
        self._running: set[asyncio.Timeout] = set()

    @property
    def is_isolated(self) -> bool:
        """Whether it is in a context of its own, without the profile's cookies."""
        return self.page.context is not self.launch.context

    @contextmanager
    def running(self, deadline: asyncio.Timeout) -> Iterator[None]:
        """Let the end of this page end the block at once, by letting *deadline* pass."""
        self.commands += 1
        self._running.add(deadline)
        if self.taken_by is not None:
            self.interrupt()
        try:
            yield
        finally:
            self._running.discard(deadline)

    def interrupt(self) -> None:
        """End every command that runs on this page; it cannot answer any more, or not now."""
        now = asyncio.get_running_loop().time()
        for deadline in self._running:
            if not deadline.expired():
                deadline.reschedule(now)

    @contextmanager
    def taking_over(self, holder: str) -> Iterator[None]:
        """End whatever command runs here in the block, because a person takes the page over."""
        self.taken_by = holder
        self.interrupt()
        try:
            yield
        finally:
            self.taken_by = None

    async def has_moved(self, moves: int) -> None:
        """Wait until it has moved more often than *moves*, or for long enough."""
        if self.moves == moves:
            with contextlib.suppress(*CALL_FAILED):
                await self.page.wait_for_event(
                    "framenavigated",
                    predicate=lambda frame: frame.parent_frame is None,
                    timeout=_ERROR_PAGE_MS,
                )

    async def prepare(self) -> None:
        """Open the page's own session; a page that hangs opens none, and is freed by it.

        Asks the page nothing more, unless another device is emulated on it.
        """
        if self.cdp is None:
            with contextlib.suppress(*CALL_FAILED):
                self.cdp = await self.launch.context.new_cdp_session(self.page)
        elif self.emulation.now.device is not None:
            with contextlib.suppress(*CALL_FAILED):
                await self.emulation.renew(self.cdp)

    async def unwedge(self, *, loads: bool) -> bool:
        """Stop what the page loads, or a script of its that never ends; within two seconds.

        Does nothing to a page that answers, or that shows a dialog. Returns whether the page can
        be used again.
        """
        if self.cdp is None or self.dialogs.open is not None:
            return True
        with contextlib.suppress(*CALL_FAILED, TimeoutError):
            async with asyncio.timeout(_UNWEDGE_SECONDS):
                if loads:
                    await self.cdp.send("Page.stopLoading")
                if await self._answers():
                    return True
                await self.cdp.send("Runtime.terminateExecution")
        return self.page.is_closed() or await self._answers()

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(_UNWEDGE_SECONDS / 2):
                await self.page.evaluate("0")
        except TimeoutError:
            return False
        except CALL_FAILED:
            return True  # it is on its way to another document, or gone
        return True

    async def read_title(self) -> str:
        """Ask the page for its title, and remember it.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        self.title_is_due = False
        return self._note_title(await self.page.title())

    async def look_up_title(self) -> str:
        """Ask the browser for the title of the page, which may be busy with showing itself.

        It is what stands on the tab: the first 4,096 characters of the page's own.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        if self.cdp is None:
            return await self.read_title()
        self.title_is_due = False
        history = await self.cdp.send("Page.getNavigationHistory")
        return self._note_title(str(history["entries"][history["currentIndex"]]["title"]))

    def _note_title(self, title: str) -> str:
        before, self.title = self.title, printable(title)[:_MAX_TITLE]
        if before != self.title:
            self._on_change()
        return title

    def state(self) -> PageState:
        """What an answer says of the page it came from."""
        return PageState(self.id, self.page.url[:_MAX_URL], self.title)

    def summary(self, *, main: bool) -> PageSummary:
        """What a beat says of this page."""
        return PageSummary(
            self.id,
            self.page.url[:_MAX_URL],
            self.title or "",
            main,
            self.label,
            self.is_isolated,
            self.dialogs.open,
            None if (lease := self.control.lease) is None else lease.holder,
        )

    async def begin_snapshot(self) -> int:
        """Bind a new snapshot to the document that the page is on, and return its number.

        It is to be taken after this; ask `shows_snapshot` whether it was of that document still.

        Raises:
            playwright.async_api.Error: the page is gone.
        """
        is_new = await self._has_left_document()
        self.snapshot_number += 1
        if is_new:
            self._first_of_document = self.snapshot_number
            self.outlines.forget()
            self._document = await self.page.evaluate_handle("document")
        return self.snapshot_number

    async def shows_snapshot(self, number: int) -> bool:
        """Say whether the page is still on the document that snapshot *number* was taken of."""
        if not self._first_of_document <= number <= self.snapshot_number:
            return False
        return not await self._has_left_document()

    def note_navigation(self, frame: Frame) -> None:
        """Note that an iframe of the page went elsewhere: no snapshot so far shows it any more."""
        self._frames_left[frame] = self.snapshot_number

    def frame_shows_snapshot(self, frame: Frame, number: int) -> bool:
        """Say whether *frame* is on the document that it was on in snapshot *number*."""
        return number > self._frames_left.get(frame, 0)

    async def _has_left_document(self) -> bool:
        if self._document is None:
            return True
        try:
            return not await self._document.evaluate("seen => seen === document")
        except CALL_FAILED:
            return True
