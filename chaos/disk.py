"""A disk of the orchestrator's own, small enough to be filled: a tmpfs that nobody else sees.

It is mounted in a mount namespace of the harness, so it goes with the harness, however that ends.
Both need root on Linux; without, this fault is left out.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

SIZE_MB: Final = 128
_NEW_NAMESPACE: Final = 0x00020000
_BALLAST: Final = "ballast"
_BLOCK_BYTES: Final = 4096


class SmallDisk:
    """A directory on a file system of a known size."""

    def __init__(self, directory: Path) -> None:
        """Take over *directory*, on which the file system is mounted."""
        self.directory = directory

    @classmethod
    def mount(cls, directory: Path) -> SmallDisk | None:
        """Mount one on *directory*, which is made; null where that is not allowed.

        To be called before any thread exists: a namespace belongs to a thread and those that it
        starts.
        """
        directory.mkdir()
        if sys.platform != "linux" or os.geteuid() != 0:
            return None
        if ctypes.CDLL(None, use_errno=True).unshare(_NEW_NAMESPACE) != 0:
            return None
        for command in (
            ("mount", "--make-rprivate", "/"),
            ("mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m,mode=0700", "tmpfs", str(directory)),
        ):
            done = subprocess.run(command, stderr=subprocess.DEVNULL, check=False)
            if done.returncode != 0:
                return None
        return cls(directory)

    def unmount(self) -> None:
        """Let go of it, with all that is on it."""
        subprocess.run(("umount", "--lazy", str(self.directory)), check=False)

    def fill(self) -> None:
        """Leave no room for another byte."""
        size, step = 0, SIZE_MB * 1024 * 1024
        with (self.directory / _BALLAST).open("wb") as ballast:
            # Others write meanwhile, so what is free cannot be asked for beforehand.
            while step >= _BLOCK_BYTES:
                try:
                    os.posix_fallocate(ballast.fileno(), size, step)
                    size += step
                except OSError:
                    step //= 2

    def empty(self) -> None:
        """Give the room back; idempotent."""
        with contextlib.suppress(FileNotFoundError):
            (self.directory / _BALLAST).unlink()
