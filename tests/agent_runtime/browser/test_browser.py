"""The browser through crashes of everything it is made of.

Each scenario has a browser of its own, since it kills it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import psutil
import pytest
import structlog
import uvloop
from playwright.async_api import CDPSession, Error

from agent_runtime.browser import Browser, BrowserSettings, BrowserUnavailable
from agent_runtime.browser.errors import BrowserCrashed, PageClosed
from agent_runtime.browser.launch import Patience
from agent_runtime.browser.processes import lives
from agent_runtime.errors import DirectoryUnusable
from tests.agent_runtime.actions.asking import (
    Asker,
    code_of,
    eventually,
    result_of,
    running_browser,
)
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The test site."""
    with Site() as running:
        yield running


async def test_a_killed_chromium_comes_back_under_the_same_profile(tmp_path: Path) -> None:
    """F14: what ran failed, the agent goes on, and the next command succeeds."""
    async with running_browser(tmp_path) as browser:
        asker = Asker(browser)
        await asker.get("new_page")
        in_flight = asker.command("evaluate", expression="new Promise(() => {})")
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(asker.performer.perform(in_flight))
            main = browser.tabs.main
            assert main is not None
            await eventually(main.turn.locked)
            chromium_of(browser).kill()
        next_one = await asker.ask("evaluate", expression="1 + 1")
        old_page = await asker.ask("title", page="p1")
        later = await asker.ask("title")

        assert code_of(waiting.result()) == "browser_crashed"
        assert waiting.result().effect is Effect.PARTIAL
        assert result_of(next_one) == 2
        assert next_one.page is not None
        assert next_one.page.id == "p3"
        (notice,) = next_one.notices
        assert "p1, p2" in notice
        assert "p3 is the main page now" in notice
        assert later.notices == ()
        assert code_of(old_page) == "page_closed"
        assert old_page.error is not None
        assert old_page.error.details == {"open": ["p3"]}
        assert browser.status().epoch == 2
        assert browser.status().ok


async def test_what_runs_while_the_browser_is_closed_may_have_had_an_effect(tmp_path: Path) -> None:
    async with running_browser(tmp_path) as browser:
        asker = Asker(browser)
        main = await browser.tab(None)
        in_flight = asker.command("evaluate", expression="new Promise(() => {})")
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(asker.performer.perform(in_flight))
            await eventually(lambda: main.commands > 0)
            await browser.close()

        assert code_of(waiting.result()) == "browser_unavailable"
        assert waiting.result().effect is Effect.PARTIAL


async def test_a_killed_driver_is_replaced_with_its_chromium(tmp_path: Path) -> None:
    async with running_browser(tmp_path) as browser:
        asker = Asker(browser)
        in_flight = asker.command("evaluate", expression="new Promise(() => {})")
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(asker.performer.perform(in_flight))
            main = browser.tabs.main
            assert main is not None
            await eventually(main.turn.locked)
            driver_of(browser).kill()
        next_one = await asker.ask("evaluate", expression="1 + 1", timeout=20)

        assert code_of(waiting.result()) == "browser_crashed"
        assert result_of(next_one) == 2
        assert browser.status().epoch == 2


def test_a_killed_driver_ends_no_agent_under_uvloop(tmp_path: Path) -> None:
    """It is uvloop that the agent runs under, and its closed pipes raise errors of their own."""

    async def live() -> None:
        async with running_browser(tmp_path) as browser:
            driver_of(browser).kill()
            asker = Asker(browser)
            assert code_of(await asker.ask("title")) == "browser_crashed"
            browser.touched(browser.tabs.main)
            assert result_of(await asker.ask("evaluate", expression="1 + 1", timeout=20)) == 2
            driver_of(browser).kill()

    uvloop.run(live())


async def test_a_driver_that_hangs_is_replaced_with_its_chromium_and_holds_up_no_closing(
    tmp_path: Path,
) -> None:
    patience = Patience(probe=0.2, close=0.2, last_word=0.1)
    async with running_browser(tmp_path, patience=patience) as browser:
        first, main = driver_of(browser), browser.tabs.main
        assert main is not None

        first.suspend()
        found = await browser.why_closed(main)
        await browser.ready()

        assert isinstance(found, BrowserCrashed)
        assert not lives(first)
        assert browser.status().epoch == 2
        assert await Asker(browser).get("evaluate", expression="1 + 1") == 2
        second, chromium = driver_of(browser), chromium_of(browser)
        second.suspend()

    assert not lives(second)
    assert not lives(chromium)


