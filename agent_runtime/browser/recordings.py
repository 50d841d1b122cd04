"""What is being recorded of the running browser, and the one directory that all of it lies in.

Playwright keeps what it records there as well: nothing of it lies where others could read it, and
what a killed agent left is found, and removed, at the next start. A recording ends with its page,
its context or its browser; whoever asks for it then hears so.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4
from weakref import WeakKeyDictionary

from playwright.async_api import BrowserContext, Page

from agent_runtime.browser.files import private_directory
from agent_runtime.browser.running import Running
from agent_runtime.browser.tab import Tab
from agent_runtime.browser.tracer import Trace, Tracer
from agent_runtime.browser.video import VideoRecording

RESOURCES: Final = "resources"
RESOURCES_BYTES: Final = 1024**3


class Recordings:
    """All that is recorded of one browser, over its restarts."""

    def __init__(self, directory: Path, *, resources_bytes: int = RESOURCES_BYTES) -> None:
        """Keep the files in *directory*, which nobody else uses.

        *resources_bytes* is what may stay there between two recordings.
        """
        self.directory = directory
        self._resources_bytes = resources_bytes
        self.traces: Running[BrowserContext, Trace] = Running(
            "trace", started_by="start_tracing", stopped_by="stop_tracing"
        )
        self.hars: Running[BrowserContext, Path] = Running(
            "HAR", started_by="start_har", stopped_by="stop_har"
        )
        self.videos: Running[Page, VideoRecording] = Running(
            "video",
            started_by="start_video",
            stopped_by="stop_video",
            on_loss=lambda video: video.abandon(),
        )
        self._tracers: WeakKeyDictionary[BrowserContext, Tracer] = WeakKeyDictionary()
        self._lost: tuple[str, ...] = ()
        self._working = 0
        self._door = asyncio.Lock()
        """Held while files are removed, lest those of a recording that begins go with them."""

    def tracer(self, context: BrowserContext) -> Tracer:
        """Return what traces *context*, made at the first call."""
        tracer = self._tracers.get(context)
        if tracer is None:
            tracer = self._tracers[context] = Tracer(context, self.traces, self.new_file)
            context.on("close", self._context_closed)
        return tracer

    def of(self, tab: Tab) -> str | None:
        """Name what records *tab* now; null if nothing does."""
        context = tab.page.context
        tracer = self._tracers.get(context)
        if tracer is not None and tracer.is_tracing:
            return "a trace"
        if self.hars.get(context) is not None:
            return "a HAR"
        return "a video" if self.videos.get(tab.page) is not None else None

    def new_file(self, name: str) -> Path:
        """Return a path for a file that is to be called *name*, where there is none yet."""
        return self.directory / f"{uuid4().hex}-{name}"

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Begin or end recordings in the block; afterwards no file is left that none needs."""
        async with self._door:
            self._working += 1
        try:
            yield
        finally:
            self._working -= 1
            async with self._door:
                if not self._is_needed():
                    await asyncio.to_thread(_remove_what_was, self.directory, self._resources_bytes)

    def lose(self) -> None:
        """Note that the browser is gone, and all that was recorded of it."""
        because = "the one that ran was lost with the browser, which was restarted"
        kinds = (self.traces, self.hars, self.videos)
        self._lost += tuple(running.kind for running in kinds if running.lose_all(because))

    def take_lost(self) -> tuple[str, ...]:
        """Return the kinds of what was lost with the browser, once."""
        lost, self._lost = self._lost, ()
        return lost

    def clear(self) -> None:
        """Make the directory, and remove all that an earlier browser left; blocks.

        Raises:
            OSError: it cannot be written.
        """
        self.remove()
        private_directory(self.directory)

    def remove(self) -> None:
        """Remove all that is there; blocks."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def watch_page(self, page: Page) -> None:
        """Let what is recorded of *page* end with it."""
        page.once("close", self._page_closed)

    def _page_closed(self, page: Page) -> None:
        self.videos.lose(page, "the one that ran was lost with its page")

    def _context_closed(self, context: BrowserContext) -> None:
        because = "the one that ran was lost with its last page"
        self.traces.lose(context, because)
        self.hars.lose(context, because)

    def _is_needed(self) -> bool:
        return bool(self._working or self.traces or self.hars or self.videos)


def _remove_what_was(directory: Path, resources_bytes: int) -> None:
    """Remove the files of recordings that are over, but what Playwright counts on finding again.

    In the life of one browser it writes every picture and style sheet once, for all the traces to
    come. Where these have grown too large they go as well, and later traces do without.
    """
    # Whatever cannot be removed now goes at the next start.
    with contextlib.suppress(OSError):
        for path in directory.iterdir():
            if path.name != RESOURCES:
                _remove(path)
        resources = directory / RESOURCES
        if resources.is_dir():
            files = list(resources.iterdir())
            if sum(file.stat().st_size for file in files) > resources_bytes:
                for file in files:
                    _remove(file)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
