"""Every file that a page downloads, whoever caused it: listed, and handed over as an artifact.

The browser writes under names that Playwright makes; what a site calls a file is told, and reaches
no disk here. A file goes to the orchestrator in pieces, is tried again for as long as that is away,
and is removed when it is there. What the disk holds meanwhile is bounded: at the bound the newest
that is still coming is given up, so that what is whole has its place.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from mimetypes import MimeTypes
from pathlib import Path
from typing import Final, Protocol

import structlog
from playwright.async_api import BrowserContext, Download as BrowserDownload, Page
from structlog.typing import FilteringBoundLogger

from agent_runtime.browser.download import Download, DownloadId, DownloadState, Taken
from agent_runtime.browser.download_source import DownloadSource
from agent_runtime.browser.launch import BrowserSettings
from agent_runtime.browser.numbers import Numbers
from agent_runtime.browser.outgoing import Outgoing, empty
from agent_runtime.errors import ArtifactUploadFailed, DirectoryUnusable
from agent_runtime.logs import described
from xagent_protocol.ids import PageId, RequestId
from xagent_protocol.outcomes import ArtifactRef

log: FilteringBoundLogger = structlog.get_logger()

REMEMBERED: Final = 100
"""How many are listed, and how many may be under way."""

DISK_BYTES: Final = 4 * 1024**3
"""What all that are under way may hold of the disk."""

LOOK_SECONDS: Final = 0.5
"""How often those that are coming are measured; they may pass a bound by what comes meanwhile."""

_AT_ONCE: Final = 2
"""How many are handed over side by side."""

_BINARY: Final = "application/octet-stream"
# Within what the orchestrator takes: a site's odd header must not cost us its file.
_MEDIA_TYPE: Final = re.compile(
    r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}(?:;[ -~]{1,150})?", re.ASCII
)
_DOWNLOAD_ID: Final = re.compile(r"d([1-9][0-9]{0,17})\Z")
_GONE: Final = "its file was gone before it could be kept: its page's context was closed"

# The table that Python brings along, not the machine's, so that every agent says the same.
_types: Final = MimeTypes()


class Keeps(Protocol):
    """What a finished download needs of the orchestrator."""

    async def put(
        self, content: Path, *, content_type: str, name: str, request_id: RequestId | None
    ) -> ArtifactRef:
        """Keep it, however long that takes; raises `ArtifactUploadFailed` if nobody ever will."""
        ...


class Claim:
    """The next download of some pages, for a command that is about to cause it."""

    def __init__(self, request_id: RequestId, is_ours: Callable[[Page], bool]) -> None:
        """Claim the first to come on a page of which *is_ours* is true."""
        self.request_id = request_id
        self.is_ours = is_ours
        self.content_type: Callable[[], str | None] = lambda: None
        """Asked when it begins for what its server calls it."""
        self.begun: asyncio.Future[Download] = asyncio.get_running_loop().create_future()

    @property
    def download(self) -> Download | None:
        """What it got, if it has begun."""
        is_there = self.begun.done() and not self.begun.cancelled()
        return self.begun.result() if is_there else None

    def fits(self, page: Page) -> bool:
        """Say whether a download that begins on *page* is the one."""
        return not self.begun.done() and self.is_ours(page)


class Downloads:
    """The downloads of one agent, through all its browsers."""

    def __init__(
        self, settings: BrowserSettings, page_id_of: Callable[[Page], PageId | None]
    ) -> None:
        """Prepare; `load` before the browser starts, `attach` its contexts, `run` meanwhile."""
        self._settings = settings
        self._page_id_of = page_id_of
        self._outgoing = Outgoing(settings.outgoing)
        self._numbers: Numbers
        self._listed: deque[Download] = deque()
        self._new: asyncio.Queue[Download] = asyncio.Queue()
        self._claims: list[Claim] = []
        self._expected: list[asyncio.Future[Download]] = []
        self._untold: list[Download] = []
        self._growing = asyncio.Event()
        self._uploads = asyncio.Semaphore(_AT_ONCE)
        self._store: Keeps | None = None
        self._has_store = asyncio.Event()
        self.limit_bytes: int | None = None
        """The largest artifact that the orchestrator takes, once it has said so."""
        self.disk_bytes = DISK_BYTES

    def __iter__(self) -> Iterator[Download]:
        """Newest first."""
        return iter(tuple(self._listed))

    def load(self) -> None:
        """Take up what an earlier life left: whole files are handed over, halves removed.

        Raises:
            DirectoryUnusable: what is needed for that cannot be read or written.
        """
        settings = self._settings
        try:
            for directory in (settings.downloads, settings.uploads):
                empty(directory)
            left = self._outgoing.load()
        except OSError as error:
            raise DirectoryUnusable(f"cannot use {settings.directory}: {error.strerror}") from error
        self._numbers = Numbers(settings.directory / "next_download", of="download")
        for taken in left:
            download = Download(taken, None)
            download.size = self._outgoing.path(taken.id).stat().st_size
            self._list(download)
            self._new.put_nowait(download)

    def attach(self, context: BrowserContext) -> None:
        """Take in whatever the pages of *context* download."""
        context.on("download", self._begin)

    def hand_over_to(self, store: Keeps) -> None:
        """Let *store* have what is whole; until it is named, that waits."""
        self._store = store
        self._has_store.set()

    def find(self, download_id: str) -> Download | None:
        """Return a download that is remembered."""
        return next((one for one in self._listed if one.id == download_id), None)

    def newest(self) -> int:
        """Return the number of the newest one, 0 if there was none in this life."""
        return number_of(self._listed[0].id) if self._listed else 0

    @contextmanager
    def claiming(self, claim: Claim) -> Iterator[None]:
        """Let *claim* have its download if that begins within the block.

        It belongs to a command then, whose answer tells of it.
        """
        self._claims.append(claim)
        try:
            yield
        finally:
            self._claims.remove(claim)

    async def expect(self, after: int) -> Download:
        """Return the first download with a number above *after*, as soon as there is one."""
        for download in reversed(self._listed):
            if number_of(download.id) > after:
                return download
        begun: asyncio.Future[Download] = asyncio.get_running_loop().create_future()
        self._expected.append(begun)
        try:
            return await begun
        finally:
            if begun in self._expected:
                self._expected.remove(begun)

    def take_notices(self, page_id: PageId) -> tuple[str, ...]:
        """Return what a caller on that page should hear of downloads that began there, once."""
        if not self._untold:
            return ()
        told = [one for one in self._untold if one.taken.page == page_id]
        self._untold = [one for one in self._untold if one.taken.page != page_id]
        return tuple(
            f"A download began on page {page_id}: {one.id} ({one.taken.name}); `downloads` says "
            "how far it is."
            for one in told
        )

    async def run(self) -> None:
        """Take in what comes, for ever."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_bounds())
            while True:
                tasks.create_task(self._take_in(await self._new.get()))

    # --- from the site to the disk -------------------------------------------------------------

    def _begin(self, begun: BrowserDownload) -> None:
        source = DownloadSource(begun)
        claim = next((one for one in self._claims if one.fits(source.page)), None)
        try:
            number = self._numbers.take()
        except OSError as error:
            # It cannot be called anything; the browser removes its file when it ends.
            log.error("a download stays without an id", reason=error.strerror)
            return
        content_type = claim.content_type() if claim is not None else None
        download = Download(
            Taken(
                DownloadId(f"d{number}"),
                self._page_id_of(source.page),
                source.url,
                source.name,
                _sound(content_type) or _type_of(source.name),
                claim.request_id if claim is not None else None,
            ),
            source,
        )
        if sum(not one.is_over for one in self._listed) >= REMEMBERED:
            download.stop(f"there are {REMEMBERED} downloads under way already: wait for one")
        self._list(download)
        if claim is not None:
            claim.begun.set_result(download)
        else:
            self._untold = [*self._untold[1 - REMEMBERED :], download]
        expected, self._expected = self._expected, []
        for arrived in expected:
            if not arrived.done():
                arrived.set_result(download)
        self._new.put_nowait(download)
        self._growing.set()

    def _list(self, download: Download) -> None:
        self._listed.appendleft(download)
        surplus = len(self._listed) - REMEMBERED
        for one in [one for one in reversed(self._listed) if one.is_over][: max(0, surplus)]:
            self._listed.remove(one)

    async def _take_in(self, download: Download) -> None:
        try:
            if download.source is not None:
                await self._receive(download, download.source)
            if download.state is DownloadState.UPLOADING:
                await self._hand_over(download)
        except Exception as error:
            # Whatever is wrong with one, the others go on.
            log.error("a download failed inside the agent", id=download.id, **described(error))
            await self._fail(download, f"it failed inside the agent ({type(error).__name__})")
        if download.is_over:
            log.info("download over", id=download.id, state=download.state, error=download.error)

    async def _receive(self, download: Download, source: DownloadSource) -> None:
        """Wait until the file is whole, and take it; or say why there is none."""
        failure = await source.end(download.unwanted)
        path = await source.whole() if failure is None else None
        if path is not None and not download.unwanted.is_set():
            waiting = self._waiting_bytes()
            failure = await asyncio.to_thread(self._take, download, path, waiting)
            if failure is None:
                download.move(DownloadState.UPLOADING)
                return
        await asyncio.to_thread(source.discard)
        if download.unwanted.is_set():
            download.move(download.ends_as, download.error)
        else:
            download.move(DownloadState.FAILED, failure or _GONE)

    def _take(self, download: Download, path: Path, waiting_bytes: int) -> str | None:
        """Move a whole file to where it waits; returns why it cannot be kept."""
        try:
            download.size = path.stat().st_size
            if self.limit_bytes is not None and download.size > self.limit_bytes:
                return self._too_large()
            if waiting_bytes + download.size > self.disk_bytes:
                return self._no_room()
            self._outgoing.take(path, download.taken)
        except OSError as error:
            with contextlib.suppress(OSError):
                self._outgoing.drop(download.id)
            return f"the agent's disk does not take it: {error.strerror}"
        return None

    async def _keep_bounds(self) -> None:
        while True:
            await self._growing.wait()
            coming = [one for one in self if one.state is DownloadState.IN_PROGRESS]
            if not coming:
                self._growing.clear()
                continue
            sizes = await asyncio.to_thread(_sizes, coming)
            for one, size in zip(coming, sizes, strict=True):
                # One that was moved away meanwhile has its size by now.
                if size is not None and one.state is DownloadState.IN_PROGRESS:
                    one.size = size
            self._stop_what_is_too_much(coming)
            await asyncio.sleep(LOOK_SECONDS)

    def _stop_what_is_too_much(self, coming: list[Download]) -> None:
        """Stop each that is over the limit, and the newest of all as long as the sum is."""
        for one in coming:
            if self.limit_bytes is not None and (one.size or 0) > self.limit_bytes:
                one.stop(self._too_large())
        wanted = [one for one in coming if not one.unwanted.is_set()]
        held = self._waiting_bytes() + sum(one.size or 0 for one in wanted)
        for one in wanted:
            if held <= self.disk_bytes:
                break
            one.stop(self._no_room())
            held -= one.size or 0

    def _waiting_bytes(self) -> int:
        return sum(one.size or 0 for one in self if one.state is DownloadState.UPLOADING)

    def _too_large(self) -> str:
        return f"it is larger than {self.limit_bytes} bytes, the most that the orchestrator takes"

    def _no_room(self) -> str:
        return (
            f"the agent keeps at most {self.disk_bytes} bytes of downloads that are under way: "
            "wait until the orchestrator has those that are whole"
        )

    # --- from the disk to the orchestrator -----------------------------------------------------

    async def _hand_over(self, download: Download) -> None:
        await self._has_store.wait()
        assert self._store is not None
        taken = download.taken
        try:
            async with self._uploads:
                artifact = await self._store.put(
                    self._outgoing.path(taken.id),
                    content_type=taken.content_type,
                    name=taken.name,
                    request_id=taken.request_id,
                )
        except ArtifactUploadFailed as error:
            await self._fail(download, str(error))
            return
        await asyncio.to_thread(self._outgoing.drop, taken.id)
        download.artifact, download.size = artifact, artifact.size
        download.move(DownloadState.COMPLETE)

    async def _fail(self, download: Download, error: str) -> None:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(self._outgoing.drop, download.id)
        if not download.is_over:
            download.move(DownloadState.FAILED, error)


def _sound(content_type: str | None) -> str | None:
    """Return what a server calls a file, as far as it is a media type."""
    for text in (content_type or "", (content_type or "").partition(";")[0].strip()):
        if _MEDIA_TYPE.fullmatch(text):
            return text
    return None


def _type_of(name: str) -> str:
    content_type, encoding = _types.guess_type(name)
    return content_type if content_type is not None and encoding is None else _BINARY


def number_of(download_id: str) -> int:
    """Return the number in an id, 0 if it is none."""
    match = _DOWNLOAD_ID.match(download_id)
    return int(match[1]) if match is not None else 0


def _sizes(downloads: list[Download]) -> list[int | None]:
    return [one.source.size() if one.source is not None else None for one in downloads]
