"""Pictures of a real page, as many as are wanted and no more than commands allow."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from agent_runtime.channels.film import LOOK_FPS, QUIET_SECONDS, UNDER_WAY, Film
from tests.agent_runtime.actions.asking import Asker
from tests.site import Site
from xagent_protocol.live import PICTURE_HEAD, Want

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


class Screen:
    """What has been sent, and when."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.pictures: list[bytes] = []
        self.times: list[float] = []
        self.film: Film
        self.starts = 0
        self._arrived = asyncio.Event()

    async def take(self, picture: bytes) -> None:
        """Look at a picture."""
        self.pictures.append(picture)
        self.times.append(asyncio.get_running_loop().time())
        self._arrived.set()

    async def until(self, count: int, *, sees: bool = True) -> None:
        """Wait for so many pictures."""
        async with asyncio.timeout(10):
            while len(self.pictures) < count:
                self._arrived.clear()
                await self._arrived.wait()
                if sees:
                    self.film.seen(len(self.pictures))


@asynccontextmanager
async def filming(
    asker: Asker, url: str, count_commands: Callable[[], int] = lambda: 0
) -> AsyncIterator[Screen]:
    """Show a page."""
    await asker.get("goto", url=url)
    main = asker.browser.tabs.main
    assert main is not None
    cdp = await main.page.context.new_cdp_session(main.page)
    screen = Screen()
    screen.film = Film(cdp, count_commands, screen.take)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(screen.film.run())
        yield screen
        running.cancel()
    await cdp.detach()


def width_of(picture: bytes) -> int:
    """Return how wide a picture is, by the frame header of its JPEG."""
    header = picture.index(b"\xff\xc0")
    return int.from_bytes(picture[header + 7 : header + 9])


async def test_an_animated_page_is_filmed_at_the_rate_that_is_wanted(
    asker: Asker, site: Site
) -> None:
    async with filming(asker, site.url("/animated")) as screen:
        screen.film.want(Want(fps=15, width=640, height=640))
        await screen.until(20)

    spent = screen.times[-1] - screen.times[4]
    assert 15 / 18 < spent < 15 / 5, "at first a few come at once, to begin with"


async def test_a_page_is_looked_at_for_a_few_pictures(asker: Asker, site: Site) -> None:
    async with filming(asker, site.url("/animated")) as screen:
        screen.film.want(Want(fps=LOOK_FPS, width=320, height=320, quality=40))
        await screen.until(4)

    assert screen.times[-1] - screen.times[0] > 2 * 0.8 / LOOK_FPS


async def test_a_picture_that_equals_the_last_is_not_sent(asker: Asker, site: Site) -> None:
    for fps in (LOOK_FPS, 30):
        async with filming(asker, site.url("/form")) as screen:
            screen.film.want(Want(fps=fps))
            await screen.until(1)
            await asyncio.sleep(3 * QUIET_SECONDS)

        datas = [picture[PICTURE_HEAD.size :] for picture in screen.pictures]
        assert len(datas) <= 2, "one at first, and one if the page was still being painted"


async def test_whoever_wants_larger_pictures_of_a_page_that_rests_has_one_at_once(
    asker: Asker, site: Site
) -> None:
    waited: list[float] = []
    async with filming(asker, site.url("/form")) as screen:
        for width in (320, 640, 800, 960, 1120):
            begun = asyncio.get_running_loop().time()
            screen.film.want(Want(fps=30, width=width, height=width))
            async with asyncio.timeout(5):
                while not screen.pictures or width_of(screen.pictures[-1]) != width:
                    await screen.until(len(screen.pictures) + 1)
            waited.append(screen.times[-1] - begun)

    assert statistics.median(waited[1:]) < QUIET_SECONDS / 2, waited


async def test_what_changes_last_is_shown(asker: Asker, site: Site) -> None:
    """Chromium drops what it may not draw, and does not come back to it."""
    main = asker.browser.tabs.main
    assert main is not None
    async with filming(asker, site.url("/animated")) as screen:
        screen.film.want(Want(fps=10, width=320, height=320))
        await screen.until(5)
        await main.page.evaluate("document.body.innerHTML = '<h1>The end</h1>'")
        await asyncio.sleep(4 * QUIET_SECONDS)
        screen.film.seen(len(screen.pictures))
        shown = screen.pictures[-1][PICTURE_HEAD.size :]
        screen.film.want(Want(fps=10.5, width=320, height=320))
        await asyncio.sleep(2 * QUIET_SECONDS)

    assert screen.pictures[-1][PICTURE_HEAD.size :] == shown


async def test_no_more_are_under_way_than_there_is_room_for(asker: Asker, site: Site) -> None:
    async with filming(asker, site.url("/animated")) as screen:
        screen.film.want(Want(fps=60, width=320, height=320))
        await screen.until(UNDER_WAY, sees=False)
        await asyncio.sleep(2 * QUIET_SECONDS)
        under_way = len(screen.pictures)
        screen.film.seen(UNDER_WAY)
        await screen.until(UNDER_WAY + 2, sees=False)

    assert under_way == UNDER_WAY


async def test_commands_that_come_one_upon_the_other_are_let_through_first(
    asker: Asker, site: Site
) -> None:
    commands = 0

    def count() -> int:
        nonlocal commands
        commands += 5
        return commands

    async with filming(asker, site.url("/animated"), count) as screen:
        screen.film.want(Want(fps=30, width=320, height=320))
        await screen.until(8)

    spent = screen.times[-1] - screen.times[4]
    assert spent > 2 * 0.8 / LOOK_FPS
