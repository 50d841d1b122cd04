"""The list of downloads, and what becomes of them when something dies.

How files come from a site is told in the tests of the actions.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import cast

import pytest
from playwright.async_api import Download as BrowserDownload, Page

from agent_runtime.browser import Browser, BrowserSettings
from agent_runtime.browser.download import DownloadState
from agent_runtime.browser.downloads import REMEMBERED, Claim, Downloads
from tests.agent_runtime.actions.asking import (
    Asker,
    MemoryArtifacts,
    code_of,
    eventually,
    running_browser,
)
from tests.site import Site
from xagent_protocol.ids import PageId, RequestId
from xagent_protocol.outcomes import ArtifactRef

PAGE = cast(Page, object())

_numbers = count(1)


class Begun:
    """A download as Playwright hands it over, whose end the test decides."""

    def __init__(self, directory: Path, name: str = "a.txt", page: Page = PAGE) -> None:
        """Begin to write into *directory*."""
        self.page = page
        self.url = "https://example.com/a"
        self.suggested_filename = name
        self._file = directory / f"guid-{next(_numbers)}"
        self._file.write_bytes(b"whole")
        self._ended: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()

    @property
    def _impl_obj(self) -> object:
        return self

    async def failure(self) -> str | None:
        """Wait for the end."""
        return await self._ended

    async def path(self) -> Path:
        """Say where the file is."""
        return self._file

    async def cancel(self) -> None:
        """Break it off."""
        self.end("canceled")

    def end(self, failure: str | None = None) -> None:
        """Let it be whole, or not."""
        if not self._ended.done():
            self._ended.set_result(failure)


@asynccontextmanager
async def taking_in(directory: Path) -> AsyncIterator[tuple[Downloads, MemoryArtifacts]]:
    """Run the downloads of an agent that has no browser."""
    settings = BrowserSettings(directory)
    settings.downloads.mkdir(parents=True, exist_ok=True)
    downloads, artifacts = Downloads(settings, lambda page: PageId("p1")), MemoryArtifacts()
    downloads.load()
    downloads.hand_over_to(artifacts)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(downloads.run())
        try:
            yield downloads, artifacts
        finally:
            running.cancel()


def begin(downloads: Downloads, name: str = "a.txt", page: Page = PAGE) -> Begun:
    """Let a page begin a download."""
    begun = Begun(downloads._settings.downloads, name, page)
    downloads._begin(cast(BrowserDownload, begun))
    return begun


@pytest.mark.slow
async def test_the_latest_are_remembered_and_those_under_way(tmp_path: Path) -> None:
    async with taking_in(tmp_path) as (downloads, artifacts):
        under_way = begin(downloads)
        for _ in range(REMEMBERED + 20):
            begin(downloads).end()
            newest = next(iter(downloads))
            await newest.wait()

        assert len(list(downloads)) == REMEMBERED
        assert downloads.find("d1") is not None
        assert downloads.find("d2") is None
        assert len(artifacts.kept) == REMEMBERED + 20
        under_way.end()


@pytest.mark.slow
async def test_no_more_are_under_way_than_can_be_remembered(tmp_path: Path) -> None:
    async with taking_in(tmp_path) as (downloads, _):
        under_way = [begin(downloads) for _ in range(REMEMBERED)]
        begin(downloads)
        refused = next(iter(downloads))
        await refused.wait()
        begin(downloads)
        await next(iter(downloads)).wait()

        assert refused.state is DownloadState.FAILED
        assert refused.error is not None
        assert "under way already" in refused.error
        assert len(list(downloads)) == REMEMBERED + 1
        for one in under_way:
            one.end()


async def test_what_fails_in_the_agent_itself_harms_no_other(tmp_path: Path) -> None:
    async with taking_in(tmp_path) as (downloads, _):
        broken, sound = begin(downloads), begin(downloads)
        broken._ended.set_exception(ZeroDivisionError())
        sound.end()
        second, first = downloads
        await first.wait()
        await second.wait()

        assert first.state is DownloadState.FAILED
        assert second.state is DownloadState.COMPLETE


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.pdf", "application/pdf"),
        ("a.CSV", "text/csv"),
        ("a.tar.gz", "application/octet-stream"),
        ("a", "application/octet-stream"),
    ],
)
async def test_a_type_is_told_by_the_name_where_nobody_said_it(
    tmp_path: Path, name: str, content_type: str
) -> None:
    async with taking_in(tmp_path) as (downloads, _):
        begin(downloads, name).end()
        (download,) = downloads
        await download.wait()

        assert download.artifact is not None
        assert download.artifact.content_type == content_type


@pytest.mark.parametrize(
    ("said", "content_type"),
    [
        ("text/csv; charset=utf-8", "text/csv; charset=utf-8"),
        ("text/csv ; charset=utf-8", "text/csv"),
        ("text/csv;", "text/csv"),
        ("text/csv; note=ü", "text/csv"),
        ("text/csv; " + "x" * 300, "text/csv"),
        ("text/csv\r\nX-Evil: 1", "text/plain"),
        ("csv", "text/plain"),
        ("", "text/plain"),
    ],
)
async def test_of_what_a_server_calls_a_file_only_a_media_type_is_believed(
    tmp_path: Path, said: str, content_type: str
) -> None:
    async with taking_in(tmp_path) as (downloads, _):
        claim = Claim(RequestId("r1"), lambda page: True)
        claim.content_type = lambda: said
        with downloads.claiming(claim):
            begin(downloads, "a.txt").end()

        assert claim.download is not None
        assert claim.download.taken.content_type == content_type


async def test_a_claim_gets_the_first_download_of_its_page_and_only_that(tmp_path: Path) -> None:
    other = cast(Page, object())
    async with taking_in(tmp_path) as (downloads, _):
        claim = Claim(RequestId("r1"), lambda page: page is PAGE)
        claim.content_type = lambda: "text/csv"
        with downloads.claiming(claim):
            begun = [begin(downloads, page=page) for page in (other, PAGE, PAGE)]
        begun.append(begin(downloads))
        for one in begun:
            one.end()
        assert claim.download is not None
        assert claim.download.id == "d2"
        assert claim.download.taken.content_type == "text/csv"
        assert [one.taken.request_id for one in downloads] == [None, None, "r1", None]
        assert len(downloads.take_notices(PageId("p1"))) == 3


async def test_who_waits_for_the_next_is_not_told_of_those_before(tmp_path: Path) -> None:
    async with taking_in(tmp_path) as (downloads, _):
        begin(downloads).end()
        async with asyncio.TaskGroup() as tasks:
            known = tasks.create_task(downloads.expect(0))
            coming = tasks.create_task(downloads.expect(downloads.newest()))
            given_up = tasks.create_task(downloads.expect(downloads.newest()))
            await asyncio.wait([known])
            assert not coming.done()
            given_up.cancel()
            begin(downloads).end()

        assert (known.result().id, coming.result().id) == ("d1", "d2")


async def test_the_next_life_hands_over_what_was_whole_under_the_same_id(tmp_path: Path) -> None:
    async with taking_in(tmp_path) as (downloads, _):
        downloads.hand_over_to(_Away())
        begin(downloads, "kept.pdf").end()
        half = begin(downloads)
        first = downloads.find("d1")
        assert first is not None
        await eventually(lambda: first.state is DownloadState.UPLOADING)
    (tmp_path / "uploads" / "of-a-killed-command").mkdir(parents=True)

    async with taking_in(tmp_path) as (downloads, artifacts):
        (again,) = downloads
        await again.wait()

        assert (again.id, again.state) == ("d1", DownloadState.COMPLETE)
        assert (again.taken.name, again.size) == ("kept.pdf", 5)
        assert list(artifacts.kept.values()) == [b"whole"]
        begin(downloads).end()
        assert next(iter(downloads)).id == "d3"
    half.end()
    for name in ("outgoing", "uploads"):
        assert list((tmp_path / name).iterdir()) == []


class _Away(MemoryArtifacts):
    """An orchestrator that never comes back."""

    async def put(
        self, content: bytes | Path, *, content_type: str, name: str, request_id: RequestId | None
    ) -> ArtifactRef:
        await asyncio.Event().wait()
        raise AssertionError


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("victim", ["chromium", "driver"])
async def test_what_was_coming_fails_with_its_browser_and_leaves_nothing(
    tmp_path: Path, victim: str
) -> None:
    with Site() as site:
        async with running_browser(tmp_path) as browser:
            asker = Asker(browser)
            url = site.url("/stalled-file?until=/never")
            command = asker.command("download", url=url)
            async with asyncio.TaskGroup() as tasks:
                download = tasks.create_task(asker.performer.perform(command))
                await eventually(lambda: len(list(browser.downloads)) == 1)
                _kill(browser, victim)
            (failed,) = browser.downloads
            await failed.wait()

            assert code_of(download.result()) == "browser_crashed"
            assert failed.state in (DownloadState.FAILED, DownloadState.CANCELLED)
            assert (await asker.ask("title")).error is None
            got = await asker.ask("download", url=site.url("/file?name=a.zip"))
            assert got.error is None
            assert list(browser.settings.downloads.iterdir()) == []
        site.hits["/never"] += 1


def _kill(browser: Browser, victim: str) -> None:
    assert browser._launch is not None
    process = browser._launch.process if victim == "chromium" else browser._launch.driver
    assert process is not None
    process.kill()
