"""The video of one page while it is recorded: by Playwright's ffmpeg, or picture by picture."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Literal, Protocol

from playwright.async_api import Error, Page, ScreencastFrame, ScreencastSize

from agent_runtime.browser.errors import CALL_FAILED, AlreadyRecording, NotRecording
from agent_runtime.browser.motion_jpeg import MotionJpegFile

Format = Literal["avi", "webm"]

_TAKEN: Final = "already started"
_CLEAN_SECONDS: Final = 2.0
_FIRST_PICTURE_SECONDS: Final = 1.0


class VideoRecording(Protocol):
    """A video in the making."""

    path: Path

    @property
    def format(self) -> Format:
        """What the file is going to be."""
        ...

    @property
    def seconds(self) -> float:
        """How long it is by now."""
        ...

    @property
    def is_cut(self) -> bool:
        """Whether it grew too large, so that its end is missing."""
        ...

    async def stop(self) -> None:
        """End it; the file is whole then."""
        ...

    def abandon(self) -> None:
        """Let go of the file, which nobody will get."""
        ...


class EncodedVideo:
    """A video that Playwright's ffmpeg makes."""

    format: Final[Format] = "webm"
    is_cut: Final = False

    def __init__(self, page: Page, path: Path) -> None:
        """Prepare; nothing is recorded yet."""
        self._page = page
        self.path = path
        self._began_at = 0.0

    @property
    def seconds(self) -> float:
        """How long ago it began."""
        return asyncio.get_running_loop().time() - self._began_at

    async def start(self, size: ScreencastSize, frames_per_second: int) -> None:
        """Begin.

        Raises:
            playwright.async_api.Error: there is no ffmpeg, say; nothing has begun.
            AlreadyRecording: somebody else watches the page.
        """
        async with _beginning(self._page):
            await self._page.screencast.start(path=self.path, size=size, fps=frames_per_second)
        self._began_at = asyncio.get_running_loop().time()

    async def stop(self) -> None:
        """End it."""
        await self._page.screencast.stop()

    def abandon(self) -> None:
        """Do nothing: the file is Playwright's."""


class PictureVideo:
    """A video made of the pictures that the browser sends, at a steady rate."""

    format: Final[Format] = "avi"

    def __init__(self, page: Page, path: Path) -> None:
        """Prepare; nothing is recorded yet."""
        self._page = page
        self.path = path
        self._rate = 1
        self._file: MotionJpegFile | None = None
        self._began_at = 0.0
        self._first = asyncio.Event()
        self._latest = b""
        """Not written yet: until its time has come another may take its place."""
        self.is_cut = False

    @property
    def seconds(self) -> float:
        """How long what is in the file lasts."""
        return self._file.frames / self._rate if self._file is not None else 0.0

    async def start(self, size: ScreencastSize, frames_per_second: int, quality: int) -> None:
        """Begin; the first picture is there then, if the page is to be seen at all.

        Raises:
            playwright.async_api.Error: the page is gone; nothing has begun.
            AlreadyRecording: somebody else watches the page.
        """
        self._rate = frames_per_second
        async with _beginning(self._page):
            await self._page.screencast.start(on_frame=self.take, size=size, quality=quality)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_FIRST_PICTURE_SECONDS):
                    await self._first.wait()

    def take(self, frame: ScreencastFrame) -> None:
        """Take the next picture."""
        try:
            if self._file is None:
                self._file = MotionJpegFile(self.path, self._rate)
                self._began_at = asyncio.get_running_loop().time()
            self._catch_up(self._file)
        except OSError:
            self.is_cut = True  # the disk is full, say: what is there is what there will be
        self._latest = frame["data"]
        self._first.set()

    async def stop(self) -> None:
        """End it; what the page shows now lasts until now.

        Raises:
            NotRecording: there was no picture at all.
            OSError: the file cannot be completed.
        """
        await self._page.screencast.stop()
        if self._file is None:
            raise NotRecording(
                "the browser sent no picture of the page: bring_to_front it, then start_video"
            )
        with contextlib.closing(self._file) as file:
            self._catch_up(file, at_least=1)
            if not self.is_cut:
                file.add(self._latest)  # there are players that end with the last picture

    def abandon(self) -> None:
        """Close the file."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()

    def _catch_up(self, file: MotionJpegFile, at_least: int = 0) -> None:
        """Write the latest picture for all the time that it was to be seen."""
        passed = asyncio.get_running_loop().time() - self._began_at
        due = max(int(passed * self._rate) - file.frames, at_least)
        if due <= 0 or not self._latest:
            return
        self.is_cut = self.is_cut or file.is_full
        if not self.is_cut:
            # A write into the page cache takes less than handing it to a thread.
            file.add(self._latest)
            for _ in range(due - 1):
                file.add(b"")


@asynccontextmanager
async def _beginning(page: Page) -> AsyncIterator[None]:
    """Leave the page as it was if its screencast does not begin."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, Error) and _TAKEN in error.message:
            raise AlreadyRecording(
                "somebody watches this page already, and there is one view of a page at a time"
            ) from error
        # To Playwright it has begun even so.
        with contextlib.suppress(TimeoutError, *CALL_FAILED):
            async with asyncio.timeout(_CLEAN_SECONDS):
                await page.screencast.stop()
        raise
