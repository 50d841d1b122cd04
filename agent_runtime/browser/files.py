"""Small private files, replaced whole: a reader sees the old content or the new, never a half."""

from __future__ import annotations

import os
from pathlib import Path


def write_private(path: Path, content: bytes, *, synced: bool = False) -> None:
    """Replace *path* by *content* with mode 0600; survives kill -9, and a power cut if *synced*."""
    draft = path.with_name(f".{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        if synced:
            file.flush()
            os.fsync(file.fileno())
    draft.replace(path)
    if synced and os.name == "posix":
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def private_directory(path: Path) -> Path:
    """Make *path* a directory that nobody else on this machine can read, and return it."""
    path.mkdir(parents=True, exist_ok=True)
    if os.name == "posix":
        path.chmod(0o700)
    return path