async def test_a_page_that_answers_nothing_any_more_is_given_up(tmp_path: Path, site: Site) -> None:
    """F15, at its worst: the renderer stands still, so there is no script that could be ended."""
    async with running_browser(tmp_path, patience=Patience(close=1)) as browser:
        asker = Asker(browser)
        await asker.get("goto", url=site.url("/form"))
        (await busiest_renderer(asker)).suspend()

        stuck = await asker.ask("inner_text", timeout=1)
        following = await asker.ask("evaluate", expression="location.href")

        assert code_of(stuck) == "timed_out"
        assert stuck.notices == (
            "Page p1 answered nothing any more and was closed; p2 is the main page now.",
        )
        assert result_of(following) == "about:blank"


async def test_nothing_is_left_after_closing(tmp_path: Path) -> None:
    async with running_browser(tmp_path) as browser:
        family = [
            # Other tests in this process may have a browser with a guard, too.
            *(one for one in psutil.Process().children() if is_guard(one, tmp_path)),
            *(driver_of(browser), *driver_of(browser).children(recursive=True)),
        ]

    assert len(family) > 3, "guard, driver, Chromium and its children"
    await eventually(lambda: not any(lives(one) for one in family))
    await browser.close()


async def test_page_ids_go_on_after_a_restart_of_the_agent(tmp_path: Path) -> None:
    async with running_browser(tmp_path) as browser:
        assert [tab.id for tab in browser.tabs] == ["p1"]

    async with running_browser(tmp_path) as browser:
        assert [tab.id for tab in browser.tabs] == ["p2"]
        assert code_of(await Asker(browser).ask("title", page="p1")) == "page_closed"


async def test_a_title_is_told_as_soon_as_it_is_read(tmp_path: Path, site: Site) -> None:
    running: list[Browser] = []
    told: list[str] = []
    async with running_browser(
        tmp_path,
        on_change=lambda: told.extend(
            page.title for browser in running for page in browser.status().pages
        ),
    ) as browser:
        running.append(browser)
        await Asker(browser).get("goto", url=site.url("/form"))

        assert told[-1] == "Form"


async def test_a_login_survives_the_killing_of_chromium(tmp_path: Path, site: Site) -> None:
    """Both kinds of cookie, neither of which Chromium itself has written by then."""
    async with running_browser(tmp_path) as browser:
        asker = Asker(browser)
        await asker.get("goto", url=site.url("/sign-in?user=ann"))
        await eventually((tmp_path / "cookies.json").exists)
        chromium_of(browser).kill()
        await eventually(lambda: not browser.status().ok)
        await asker.get("goto", url=site.url("/account"))

        assert await asker.get("inner_text", target="#session") == "ann"
        assert await asker.get("inner_text", target="#remember") == "ann"
        assert (tmp_path / "cookies.json").stat().st_mode & 0o777 == 0o600


async def test_a_login_survives_the_end_of_the_agent_and_a_sign_out_lasts(
    tmp_path: Path, site: Site
) -> None:
    async with running_browser(tmp_path) as browser:
        await Asker(browser).get("goto", url=site.url("/sign-in?user=bob"))

    async with running_browser(tmp_path) as browser:
        asker = Asker(browser)
        await asker.get("goto", url=site.url("/account"))
        assert await asker.get("inner_text") == "bob\n\nbob"
        await asker.get("goto", url=site.url("/sign-out"))

    async with running_browser(tmp_path) as browser:
        asker = Asker(browser)
        await asker.get("goto", url=site.url("/account"))
        assert await asker.get("inner_text") == "nobody\n\nnobody"


async def test_a_browser_that_cannot_be_launched_again_is_reported(tmp_path: Path) -> None:
    executable = tmp_path / "chromium"
    executable.symlink_to("/usr/bin/chromium")
    settings = BrowserSettings(tmp_path, executable=executable)
    async with (
        logged() as lines,
        Browser(settings, on_change=lambda: None) as browser,
        asyncio.TaskGroup() as group,
    ):
        watching = group.create_task(browser.watch())
        executable.unlink()
        chromium_of(browser).kill()
        await eventually(lambda: not browser.status().ok)
        outcome = await Asker(browser).ask("title")

        assert code_of(outcome) == "browser_unavailable"
        assert outcome.effect is Effect.NONE
        assert not browser.status().ok
        assert await why_unavailable(browser) is not await why_unavailable(browser)
        executable.symlink_to("/usr/bin/chromium")
        await eventually(lambda: browser.status().ok)
        assert code_of(await Asker(browser).ask("title")) is None
        watching.cancel()

    events = [line["event"] for line in lines if "reason" not in line]
    assert events == ["browser lost", "browser restarted"]
    assert "chromium" in next(line["reason"] for line in lines if "reason" in line)


