"""The directory of what is recorded: nothing is left in it that nobody needs."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.browser.recordings import Recordings
from agent_runtime.browser.video import PictureVideo


@pytest.fixture
def recordings(tmp_path: Path) -> Recordings:
    """What is recorded of a browser that has just started."""
    recordings = Recordings(tmp_path / "recordings")
    recordings.clear()
    return recordings


def leave(recordings: Recordings) -> None:
    """Leave files like those of Playwright."""
    (recordings.directory / "screencast").mkdir()
    for name in ("a.trace", "screencast/1.jpeg"):
        (recordings.directory / name).write_text("left")
    (recordings.directory / "resources").mkdir()
    (recordings.directory / "resources" / "style.css").write_text("to be found again")


def left(recordings: Recordings) -> list[str]:
    """Return the names of the files that are there."""
    files = (path for path in recordings.directory.rglob("*") if path.is_file())
    return sorted(path.name for path in files)


def test_the_directory_is_private_and_empty_at_each_start(recordings: Recordings) -> None:
    leave(recordings)

    recordings.clear()

    assert left(recordings) == []
    assert recordings.directory.stat().st_mode & 0o077 == 0


async def test_files_go_when_the_last_recording_is_over(recordings: Recordings) -> None:
    leave(recordings)

    async with recordings.at_work():
        async with recordings.at_work():
            pass
        assert "a.trace" in left(recordings)

    assert left(recordings) == ["style.css"]


async def test_files_stay_while_something_is_recorded(recordings: Recordings) -> None:
    page = object()
    async with recordings.at_work():
        leave(recordings)
        recordings.videos.begin(page, PictureVideo(page, Path("x")))  # type: ignore[arg-type]  # any
    assert "a.trace" in left(recordings)

    async with recordings.at_work():
        recordings.videos.end(page)  # type: ignore[arg-type]  # any

    assert left(recordings) == ["style.css"]


async def test_what_playwright_counts_on_goes_when_it_has_grown_too_large(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path / "recordings", resources_bytes=10)
    recordings.clear()
    leave(recordings)

    async with recordings.at_work():
        pass

    assert left(recordings) == []


async def test_a_directory_that_is_gone_costs_nobody_anything(recordings: Recordings) -> None:
    recordings.remove()

    async with recordings.at_work():
        pass


async def test_what_was_lost_is_told_once(recordings: Recordings) -> None:
    page = object()
    recordings.videos.begin(page, PictureVideo(page, Path("x")))  # type: ignore[arg-type]  # any

    recordings.lose()

    assert recordings.take_lost() == ("video",)
    assert recordings.take_lost() == ()
