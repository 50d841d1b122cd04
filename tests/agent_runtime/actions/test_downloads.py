"""Files that pages download, from a real site through a real browser."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
import pytest_asyncio

from agent_runtime.actions.downloads import DownloadedFile, DownloadList
from agent_runtime.browser.download import DownloadState, DownloadSummary
from agent_runtime.browser.downloads import DISK_BYTES
from tests.agent_runtime.actions.asking import (
    Asker,
    MemoryArtifacts,
    code_of,
    eventually,
    result_of,
)
from tests.site import Site
from xagent_protocol.ids import ArtifactId, RequestId
from xagent_protocol.outcomes import ArtifactRef, Effect, Outcome, OutcomeState

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_gates = count(1)


@dataclass
class Files:
    """What the tests ask of the site, of the agent and of its disk."""

    asker: Asker
    site: Site

    def file(self, **fields: object) -> str:
        """Return the URL of a file."""
        return self.site.url(f"/file?{urlencode(fields)}")

    def stalled(self, **fields: object) -> tuple[str, str]:
        """Return the URL of a file that stops half-way, and the gate behind which the rest is."""
        gate = f"/gate-{next(_gates)}"
        return self.site.url(f"/stalled-file?{urlencode({'until': gate, **fields})}"), gate

    def open(self, gate: str) -> None:
        """Let the rest come."""
        self.site.hits[gate] += 1

    def listed(self) -> list[DownloadSummary]:
        """Return all downloads, newest first."""
        return [one.summary() for one in self.asker.browser.downloads]

    def newest(self) -> DownloadSummary:
        """Return the newest."""
        return self.listed()[0]

    def on_disk(self) -> list[str]:
        """Return the names of all files that a download could have left."""
        settings = self.asker.browser.settings
        kept = (settings.downloads, settings.outgoing)
        return sorted(path.name for directory in kept for path in directory.iterdir())

    async def download(self, **params: Any) -> DownloadedFile:
        """Download what must come."""
        return msgspec.convert(await self.asker.get("download", **params), DownloadedFile)

    async def until(self, state: DownloadState) -> DownloadSummary:
        """Wait until the newest download is in *state*."""
        await eventually(lambda: self.newest().state is state)
        return self.newest()


@pytest_asyncio.fixture(loop_scope="session")
async def files(asker: Asker, site: Site) -> AsyncIterator[Files]:
    """The shared browser on a page with links to files; afterwards no download is under way."""
    downloads = asker.browser.downloads
    downloads.hand_over_to(asker.artifacts)
    await asker.get("goto", url=site.url("/files"))
    found = Files(asker, site)
    yield found
    downloads.limit_bytes, downloads.disk_bytes = None, DISK_BYTES
    downloads.hand_over_to(asker.artifacts)
    for one in downloads:
        one.stop("the test is over")
    await eventually(lambda: all(one.is_over for one in downloads))
    assert found.on_disk() == []


def sha256(content: bytes) -> str:
    """Return the digest of *content*."""
    return hashlib.sha256(content).hexdigest()


async def test_a_file_is_an_artifact_when_its_download_answers(files: Files) -> None:
    outcome = await files.asker.ask("download", url=files.file(name="report.zip", size=70_000))

    content = b"x" * 70_000
    got = msgspec.convert(result_of(outcome), DownloadedFile)
    assert (got.name, got.content_type, got.size) == ("report.zip", "application/zip", 70_000)
    assert got.sha256 == sha256(content)
    assert got.url == files.file(name="report.zip", size=70_000)
    assert files.asker.artifacts.kept[got.artifact_id] == content
    assert [one.artifact_id for one in outcome.artifacts] == [got.artifact_id]
    assert outcome.notices == ()
    assert outcome.page is not None
    assert outcome.page.url == files.site.url("/files")
    listed = files.newest()
    assert (listed.id, listed.state) == (got.id, DownloadState.COMPLETE)
    assert (listed.artifact_id, listed.page) == (got.artifact_id, outcome.page.id)


@pytest.mark.parametrize(
    ("fields", "name", "content_type"),
    [
        ({"disposition": "", "type": "application/pdf"}, "file.pdf", "application/pdf"),
        ({"disposition": "", "type": "text/html"}, "file.html", "text/html"),
        ({"disposition": "", "type": "text/plain"}, "file.txt", "text/plain"),
        ({"disposition": "", "type": "image/png"}, "file.png", "image/png"),
        ({"disposition": "inline", "name": "a.pdf", "type": "text/plain"}, "a.pdf", "text/plain"),
        ({"size": 0}, "file.zip", "application/zip"),
    ],
)
async def test_a_url_is_saved_whatever_a_browser_would_do_with_it(
    files: Files, fields: dict[str, object], name: str, content_type: str
) -> None:
    got = await files.download(url=files.file(**fields))

    assert (got.name, got.content_type) == (name, content_type)
    assert await files.asker.get("title") == "Files"


async def test_a_redirect_is_followed(files: Files) -> None:
    to = urlencode({"to": files.file(name="b.zip")})

    got = await files.download(url=files.site.url(f"/redirect?{to}"))

    assert (got.name, got.url) == ("b.zip", files.file(name="b.zip"))


async def test_the_pages_cookies_go_with_the_request(files: Files) -> None:
    await files.asker.get("goto", url=files.site.url("/sign-in?user=ann"))

    got = await files.download(url=files.site.url("/account"))
    await files.asker.get("goto", url=files.site.url("/sign-out"))

    assert b"<p id=session>ann" in files.asker.artifacts.kept[got.artifact_id]


@pytest.mark.parametrize(
    ("target", "name"),
    [("#plain", "report.zip"), ("#other-tab", "tab.zip"), ("#made", "made.csv")],
)
async def test_a_click_that_leads_to_a_file_gives_it(files: Files, target: str, name: str) -> None:
    got = await files.download(target=target)

    assert got.name == name
    assert files.newest().artifact_id == got.artifact_id


@pytest.mark.slow
async def test_a_file_of_a_window_that_the_click_opens_is_the_clicks_own(files: Files) -> None:
    got = await files.download(target="#window")

    assert got.name == "window.zip"


async def test_a_target_in_a_frame_is_clicked_there(files: Files) -> None:
    got = await files.download(target="#deep", frame="#inner")

    assert got.name == "deep.zip"


@pytest.mark.slow
async def test_an_iframe_that_loads_meanwhile_is_no_file(files: Files) -> None:
    """Only the page's own document is saved."""
    url, gate = files.stalled(name="a.zip", silent=1)
    loaded = files.site.hits["/form"]
    main = files.asker.browser.tabs.main
    assert main is not None
    await main.page.evaluate(
        """url => {
            const inner = document.querySelector('#inner');
            inner.removeAttribute('srcdoc');
            setTimeout(() => { inner.src = url; }, 300);
        }""",
        files.site.url("/form"),
    )
    before = len(files.listed())
    command = files.asker.command("download", url=url)
    async with asyncio.TaskGroup() as tasks:
        download = tasks.create_task(files.asker.performer.perform(command))
        await eventually(lambda: files.site.hits["/form"] > loaded)
        files.open(gate)

    assert msgspec.convert(result_of(download.result()), DownloadedFile).name == "a.zip"
    await main.page.frame_locator("#inner").locator("#go").wait_for()
    assert len(files.listed()) in (before + 1, 100)


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "url:"),
        ({"url": "https://example.com", "target": "#plain"}, "url:"),
        ({"url": "https://example.com", "frame": "#inner"}, "frame:"),
        ({"url": "about:blank"}, "url:"),
        ({"url": "example.com/a.zip"}, "url:"),
        ({"target": ""}, "$.target"),
        ({"url": 7}, "$.url"),
        ({"path": "/tmp/x"}, "path"),
    ],
)
async def test_params_that_make_no_sense_are_named(
    files: Files, params: dict[str, Any], named: str
) -> None:
    before = files.listed()

    outcome = await files.asker.ask("download", **params)

    assert (code_of(outcome), outcome.effect) == ("invalid_params", Effect.NONE)
    assert outcome.error is not None
    assert named in outcome.error.message
    assert files.listed() == before


