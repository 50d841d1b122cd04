"""Whether an artifact is a trace, found out without believing its name."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Final

_END: Final = b"PK\x05\x06"
_END_BYTES: Final = 22
_COMMENT_BYTES: Final = 0xFFFF
_MOST_DIRECTORY_BYTES: Final = 8 * 1024 * 1024
"""A hundred thousand files; a larger list of them would only be read to cost memory."""

_SUFFIX: Final = ".trace"


def is_trace(path: Path) -> bool:
    """Say whether the file at *path* is a zip with a trace in it; blocks.

    Raises:
        FileNotFoundError: there is none.
    """
    if not 0 < _directory_bytes(path) <= _MOST_DIRECTORY_BYTES:
        return False
    try:
        with zipfile.ZipFile(path) as file:
            return any(name.endswith(_SUFFIX) for name in file.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False


def _directory_bytes(path: Path) -> int:
    """Return how long a zip says that its list of files is; 0 if it is no zip."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END_BYTES - _COMMENT_BYTES))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or at + _END_BYTES > len(tail):
        return 0
    (length,) = struct.unpack_from("<I", tail, at + 12)
    return int(length)
