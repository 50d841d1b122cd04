"""The browser of one agent: always there, or being brought back.

Whatever dies (a page, Chromium, the Node process that drives it), the agent keeps its profile and
its name: the browser is launched again, the pages of the dead one are never mistaken for those of
the new one, and the next answer says what happened.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self
from uuid import uuid4

import psutil
import structlog
from playwright.async_api import BrowserContext, CDPSession, Page, Playwright, async_playwright
from structlog.typing import FilteringBoundLogger

from agent_runtime.browser.conditions import Conditions
from agent_runtime.browser.cookies import CookieJar
from agent_runtime.browser.downloads import Downloads
from agent_runtime.browser.errors import (
    CALL_FAILED,
    BrowserCrashed,
    BrowserError,
    BrowserRestarted,
    BrowserUnavailable,
    PageClosed,
    PageCrashed,
)
from agent_runtime.browser.files import private_directory
from agent_runtime.browser.find import FoundBrowser, find_browser
from agent_runtime.browser.guard import Guard
from agent_runtime.browser.human_requests import HumanRequests
from agent_runtime.browser.launch import (
    VIEWPORT,
    BrowserSettings as BrowserSettings,
    Launch,
    launch,
)
from agent_runtime.browser.mark import Mark
from agent_runtime.browser.marked_elements import register
from agent_runtime.browser.page_ids import PageIds
from agent_runtime.browser.processes import end_families
from agent_runtime.browser.recordings import Recordings
from agent_runtime.browser.tab import Tab
from agent_runtime.browser.tabs import Tabs
from agent_runtime.browser.uploads import Uploads
from agent_runtime.errors import DirectoryUnusable
from agent_runtime.policy.proxy import EgressProxy
from agent_runtime.policy.url_policy import UrlPolicy
from xagent_protocol.ids import PageId
from xagent_protocol.messages import BrowserStatus

log: FilteringBoundLogger = structlog.get_logger()

_PROBE_EVERY_SECONDS: Final = 10.0
_PROBES: Final = 2
"""How many in succession a browser misses before it is lost; one may fall into a bad moment."""
_COOKIES_SETTLE_SECONDS: Final = 0.5
_TITLES_SETTLE_SECONDS: Final = 0.2
_TITLE_SECONDS: Final = 2.0
_BACKOFF_SECONDS: Final = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_LAST_EVENTS_SECONDS: Final = 0.3


class BrowserState(StrEnum):
    """Where the browser is; one name at a time, so that no two flags can disagree."""

    NEW = "new"
    READY = "ready"
    RESTARTING = "restarting"
    UNAVAILABLE = "unavailable"
    CLOSED = "closed"


class Browser:
    """One profile, and at most one Chromium on it at a time.

    `start`, then `watch` for as long as it is used; `close` at the end, whatever happened.
    """

    def __init__(
        self,
        settings: BrowserSettings,
        *,
        on_change: Callable[[], None],
        egress: EgressProxy | None = None,
    ) -> None:
        """Prepare; *on_change* is called on the loop whenever `status` would say something new.

        *egress*: the only way out that it is to have; without one it goes anywhere.
        """
        self._settings = settings
        self.egress = egress
        self._on_change = on_change
        self._state = BrowserState.NEW
        self._moved = asyncio.Condition()
        self._wake = asyncio.Event()
        self._untitled = asyncio.Event()
        self._cookies_due = asyncio.Event()
        self._opening = asyncio.Lock()
        self._mark = Mark(settings.profile, settings.install_id, str(uuid4()))
        self._guard = Guard(self._mark, settings.patience.orphan)
        self._playwright: Playwright | None = None
        self._driver: psutil.Process | None = None
        self._found: FoundBrowser | None = None
        self._launch: Launch | None = None
        self._jar = CookieJar(settings.directory / "cookies.json")
        self._is_answering = False
        self._failure: BrowserUnavailable | None = None
        self._notices: list[str] = []
        self.conditions = Conditions()
        self.epoch = 0
        self.downloads = Downloads(settings, self._page_id_of)
        self.tabs: Tabs
        self.recordings = Recordings(settings.recordings)
        self.recorders: list[Callable[[Tab], str | None]] = [self.recordings.of]
        """Each names what it records of a page, which would keep what is typed there; or null."""
        self.uploads = Uploads(settings.uploads)
        self.human_requests = HumanRequests(on_change)

    async def __aenter__(self) -> Self:
        """Start."""
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()

    # --- its life -----------------------------------------------------------------------

    async def start(self) -> None:
        """Find a browser and launch it.

        Raises:
            BrowserUnavailable: none was found, or it does not start; one sentence says why.
            DirectoryUnusable: what it needs cannot be written or read.
        """
        directory = self._settings.directory
        try:
            private_directory(directory)
        except OSError as error:
            raise DirectoryUnusable(f"cannot use {directory}: {error.strerror}") from error
        await self.uploads.clear()
        if self.egress is not None:
            try:
                self.egress.listen()
            except OSError as error:
                raise BrowserUnavailable(f"the browser's way out cannot listen: {error}") from error
        self.downloads.load()
        self.tabs = Tabs(
            PageIds(directory / "next_page"),
            on_change=self._tabs_changed,
            on_untitled=self._untitled.set,
        )
        try:
            await self._guard.start()
        except OSError as error:
            raise BrowserUnavailable(f"the browser's guard cannot be started: {error}") from error
        await self._bring_up()
        await self._move(BrowserState.READY)

    async def close(self) -> None:
        """Save the cookies, end Chromium and its driver; idempotent, nothing is left behind."""
        if self._state is BrowserState.CLOSED:
            return
        if self._launch is not None and self._state is BrowserState.READY:
            await self._save_cookies(self._launch)
        await self._move(BrowserState.CLOSED)
        await self._tear_down()
        await self._stop_driver()
        self.recordings.lose()
        await asyncio.to_thread(self.recordings.remove)
        await self._guard.stop()
        await self.uploads.clear()
        if self.egress is not None:
            self.egress.close()

    async def watch(self) -> None:
        """Keep the browser alive and its cookies saved, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tend())
            group.create_task(self._keep_cookies())
            group.create_task(self._keep_titles())
            if self.egress is not None:
                group.create_task(self.egress.serve())
            group.create_task(self.downloads.run())

    def status(self) -> BrowserStatus:
        """What is known now; never asks the browser."""
        launched = self._launch
        return BrowserStatus(
            name=_name(self._found),
            version=launched.version if launched is not None else "",
            epoch=self.epoch,
            ok=self._state is BrowserState.READY and self._is_answering,
            headless=not self._settings.headed,
            pages=self.tabs.summaries() if self._state is BrowserState.READY else (),
            human_calls=self.human_requests.calls(),
        )

    # --- what commands need ---------------------------------------------------------------

    @property
    def context(self) -> BrowserContext:
        """The running browser's context; await `ready` first."""
        assert self._launch is not None
        return self._launch.context

    @property
    def contexts(self) -> tuple[BrowserContext, ...]:
        """Those of the running browser: the profile's, and one for each isolated page."""
        browser = self.context.browser
        return tuple(browser.contexts) if browser is not None else ()

    @property
    def session(self) -> CDPSession:
        """The running browser's own session; await `ready` first."""
        assert self._launch is not None
        return self._launch.cdp

    @property
    def devices(self) -> Mapping[str, Mapping[str, Any]]:
        """What Playwright knows of the devices that can be emulated, by name."""
        return self._playwright.devices if self._playwright is not None else {}

    @property
    def executable(self) -> Path | None:
        """The program that runs, once one was found."""
        return self._found.path if self._found is not None else None

    @property
    def url_policy(self) -> UrlPolicy:
        """Which URLs it may be sent to."""
        return self.egress.policy if self.egress is not None else UrlPolicy()

    @property
    def settings(self) -> BrowserSettings:
        """What it was made from."""
        return self._settings

    async def ready(self) -> None:
        """Wait while the browser is being restarted.

        Raises:
            BrowserUnavailable: it cannot be launched, or the agent is closing it.
        """
        if self._state is BrowserState.RESTARTING:
            async with self._moved:
                await self._moved.wait_for(lambda: self._state is not BrowserState.RESTARTING)
        if self._state is BrowserState.UNAVAILABLE and self._failure is not None:
            raise type(self._failure)(str(self._failure), self._failure.details)
        if self._state is not BrowserState.READY:
            raise BrowserUnavailable("the browser is closed: the agent is stopping")

    async def tab(self, page_id: str | None) -> Tab:
        """Return the page of that id, or the main page; there always is one.

        Raises:
            BrowserUnavailable, PageClosed, PageNotFound
        """
        while True:
            await self.ready()
            if page_id is not None:
                return self.tabs.named(page_id)
            if (main := self.tabs.main) is not None:
                return main
            launched = self._launch
            try:
                return await self.open_main()
            except CALL_FAILED:
                # No page is left because the browser is dying: it has just not said so yet.
                if launched is None or await self._answers(launched):
                    raise

    async def open_main(self) -> Tab:
        """Open a blank page if there is no page of the profile's, and return the main page."""
        async with self._opening:
            if (main := self.tabs.main) is not None:
                return main
            return await self.open_tab()

    async def open_tab(self, *, isolated: bool = False) -> Tab:
        """Open a blank page; an *isolated* one shares nothing with the profile or another.

        Raises:
            BrowserCrashed: the browser died meanwhile.
            BrowserUnavailable: the page cannot be given an id.
        """
        launched = self._current()
        if isolated:
            async with self._opening:  # lest it be taken for one that was left
                page = await (await self._isolated_context(launched)).new_page()
        else:
            page = await launched.context.new_page()
        try:
            return self.tabs.admit(page, launched)
        except BrowserUnavailable:
            await page.close()
            raise

    @asynccontextmanager
    async def hidden_page(self) -> AsyncIterator[Page]:
        """Open a page that is no tab, in a context of its own; it is gone after the block.

        Raises:
            BrowserCrashed: the browser died meanwhile.
        """
        browser = self._current().context.browser
        assert browser is not None  # a persistent context has one of its own
        async with AsyncExitStack() as stack:
            async with self._opening:  # lest it be taken for one that was left
                context = await browser.new_context(viewport=VIEWPORT)
                stack.push_async_callback(_close, context)
                page = await context.new_page()
            yield page

    async def close_tab(self, tab: Tab) -> Tab:
        """Close *tab*, whatever it is doing, and return the main page.

        There always is one: of the last one to go, a blank one takes the place.
        """
        if not any(one is not tab and not one.is_isolated for one in self.tabs):
            # With its last window Chromium would end itself.
            await self.open_tab()
        await tab.page.close()
        self.tabs.drop(tab)
        if tab.is_isolated and not tab.page.context.pages:
            await tab.page.context.close()
        return await self.open_main()

    async def give_up(self, tab: Tab) -> None:
        """Close a page that answers nothing any more, and tell the next caller."""
        log.warning("a page does not answer: closing it", page=tab.id)
        with contextlib.suppress(*CALL_FAILED, BrowserError):
            main = await self.close_tab(tab)
            self._notices.append(
                f"Page {tab.id} answered nothing any more and was closed; "
                f"{main.id} is the main page now."
            )

    async def restart(self) -> tuple[tuple[Tab, str], ...]:
        """End the browser and launch it again with the same profile.

        Returns the pages that were open, with their URLs; their ids are never used again, and
        none of them is opened anew. Isolated pages are not among them.

        Raises:
            BrowserCrashed, BrowserUnavailable
        """
        launched = self._current()
        before = tuple((tab, tab.page.url) for tab in self.tabs if not tab.is_isolated)
        await self._save_cookies(launched)
        launched.is_retired = True
        self._lose(launched)
        await self.ready()
        return before

    async def user_agent(self) -> str:
        """Ask the browser how it calls itself to sites.

        Raises:
            BrowserCrashed: the browser died meanwhile.
        """
        return await self._current().user_agent()

    def touched(self, tab: Tab | None) -> None:
        """Note that a command may have changed cookies and this page's title."""
        self._cookies_due.set()
        if tab is not None:
            tab.title_is_due = True
            self._untitled.set()

    def take_notices(self) -> tuple[str, ...]:
        """Return what callers should hear about the browser, once."""
        if not self._notices:
            return ()
        notices = tuple(self._notices)
        self._notices.clear()
        return notices

    async def why_closed(self, tab: Tab | None) -> BrowserError:
        """Explain why a call on *tab*, or on the browser, found its target closed."""
        launched = tab.launch if tab is not None else self._launch
        if tab is not None and tab.is_crashed:
            return PageCrashed(
                f"page {tab.id} crashed: close it, and use another page", is_end=True
            )
        if self._state is BrowserState.CLOSED:
            return BrowserUnavailable("the browser is closed: the agent is stopping", is_end=True)
        if launched is not None and not launched.lost.is_set():
            # The page's end is told before the browser's; what comes next decides.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LAST_EVENTS_SECONDS):
                    await launched.lost.wait()
        if tab is not None and await self._answers(tab.launch):
            return PageClosed(
                f"page {tab.id} was closed while the command ran",
                {"open": [one.id for one in self.tabs]},
                is_end=True,
            )
        return _gone(launched)

    # --- loops ------------------------------------------------------------------------------

    async def _tend(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PROBE_EVERY_SECONDS):
                    await self._wake.wait()
            self._wake.clear()
            launched = self._launch
            if self._state is BrowserState.READY and launched is not None:
                if not launched.lost.is_set():
                    await self._probe(launched)
                if launched.lost.is_set():
                    self._lose(launched)
            if self._state is BrowserState.RESTARTING:
                await self._restart()

    async def _probe(self, launched: Launch) -> None:
        if not await self._answers(launched):
            return
        if not self._is_answering:
            self._is_answering = True
            self._on_change()
        if not self.tabs.main:
            try:
                await self.open_main()
            except (*CALL_FAILED, BrowserError) as error:
                log.warning("no main page can be opened", error=type(error).__name__)
        await self._close_abandoned(launched)
        self._cookies_due.set()

    async def _close_abandoned(self, launched: Launch) -> None:
        """Close isolated contexts whose last page a site has closed itself."""
        browser = launched.context.browser
        async with self._opening:
            for context in browser.contexts if browser is not None else ():
                if context is not launched.context and not context.pages:
                    with contextlib.suppress(*CALL_FAILED):
                        await context.close()

    async def _answers(self, launched: Launch) -> bool:
        """Ask *launched* for a sign of life; if it gives none it is lost."""
        for _ in range(_PROBES):
            if await launched.is_answering():
                return True
            if launched.lost.is_set() or not launched.is_running():
                break
        self._lose(launched)
        return False

    async def _restart(self) -> None:
        gone = ", ".join(self.tabs.take_lost()) or "none"
        why = (
            "on request"
            if self._launch is not None and self._launch.is_retired
            else "after a crash"
        )
        await self._tear_down()
        failures = 0
        while not await self._is_brought_up():
            # It may be the driver that is dead: the second attempt, at once, has a new one.
            await self._tear_down()
            await self._stop_driver()
            if failures:
                await self._move(BrowserState.UNAVAILABLE)
                await asyncio.sleep(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS)) - 1])
            failures += 1
        main = self.tabs.main
        lost = self.recordings.take_lost()
        self._notices.append(
            f"The browser was restarted {why}, with the same profile; pages that are gone: "
            f"{gone}; {main.id if main is not None else 'a new page'} is the main page now."
            + (f" What was being recorded is lost: {', '.join(lost)}." if lost else "")
        )
        log.info("browser restarted", epoch=self.epoch, failures=failures, pages_gone=gone)
        await self._move(BrowserState.READY)

    async def _keep_cookies(self) -> None:
        while True:
            await self._cookies_due.wait()
            await asyncio.sleep(_COOKIES_SETTLE_SECONDS)
            self._cookies_due.clear()
            if self._state is BrowserState.READY and self._launch is not None:
                await self._save_cookies(self._launch)

    async def _keep_titles(self) -> None:
        while True:
            await self._untitled.wait()
            await asyncio.sleep(_TITLES_SETTLE_SECONDS)
            self._untitled.clear()
            due = [tab for tab in self.tabs if tab.title_is_due and not tab.is_crashed]
            async with asyncio.TaskGroup() as group:
                for tab in due:
                    group.create_task(_read_title(tab))

    # --- steps --------------------------------------------------------------------------------

    async def _is_brought_up(self) -> bool:
        try:
            await self._bring_up()
        except BrowserUnavailable as error:
            self._failure = error
            log.warning("browser cannot be restarted", reason=str(error))
            return False
        return True

    async def _bring_up(self) -> None:
        """Have Chromium running on the profile, with one page and the cookies it may have lost."""
        try:
            launched = await self._launch_one()
        except OSError as error:
            raise BrowserUnavailable(f"the browser cannot be started: {error}") from error
        self._launch = launched
        self.epoch += 1

        def lose(_: BrowserContext) -> None:
            self._lose(launched)

        launched.context.on("close", lose)
        try:
            await self._jar.restore(launched.context)
            await self.conditions.serve(launched.cdp)
            await self.conditions.apply(launched.context)
            self.tabs.attach(launched.context, launched)
            self.downloads.attach(launched.context)
            await self.open_main()
        except CALL_FAILED as error:
            raise BrowserUnavailable("the browser died right after its start") from error
        self._is_answering = True

    async def _launch_one(self) -> Launch:
        await asyncio.to_thread(self.recordings.clear)
        if self._playwright is None:
            self._playwright = await async_playwright().start()
            await register(self._playwright)
        bundled = Path(self._playwright.chromium.executable_path)
        if self._found is None:
            self._found = await find_browser(self._settings.executable, bundled)
        proxy = self.egress.url if self.egress is not None else None
        launched = await launch(self._playwright, self._settings, self._found, self._mark, proxy)
        self._driver = launched.driver
        return launched

    def _current(self) -> Launch:
        if self._launch is None:
            raise _gone(None)
        return self._launch

    async def _isolated_context(self, launched: Launch) -> BrowserContext:
        assert launched.context.browser is not None  # a persistent context has one of its own
        context = await launched.context.browser.new_context(viewport=VIEWPORT)
        await self.conditions.apply(context)
        self.tabs.attach(context, launched)
        self.downloads.attach(context)
        return context

    def _page_id_of(self, page: Page) -> PageId | None:
        return next((tab.id for tab in self.tabs if tab.page is page), None)

    async def _tear_down(self) -> None:
        launched, self._launch = self._launch, None
        if launched is not None:
            await launched.close()
            if not await launched.is_over():
                await self._stop_driver()

    async def _stop_driver(self) -> None:
        playwright, self._playwright = self._playwright, None
        driver, self._driver = self._driver, None
        if playwright is None:
            return
        async with asyncio.TaskGroup() as group:
            stopping = group.create_task(_stop(playwright))
            done, _ = await asyncio.wait([stopping], timeout=self._settings.patience.close)
            if not done:
                log.warning("the browser's driver does not end: ending it")
                if driver is None:
                    stopping.cancel()
                else:
                    await asyncio.to_thread(end_families, [driver], patience_seconds=0.0)

    async def _save_cookies(self, launched: Launch) -> None:
        with contextlib.suppress(*CALL_FAILED, OSError, TimeoutError):
            async with asyncio.timeout(_TITLE_SECONDS):
                await self._jar.save(launched.context)

    def _lose(self, launched: Launch) -> None:
        """Note that *launched* is dead, whoever finds it out first."""
        launched.lost.set()
        if launched is not self._launch or self._state is not BrowserState.READY:
            return
        if launched.is_retired:
            log.info("browser is to be restarted", epoch=self.epoch)
        else:
            log.warning("browser lost", epoch=self.epoch, is_running=launched.is_running())
        self._state = BrowserState.RESTARTING
        self._is_answering = False
        self.recordings.lose()
        self.tabs.clear()
        self._wake.set()
        self._on_change()

    def _tabs_changed(self) -> None:
        if self._state is BrowserState.READY:
            if not self.tabs.main:
                self._wake.set()
            self._on_change()

    async def _move(self, state: BrowserState) -> None:
        async with self._moved:
            self._state = state
            self._moved.notify_all()
        self._on_change()


def _gone(launched: Launch | None) -> BrowserError:
    if launched is not None and launched.is_retired:
        return BrowserRestarted(
            "somebody had the browser restarted while the command ran; its pages are gone",
            is_end=True,
        )
    return BrowserCrashed(
        "the browser died while the command ran; it is being restarted with the same profile",
        is_end=True,
    )


async def _stop(playwright: Playwright) -> None:
    with contextlib.suppress(*CALL_FAILED):
        await playwright.stop()


async def _close(context: BrowserContext) -> None:
    with contextlib.suppress(*CALL_FAILED):
        await context.close()


async def _read_title(tab: Tab) -> None:
    with contextlib.suppress(*CALL_FAILED, TimeoutError):
        async with asyncio.timeout(_TITLE_SECONDS):
            await tab.look_up_title()


def _name(found: FoundBrowser | None) -> str:
    return found.version.split(" ")[0].lower() if found is not None else ""