async def test_a_file_of_the_agents_own_disk_is_not_downloaded(files: Files) -> None:
    outcome = await files.asker.ask("download", url="file:///etc/passwd")

    assert code_of(outcome) == "blocked_by_policy"


@pytest.mark.parametrize("status", [204, 404, 500])
async def test_a_server_that_refuses_gives_no_file_and_the_page_stays(
    files: Files, status: int
) -> None:
    outcome = await files.asker.ask("download", url=files.file(status=status, size=0))

    assert code_of(outcome) == "download_failed"
    assert outcome.error is not None
    assert outcome.error.details == {"status": status}
    assert str(status) in outcome.error.message
    assert await files.asker.get("title") == "Files"


async def test_a_server_that_is_not_there_gives_no_file_and_the_page_stays(files: Files) -> None:
    outcome = await files.asker.ask("download", url="http://127.0.0.1:9/a.zip")

    assert code_of(outcome) == "download_failed"
    assert outcome.error is not None
    assert outcome.error.details is not None
    assert outcome.error.details["net_error"]
    assert await files.asker.get("title") == "Files"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../x", "x"),
        ("..\\..\\x.exe", "x.exe"),
        ("C:\\evil.exe", "evil.exe"),
        ("n" * 300 + ".pdf", None),
        ("a\u202egpj.exe", "gpj.exe"),
        (".bashrc", "bashrc"),
        ("CON", "CON"),
        ("a\x00b", None),
        ("", "file.zip"),
    ],
)
async def test_a_name_of_the_sites_choosing_reaches_no_disk(
    files: Files, given: str, name: str | None
) -> None:
    directory = files.asker.browser.settings.directory
    before = everything_in(directory)
    url, gate = files.stalled(name=given)
    command = files.asker.command("download", url=url)
    async with asyncio.TaskGroup() as tasks:
        download = tasks.create_task(files.asker.performer.perform(command))
        await files.until(DownloadState.IN_PROGRESS)
        on_disk = everything_in(directory) - before
        files.open(gate)

    got = msgspec.convert(result_of(download.result()), DownloadedFile)
    assert {path.parent.name for path in on_disk} <= {"downloads"}
    assert all(set(path.stem) <= set("0123456789abcdef-") for path in on_disk), on_disk
    assert len(got.name) <= 200
    assert not set(got.name) & set("/\\\u202e\x00")
    if name is not None:
        assert got.name.endswith(name)


