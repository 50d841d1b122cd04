"""Whole downloads on the agent's disk, from one life to the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_runtime.browser.download import DownloadId, Taken
from agent_runtime.browser.outgoing import Outgoing, empty
from xagent_protocol.ids import PageId, RequestId


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where they lie."""
    return tmp_path / "outgoing"


def taken(number: int) -> Taken:
    """Return what is known of a download."""
    return Taken(
        DownloadId(f"d{number}"),
        PageId("p1"),
        "https://example.com/a",
        "a.zip",
        "application/zip",
        RequestId("r1"),
    )


def keep(outgoing: Outgoing, tmp_path: Path, number: int, content: bytes = b"whole") -> None:
    """Let a file of the browser's be taken."""
    file = tmp_path / "a5978aae-3cba"
    file.write_bytes(content)
    outgoing.take(file, taken(number))
    assert not file.exists()


def names(directory: Path) -> set[str]:
    """Return what lies there."""
    return {path.name for path in directory.iterdir()}


def test_what_is_whole_is_there_in_the_next_life_oldest_first(
    directory: Path, tmp_path: Path
) -> None:
    outgoing = Outgoing(directory)
    assert outgoing.load() == []
    for number in (10, 9, 2):
        keep(outgoing, tmp_path, number)

    next_life = Outgoing(directory)

    assert next_life.load() == [taken(2), taken(9), taken(10)]
    assert next_life.path(DownloadId("d9")).read_bytes() == b"whole"


def test_nobody_else_reads_them(directory: Path, tmp_path: Path) -> None:
    outgoing = Outgoing(directory)
    outgoing.load()
    keep(outgoing, tmp_path, 1)

    assert directory.stat().st_mode & 0o777 == 0o700
    assert outgoing.path(DownloadId("d1")).stat().st_mode & 0o777 == 0o600


def test_what_is_not_whole_is_removed(directory: Path, tmp_path: Path) -> None:
    outgoing = Outgoing(directory)
    outgoing.load()
    for number in (1, 2, 3, 4):
        keep(outgoing, tmp_path, number)
    outgoing.path(DownloadId("d1")).unlink()
    (directory / "d2.json").unlink()
    (directory / "d3.json").write_bytes(b"{")
    (directory / "d5.json").write_bytes((directory / "d4.json").read_bytes())
    (directory / "d5").write_bytes(b"of another id")
    (directory / "sub").mkdir()
    (directory / "sub" / "file").touch()

    assert Outgoing(directory).load() == [taken(4)]
    assert names(directory) == {"d4", "d4.json"}


def test_what_was_handed_over_is_gone(directory: Path, tmp_path: Path) -> None:
    outgoing = Outgoing(directory)
    outgoing.load()
    keep(outgoing, tmp_path, 1)

    outgoing.drop(DownloadId("d1"))
    outgoing.drop(DownloadId("d1"))

    assert names(directory) == set()


def test_a_directory_is_emptied_and_never_followed_elsewhere(tmp_path: Path) -> None:
    inside, outside = tmp_path / "downloads", tmp_path / "outside"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "half").touch()
    (inside / "half").touch()
    outside.mkdir()
    (outside / "precious").touch()
    (inside / "link").symlink_to(outside)

    empty(inside)
    empty(tmp_path / "never there")

    assert names(inside) == set()
    assert names(outside) == {"precious"}
