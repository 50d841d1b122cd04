"""Files that pages were given: their names, and when they go."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent_runtime.browser.uploads import Uploads, file_name
from tests.agent_runtime.actions.asking import running_browser


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("report.pdf", "report.pdf"),
        (" Größe: 5.txt", "Größe: 5.txt"),
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("/etc/passwd", "_etc_passwd"),
        ("a\0b\nc\x7f", "a_b_c_"),
        ("", "file"),
        (" ", "file"),
        (".", "file"),
        ("..", "file"),
        (".profile", ".profile"),
        ("half \ud800", "half ?"),
        ("x" * 300, "x" * 200),
        ("x" * 300 + ".tar.gz", "x" * 197 + ".gz"),
        ("é" * 150 + ".txt", "é" * 98 + ".txt"),
        ("a." + "x" * 300, "a." + "x" * 198),
    ],
)
def test_a_name_stays_as_far_as_a_file_can_have_it(name: str, kept: str) -> None:
    assert file_name(name, on_windows=False) == kept


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        (r"C:\boot.ini", "C__boot.ini"),
        ("what?.txt. .", "what_.txt"),
        ("NUL.txt", "_NUL.txt"),
        ("com1", "_com1"),
        ("...", "file"),
    ],
)
def test_windows_forbids_more(name: str, kept: str) -> None:
    assert file_name(name, on_windows=True) == kept


@pytest.mark.browser
@pytest.mark.slow
async def test_files_go_with_what_needs_them(tmp_path: Path) -> None:
    """1. left by a killed agent; 2. too many; 3. too much; 4. a failed choice; 5. the end."""
    directory = tmp_path / "agent"
    uploads_at = directory / "uploads"
    (uploads_at / "left").mkdir(parents=True)
    async with running_browser(directory) as browser:
        assert not uploads_at.exists()
        tab = await browser.tab(None)

        few = Uploads(uploads_at, max_files=2)
        for name in ("first", "second", "third"):
            async with few.lent(tab, [(_file(tmp_path, 1), name)]) as (path,):
                assert path.read_bytes() == b"x"
        assert _names(uploads_at) == ["second", "third"]
        await few.clear()

        little = Uploads(uploads_at, max_bytes=10)
        for name, size in (("small", 5), ("large", 100)):
            async with little.lent(tab, [(_file(tmp_path, size), name)]):
                pass
        assert _names(uploads_at) == ["large"]
        with pytest.raises(ZeroDivisionError):
            async with little.lent(tab, [(_file(tmp_path, 1), "failed")]):
                raise ZeroDivisionError
        assert _names(uploads_at) == ["large"]
        async with little.lent(tab, []) as paths:
            assert paths == []
    assert not await asyncio.to_thread(uploads_at.exists)


def _file(directory: Path, size: int) -> Path:
    path = directory / "fetched"
    path.write_bytes(b"x" * size)
    return path


def _names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.rglob("*") if path.is_file())
