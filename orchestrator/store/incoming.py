"""A file that is being written in threads, which a cancelled caller does not wait for."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

PREFIX: Final = ".incoming-"


class IncomingFile:
    """Bytes on their way to a place that only their digest will name.

    Closed under a lock: a thread that came to its write later would write to whatever file has
    been given the same descriptor since, the database for one.
    """

    def __init__(self, file: int, path: Path) -> None:
        """Write to the open *file*, which is at *path*."""
        self._file = file
        self._path = path
        self._digest = hashlib.sha256()
        self._lock = threading.Lock()
        self._is_closed = False

    @classmethod
    def make(cls, directory: Path) -> Self:
        """Open a new file in *directory*; raises `OSError`."""
        file, temporary = tempfile.mkstemp(dir=directory, prefix=PREFIX)
        return cls(file, Path(temporary))

    def write(self, parts: list[bytes]) -> None:
        """Append *parts*; does nothing once it is closed."""
        with self._lock:
            if self._is_closed:
                return
            for part in parts:
                self._digest.update(part)
                view = memoryview(part)
                while view:
                    view = view[os.write(self._file, view) :]

    def keep_as(self, path: Path, sync: Callable[[int], None] | None) -> None:
        """Let the file be at *path* from now on; with *sync*, bytes and name are on the disk."""
        if sync is not None:
            self._sync(sync)
        self._path.replace(path)
        # A directory cannot be opened on Windows, which writes names by a journal of its own.
        if sync is not None and os.name == "posix":
            directory = os.open(path.parent, os.O_RDONLY)
            try:
                sync(directory)
            finally:
                os.close(directory)

    def close(self) -> None:
        """Write no more; what is not kept by now is removed."""
        with self._lock:
            self._is_closed = True
            os.close(self._file)
            self._path.unlink(missing_ok=True)

    def hexdigest(self) -> str:
        """Return the digest of what was written."""
        return self._digest.hexdigest()

    def _sync(self, sync: Callable[[int], None]) -> None:
        with self._lock:
            if not self._is_closed:
                sync(self._file)