def everything_in(directory: Path) -> set[Path]:
    """Return every file of the agent's but those of the browser's own profile."""
    return {
        path
        for path in directory.rglob("*")
        if path.is_file() and "profile" not in path.parts and path.suffix != ".new"
    }


async def test_a_click_tells_once_what_it_began_and_the_file_is_kept_by_itself(
    files: Files,
) -> None:
    before = files.listed()
    await files.asker.get("click", target="#plain")
    await eventually(lambda: files.listed() != before)
    began = files.newest()

    told = [*(await files.asker.ask("title")).notices, *(await files.asker.ask("title")).notices]
    over = await files.asker.get("wait_for_download", id=began.id)

    assert len(told) <= 1
    summary = msgspec.convert(over, DownloadSummary)
    assert summary.state is DownloadState.COMPLETE
    assert summary.artifact_id is not None
    assert files.asker.artifacts.kept[summary.artifact_id] == b"xxxxx"


async def test_a_download_that_nobody_asked_for_is_told_to_who_asks_next_on_that_page(
    files: Files,
) -> None:
    main = files.asker.browser.tabs.main
    assert main is not None
    opened = await files.asker.get("new_page")
    assert isinstance(opened, dict)
    before = files.listed()
    await main.page.evaluate("document.querySelector('#plain').click()")
    await eventually(lambda: files.listed() != before)

    elsewhere = await files.asker.ask("title", page=opened["id"])
    there = await files.asker.ask("title", page=main.id)
    again = await files.asker.ask("title", page=main.id)

    began = files.newest()
    assert (elsewhere.notices, again.notices) == ((), ())
    (notice,) = there.notices
    assert notice.startswith(f"A download began on page {main.id}: {began.id} (report.zip)")
    await files.asker.get("wait_for_download", id=began.id)


async def test_downloads_are_listed_newest_first(files: Files) -> None:
    for name in ("a.zip", "b.zip", "c.zip"):
        await files.download(url=files.file(name=name))

    listed = msgspec.convert(await files.asker.get("downloads", limit=2), DownloadList)

    assert [one.name for one in listed.downloads] == ["c.zip", "b.zip"]
    assert all(one.artifact_id for one in listed.downloads)
    too_many = await files.asker.ask("downloads", limit=101)
    assert code_of(too_many) == "invalid_params"


async def test_the_next_download_can_be_waited_for(files: Files) -> None:
    got = await files.download(url=files.file(name="before.zip"))
    waiting = files.asker.command("wait_for_download")
    async with asyncio.TaskGroup() as tasks:
        wait = tasks.create_task(files.asker.performer.perform(waiting))
        await eventually(lambda: len(files.asker.browser.downloads._expected) == 1)
        await files.asker.get("click", target="#plain")

    first = msgspec.convert(result_of(wait.result()), DownloadSummary)
    since = await files.asker.get("wait_for_download", since=got.id)
    assert (first.name, first.state) == ("report.zip", DownloadState.COMPLETE)
    assert msgspec.convert(since, DownloadSummary) == first


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"id": "d999999"}, "id: d999999 is not among the downloads"),
        ({"id": "d1", "since": "d1"}, "since:"),
        ({"id": "p1"}, "$.id"),
        ({"since": "1"}, "$.since"),
    ],
)
async def test_what_cannot_be_waited_for_is_named(
    files: Files, params: dict[str, Any], named: str
) -> None:
    outcome = await files.asker.ask("wait_for_download", **params)

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert named in outcome.error.message


