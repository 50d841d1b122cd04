"""Files that were put into pages, kept for as long as a page may still read them.

A page reads a chosen file when it submits, which may be long after the command that chose it is
over. So a file stays until its page closes or goes to another document, and no longer than the
agent; and if one page were to collect files without end, the oldest go first.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import rmtree
from tempfile import mkdtemp
from typing import Final

from playwright.async_api import Frame, JSHandle, Page

from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.files import private_directory
from agent_runtime.browser.tab import Tab

MAX_BYTES: Final = 2 * 1024**3
MAX_FILES: Final = 1_000

_NAME_BYTES: Final = 200
_FORBIDDEN: Final = dict.fromkeys([*range(32), 127, ord("/")], "_")
_FORBIDDEN_ON_WINDOWS: Final = dict.fromkeys(map(ord, r'\:*?"<>|'), "_")
_DEVICES: Final = frozenset({"con", "prn", "aux", "nul", "conin$", "conout$"}) | {
    f"{device}{number}" for device in ("com", "lpt") for number in range(10)
}
"""Names that Windows keeps for itself, whatever their ending."""


@dataclass(eq=False)
class _Lent:
    """The files of one choice."""

    directory: Path
    files: int
    size: int


class Uploads:
    """The files that the pages of one browser have been given, in one directory."""

    def __init__(
        self, directory: Path, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES
    ) -> None:
        """Keep them in *directory*, which belongs to nobody else."""
        self._directory = directory
        self._max_bytes = max_bytes
        self._max_files = max_files
        self._lent: list[_Lent] = []

    async def clear(self) -> None:
        """Remove everything, what an earlier life left behind too."""
        self._lent.clear()
        await asyncio.to_thread(rmtree, self._directory, ignore_errors=True)

    @asynccontextmanager
    async def lent(self, tab: Tab, files: Sequence[tuple[Path, str]]) -> AsyncIterator[list[Path]]:
        """Take *files*, each with the name it is to have, and put *tab* in charge of them.

        Within the block they are where they will stay; if it fails they are removed.
        """
        if not files:
            yield []
            return
        lent, paths = await asyncio.to_thread(self._take, files)
        try:
            document = await tab.page.evaluate_handle("document")
            yield paths
        except BaseException:
            await _remove(lent)
            raise
        self._lent.append(lent)
        self._follow(tab.page, document, lent)
        await self._make_room(lent)

    def _take(self, files: Sequence[tuple[Path, str]]) -> tuple[_Lent, list[Path]]:
        directory = Path(mkdtemp(dir=private_directory(self._directory)))
        paths = []
        for number, (path, name) in enumerate(files):
            own = directory / str(number)  # two files may have the same name
            own.mkdir()
            paths.append(path.rename(own / file_name(name)))
        size = sum(path.stat().st_size for path in paths)
        return _Lent(directory, len(paths), size), paths

    def _follow(self, page: Page, document: JSHandle, lent: _Lent) -> None:
        """Give *lent* up once *page* closes, or has left *document*."""

        async def on_close(_: Page) -> None:
            await give_up()

        async def on_navigated(frame: Frame) -> None:
            if frame.parent_frame is None and await _is_left(document):
                await give_up()

        async def give_up() -> None:
            page.remove_listener("close", on_close)
            page.remove_listener("framenavigated", on_navigated)
            await self._give_up(lent)

        page.on("close", on_close)
        page.on("framenavigated", on_navigated)

    async def _give_up(self, lent: _Lent) -> None:
        if lent in self._lent:
            self._lent.remove(lent)
            await _remove(lent)

    async def _make_room(self, newest: _Lent) -> None:
        while self._is_too_much() and self._lent[0] is not newest:
            await self._give_up(self._lent[0])

    def _is_too_much(self) -> bool:
        files = sum(one.files for one in self._lent)
        return files > self._max_files or sum(one.size for one in self._lent) > self._max_bytes


def file_name(name: str, *, on_windows: bool = os.name == "nt") -> str:
    """Return *name* as a file can have it, in no directory but its own."""
    plain = name.encode(errors="replace").decode().translate(_FORBIDDEN).strip()
    if on_windows:
        plain = plain.translate(_FORBIDDEN_ON_WINDOWS).rstrip(". ")
        if plain.partition(".")[0].lower() in _DEVICES:
            plain = f"_{plain}"
    if plain in ("", ".", ".."):
        return "file"
    return _shortened(plain)


def _shortened(name: str) -> str:
    """Return *name* so short that every file system takes it; its ending stays."""
    path = PurePosixPath(name)
    ending = path.suffix if len(path.suffix) <= 20 else ""
    stem = name.removesuffix(ending).encode()[: _NAME_BYTES - len(ending.encode())]
    return stem.decode(errors="ignore") + ending


async def _is_left(document: JSHandle) -> bool:
    try:
        return not await document.evaluate("seen => seen === document")
    except CALL_FAILED:
        return True


async def _remove(lent: _Lent) -> None:
    await asyncio.to_thread(rmtree, lent.directory, ignore_errors=True)
