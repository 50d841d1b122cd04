"""The directory that is an agent: its identity, profile and downloads, held by one process.

Two browsers on one profile corrupt it, so the lock is taken before anything else is touched.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import filelock

from agent_runtime.errors import AlreadyRunning, DirectoryUnusable
from xagent_protocol.ids import AgentId

_LOCK: Final = "lock"


@contextmanager
def agent_directory(data_directory: Path, agent_id: AgentId) -> Iterator[Path]:
    """Make and hold the agent's directory; it is released when the context ends.

    Raises:
        DirectoryUnusable: it cannot be made or written.
        AlreadyRunning: another process holds it; the message names that process.
    """
    directory = directory_of(data_directory, agent_id)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
    except OSError as error:
        raise DirectoryUnusable(f"cannot use {directory}: {error.strerror}") from error
    lock = filelock.FileLock(directory / _LOCK, mode=0o600, on_acquired=_write_pid)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        raise AlreadyRunning(
            f"agent {agent_id} already runs here{_holder(directory)}: stop it first, or choose "
            "another name or --data-dir"
        ) from None
    except OSError as error:
        raise DirectoryUnusable(f"cannot write in {directory}: {error.strerror}") from error
    try:
        yield directory
    finally:
        lock.release()


def directory_of(data_directory: Path, agent_id: AgentId) -> Path:
    """Return where an agent's directory is, or will be."""
    return data_directory.absolute() / "agents" / agent_id


def _write_pid(descriptor: int) -> None:
    os.truncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())


def _holder(directory: Path) -> str:
    # Where locks are mandatory (Windows) nobody but the holder can read the file.
    try:
        pid = int((directory / _LOCK).read_text())
    except (OSError, ValueError):
        return ""
    return f" as process {pid}"
