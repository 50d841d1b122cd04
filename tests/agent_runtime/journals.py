"""Journals on real files, on disks that are full, and in lives that end with a kill."""

from __future__ import annotations

import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent_runtime.work.journal import Journal
from agent_runtime.work.journal_database import Row
from agent_runtime.work.journal_file import FILE_NAME, JournalFile, journal_file
from xagent_protocol.ids import JournalId

READS = frozenset({"look"})
"""The actions of these tests that only read."""


@contextmanager
def journal_in(directory: Path, machine_boot: str = "boot-1") -> Iterator[Journal]:
    """Open the journal of one life of an agent, on one life of its machine."""
    with journal_file(directory, machine_boot) as file:
        yield Journal(file, READS)


@contextmanager
def opened(directory: Path, machine_boot: str = "boot-1") -> Iterator[JournalFile]:
    """Open its file alone."""
    with journal_file(directory, machine_boot) as file:
        yield file


def journal_id(directory: Path, machine_boot: str = "boot-1") -> JournalId:
    """Open the file for a moment and return its id."""
    with opened(directory, machine_boot) as file:
        return file.journal_id


def rows(directory: Path) -> tuple[Row, ...]:
    """Open the file for a moment and return what it holds."""
    with opened(directory) as file:
        return file.rows


def left_by_a_kill(directory: Path, name: str = "killed") -> Path:
    """Return a directory with what a process that is killed now would leave in *directory*."""
    left = directory.with_name(f"{directory.name}-{name}")
    left.mkdir()
    for path in directory.glob(f"{FILE_NAME}*"):
        shutil.copy(path, left)
    return left


@contextmanager
def full_disk() -> Iterator[None]:
    """Let this process write to no file; pipes and sockets go on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