async def test_to_go_to_a_file_says_that_it_is_one(files: Files) -> None:
    before = files.listed()

    outcome = await files.asker.ask("goto", url=files.file(name="a.zip"))

    assert code_of(outcome) == "navigation_failed"
    assert outcome.error is not None
    assert "is a file and no page" in outcome.error.message
    await eventually(lambda: files.listed() != before)
    await files.until(DownloadState.COMPLETE)


async def test_a_click_that_leads_to_no_file_is_waited_for_until_the_time_is_up(
    files: Files,
) -> None:
    outcome = await files.asker.ask("download", target="#none", timeout=0.5)

    assert (outcome.state, outcome.effect) == (OutcomeState.TIMED_OUT, Effect.PARTIAL)
    assert outcome.error is not None
    assert "no download began" in outcome.error.message


async def test_what_comes_too_slowly_is_stopped_and_leaves_nothing(files: Files) -> None:
    url, _ = files.stalled(name="slow.zip")

    outcome = await files.asker.ask("download", url=url, timeout=1)

    assert outcome.state is OutcomeState.TIMED_OUT
    assert outcome.error is not None
    assert "slow.zip" in outcome.error.message
    assert (await files.until(DownloadState.CANCELLED)).artifact_id is None
    assert files.on_disk() == []


async def begun(files: Files, url: str, **params: Any) -> asyncio.Task[Outcome]:
    """Return the task of a download that has begun."""
    before = files.listed()
    command = files.asker.command("download", url=url, **params)
    task = asyncio.get_running_loop().create_task(files.asker.performer.perform(command))
    await eventually(lambda: files.listed() != before)
    await files.until(DownloadState.IN_PROGRESS)
    return task


async def test_a_cancelled_download_leaves_nothing(files: Files) -> None:
    url, _ = files.stalled()

    task = await begun(files, url)
    task.cancel()
    await asyncio.wait([task])

    await files.until(DownloadState.CANCELLED)
    assert files.on_disk() == []


async def test_a_page_that_closes_takes_its_download_along(files: Files) -> None:
    opened = await files.asker.get("new_page")
    assert isinstance(opened, dict)
    url, _ = files.stalled()

    task = await begun(files, url, page=opened["id"])
    await files.asker.get("close_page", page=opened["id"])

    assert code_of(await task) == "page_closed"
    await files.until(DownloadState.CANCELLED)
    assert files.on_disk() == []


async def test_a_page_of_its_own_context_downloads_too(files: Files) -> None:
    opened = await files.asker.get("new_page", isolated=True, url=files.site.url("/files"))
    assert isinstance(opened, dict)
    await files.asker.get("click", target="#plain", page=opened["id"])
    await files.until(DownloadState.COMPLETE)
    assert files.newest().page == opened["id"]

    got = await files.download(url=files.file(name="own.zip"), page=opened["id"])
    assert got.name == "own.zip"


async def test_a_download_that_fails_half_way_says_so_and_leaves_nothing(files: Files) -> None:
    """With its context goes what it was downloading."""
    opened = await files.asker.get("new_page", isolated=True, url=files.site.url("/files"))
    assert isinstance(opened, dict)
    url, _ = files.stalled()
    before = files.listed()
    tab = files.asker.browser.tabs.find(opened["id"])
    assert tab is not None
    await tab.page.evaluate("url => { location = url }", url)
    await eventually(lambda: files.listed() != before)

    await files.asker.get("close_page", page=opened["id"])

    failed = await files.until(DownloadState.FAILED)
    assert failed.error is not None
    assert failed.artifact_id is None
    assert files.on_disk() == []


@pytest.mark.slow
async def test_a_connection_that_breaks_for_good_fails_the_download(files: Files) -> None:
    """The browser tries to go on a few times by itself."""
    url, gate = files.stalled(**{"break": 1})

    task = await begun(files, url, timeout=30)
    files.open(gate)
    outcome = await task

    assert code_of(outcome) == "download_failed"
    assert outcome.error is not None
    assert "broke it off" in outcome.error.message
    assert files.newest().state is DownloadState.FAILED
    assert files.on_disk() == []


