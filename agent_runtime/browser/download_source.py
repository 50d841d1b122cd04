"""Where a download comes from: what the browser tells of it, and where it writes its bytes."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Final

from playwright.async_api import Download as BrowserDownload, Page

from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.text import printable
from xagent_protocol.file_names import file_name

_LONGEST_URL: Final = 2_000
_GIVEN_UP: Final = "the browser gave it up: the site, the network or the disk broke it off"
BROWSER_ENDED: Final = "the browser ended before it was whole"


class DownloadSource:
    """One download as Playwright knows it."""

    def __init__(self, download: BrowserDownload) -> None:
        """Look at *download*, which has just begun."""
        self._download = download
        self._path = _future_path(download)

    @property
    def page(self) -> Page:
        """The page that began it, or that opened the one which did."""
        return self._download.page

    @property
    def url(self) -> str:
        """Where it comes from, cut where it is a whole file itself."""
        return printable(self._download.url)[:_LONGEST_URL]

    @property
    def name(self) -> str:
        """What its site calls it, tamed; for people, and never a path."""
        return file_name(printable(self._download.suggested_filename), otherwise="download")

    async def end(self, unwanted: asyncio.Event) -> str | None:
        """Wait until it is whole, or break it off once it is *unwanted*.

        Returns why it is not whole, if so.
        """
        async with asyncio.TaskGroup() as tasks:
            stopping = tasks.create_task(self._cancel_when(unwanted))
            try:
                failure = await self._download.failure()
            except CALL_FAILED:
                failure = BROWSER_ENDED
            stopping.cancel()
        # Whoever breaks it off, the browser says the same.
        return _GIVEN_UP if failure == "canceled" else failure

    async def whole(self) -> Path | None:
        """Return where the whole file is; null if it is gone again, with its page's context."""
        try:
            self._path = await self._download.path()
        except CALL_FAILED:
            return None
        return self._path

    def size(self) -> int | None:
        """Return how many bytes have come, if that can be seen; asks the disk."""
        for place in self._places():
            with contextlib.suppress(OSError):
                return place.stat().st_size
        return None

    def discard(self) -> None:
        """Remove what has come, if that is not done yet."""
        for place in self._places():
            with contextlib.suppress(OSError):
                place.unlink(missing_ok=True)

    async def _cancel_when(self, unwanted: asyncio.Event) -> None:
        await unwanted.wait()
        with contextlib.suppress(*CALL_FAILED):
            await self._download.cancel()

    def _places(self) -> tuple[Path, ...]:
        path = self._path
        # Chromium renames a file once it is whole.
        return () if path is None else (path.with_name(f"{path.name}.crdownload"), path)


def _future_path(download: BrowserDownload) -> Path | None:
    """Return where the whole file will be, which Playwright tells only then.

    So this looks where it keeps that to itself. Without it, a download has no size before it is
    whole, and a file that is too large is only found out then.
    """
    artifact = getattr(download._impl_obj, "_artifact", None)
    path = getattr(artifact, "_initializer", {}).get("absolutePath")
    return Path(path) if isinstance(path, str) else None