class Deaf:
    """A way to the browser on which the first *misses* questions are lost."""

    def __init__(self, session: CDPSession, misses: int) -> None:
        """Stand in for *session*."""
        self._session = session
        self._misses = misses

    async def send(self, method: str) -> object:
        """Ask, if it is time."""
        self._misses -= 1
        if self._misses >= 0:
            raise Error("the answer is lost")
        return await self._session.send(method)


async def test_a_browser_that_lives_is_lost_only_if_it_misses_two_probes(tmp_path: Path) -> None:
    async with running_browser(tmp_path) as browser:
        main = browser.tabs.main
        assert main is not None
        launch, session = main.launch, main.launch.cdp

        launch.cdp = cast("CDPSession", Deaf(session, 1))
        once = await browser.why_closed(main)
        is_lost_after_one = launch.lost.is_set()
        launch.cdp = cast("CDPSession", Deaf(session, 2))
        twice = await browser.why_closed(main)
        await browser.ready()

        assert isinstance(once, PageClosed)
        assert not is_lost_after_one
        assert isinstance(twice, BrowserCrashed)
        assert browser.status().epoch == 2


async def test_without_a_browser_no_page_opens(tmp_path: Path) -> None:
    browser = Browser(BrowserSettings(tmp_path), on_change=lambda: None)

    with pytest.raises(BrowserCrashed):
        await browser.open_tab()


async def test_a_directory_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DirectoryUnusable, match="cannot use"):
        await Browser(BrowserSettings(tmp_path / "file" / "a"), on_change=lambda: None).start()


async def test_a_headed_browser_without_a_display_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)

    with pytest.raises(BrowserUnavailable, match="xvfb-run"):
        async with Browser(BrowserSettings(tmp_path, headed=True), on_change=lambda: None):
            pass


async def test_the_profile_is_private_and_no_port_listens(tmp_path: Path) -> None:
    async with running_browser(tmp_path) as browser:
        chromium = chromium_of(browser)
        listening = [
            connection
            for process in (chromium, *chromium.children(recursive=True))
            for connection in process.net_connections(kind="inet")
            if connection.status == psutil.CONN_LISTEN
        ]

        assert listening == []
        for name in ("", "profile", "downloads"):
            assert (tmp_path / name).stat().st_mode & 0o777 == 0o700


@asynccontextmanager
async def logged() -> AsyncIterator[list[MutableMapping[str, Any]]]:
    """Give the lines that are logged within."""
    with structlog.testing.capture_logs() as lines:
        yield lines


async def why_unavailable(browser: Browser) -> BrowserUnavailable:
    """Return what whoever needs the browser is told."""
    with pytest.raises(BrowserUnavailable) as raised:
        await browser.ready()
    return raised.value


def chromium_of(browser: Browser) -> psutil.Process:
    """Return the browser process, found as an outsider would."""
    return next(
        process
        for process in driver_of(browser).children()
        if str(browser.settings.profile) in " ".join(process.cmdline())
    )


def driver_of(browser: Browser) -> psutil.Process:
    """Return the Node process between us and this browser."""
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            for child in process.children():
                if str(browser.settings.profile) in " ".join(child.cmdline()):
                    return process
    raise AssertionError("no driver runs")


def is_guard(process: psutil.Process, directory: Path) -> bool:
    """Say whether it is what outlives a killed agent of this directory."""
    words = process.cmdline()
    return "agent_runtime.browser.guard" in words and any(str(directory) in one for one in words)


async def busiest_renderer(asker: Asker) -> psutil.Process:
    """Return the process that runs the scripts of the main page."""
    renderers = [
        one
        for one in chromium_of(asker.browser).children(recursive=True)
        if "--type=renderer" in one.cmdline()
    ]
    before = {one: one.cpu_times().user for one in renderers}
    await asker.get("evaluate", expression="for (let t = Date.now(); Date.now() < t + 700;);")
    return max(renderers, key=lambda one: one.cpu_times().user - before[one])