async def test_a_file_over_the_limit_is_not_kept(files: Files) -> None:
    files.asker.browser.downloads.limit_bytes = 1000

    outcome = await files.asker.ask("download", url=files.file(size=1001))
    fitting = await files.download(url=files.file(size=1000))

    assert code_of(outcome) == "download_failed"
    assert outcome.error is not None
    assert "larger than 1000 bytes" in outcome.error.message
    assert files.listed()[1].state is DownloadState.FAILED
    assert fitting.size == 1000
    assert files.on_disk() == []


@pytest.mark.slow
async def test_a_file_that_grows_over_the_limit_is_stopped_meanwhile(files: Files) -> None:
    files.asker.browser.downloads.limit_bytes = 50_000
    url, _ = files.stalled(size=1_000_000)

    outcome = await files.asker.ask("download", url=url)

    assert code_of(outcome) == "download_failed"
    assert outcome.error is not None
    assert "larger than 50000 bytes" in outcome.error.message
    assert files.on_disk() == []


@pytest.mark.slow
async def test_where_the_disk_is_spoken_for_the_newest_is_given_up(files: Files) -> None:
    files.asker.browser.downloads.disk_bytes = 150_000
    first, gate = files.stalled(name="first.zip", size=200_000)
    second, _ = files.stalled(name="second.zip", size=200_000)
    opened = await files.asker.get("new_page")
    assert isinstance(opened, dict)

    older = await begun(files, first)
    newer = await begun(files, second, page=opened["id"])
    refused = await newer
    files.asker.browser.downloads.disk_bytes = 200_000
    files.open(gate)

    assert code_of(refused) == "download_failed"
    assert refused.error is not None
    assert "at most 150000 bytes" in refused.error.message
    assert result_of(await older) is not None
    assert files.on_disk() == []


async def test_what_the_orchestrator_refuses_is_no_artifact_and_not_kept(files: Files) -> None:
    files.asker.artifacts.is_full = True

    outcome = await files.asker.ask("download", url=files.file())

    assert code_of(outcome) == "download_failed"
    assert outcome.error is not None
    assert "did not take the artifact" in outcome.error.message
    assert files.newest().state is DownloadState.FAILED
    assert files.on_disk() == []


class _Away(MemoryArtifacts):
    """An orchestrator that is away until it `is_back`."""

    def __init__(self) -> None:
        super().__init__()
        self.is_back = asyncio.Event()
        self.asked: list[RequestId | None] = []

    async def put(
        self, content: bytes | Path, *, content_type: str, name: str, request_id: RequestId | None
    ) -> ArtifactRef:
        self.asked.append(request_id)
        await self.is_back.wait()
        return await super().put(
            content, content_type=content_type, name=name, request_id=request_id
        )


async def test_what_is_whole_waits_for_an_orchestrator_that_is_away(files: Files) -> None:
    away = _Away()
    files.asker.browser.downloads.hand_over_to(away)

    outcome = await files.asker.ask("download", url=files.file(name="kept.zip"), timeout=1)

    assert outcome.state is OutcomeState.TIMED_OUT
    assert outcome.error is not None
    assert "whole on the agent's disk" in outcome.error.message
    waiting = files.newest()
    assert (waiting.state, waiting.artifact_id) == (DownloadState.UPLOADING, None)
    assert files.on_disk() == [waiting.id, f"{waiting.id}.json"]
    away.is_back.set()
    over = msgspec.convert(
        await files.asker.get("wait_for_download", id=waiting.id), DownloadSummary
    )
    assert over.artifact_id == ArtifactId("art-1")
    assert away.kept[over.artifact_id] == b"xxxxx"
    assert away.asked[0] is not None
    assert files.on_disk() == []


async def test_only_the_file_of_a_download_belongs_to_its_command(files: Files) -> None:
    there = _Away()
    there.is_back.set()
    files.asker.browser.downloads.hand_over_to(there)
    before = files.listed()

    await files.asker.get("click", target="#plain")
    await eventually(lambda: files.listed() != before)
    await files.until(DownloadState.COMPLETE)

    assert there.asked == [None]


@pytest.mark.slow
async def test_how_much_has_come_is_told_meanwhile(files: Files) -> None:
    url, gate = files.stalled(size=400_000)

    task = await begun(files, url)
    await eventually(lambda: files.newest().size == 200_000)
    files.open(gate)

    assert result_of(await task) is not None
    assert files.newest().size == 400_000
