"""A video file made of JPEG pictures, without any encoder: an AVI of Motion JPEG.

It is written as it comes and plays in common players. AVI knows no time but the number of a
picture, so a picture that stays is followed by empty ones, which repeat it.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

MEDIA_TYPE: Final = "video/x-msvideo"

MOST_BYTES: Final = 1_000_000_000
"""Players that read no extension of the format read no further than a few of these."""

_PICTURE: Final = b"00dc"
_INDEX_ENTRY: Final = struct.Struct("<4sIII")
_IS_KEY_FRAME: Final = 0x10
_HAS_INDEX: Final = 0x10
_MOVI: Final = 220
"""Where the word `movi` stands, from which the index counts."""
_START_OF_FRAME: Final = frozenset({0xC0, 0xC1, 0xC2})


class MotionJpegFile:
    """One video while it is written."""

    def __init__(self, path: Path, frames_per_second: int, *, most_bytes: int = MOST_BYTES) -> None:
        """Create the file at *path*; it is full at *most_bytes*."""
        self._rate = frames_per_second
        self._most_bytes = most_bytes
        self._file = path.open("wb")
        self._file.write(bytes(_MOVI + 4))
        self._index = bytearray()
        self._largest = 0
        self._size = (0, 0)
        self.frames = 0

    @property
    def is_full(self) -> bool:
        """Whether no more may be added."""
        return self._file.tell() + len(self._index) > self._most_bytes

    def add(self, jpeg: bytes) -> None:
        """Add a picture; an empty one repeats that before it."""
        if self._size == (0, 0):
            self._size = size_of(jpeg)
        offset = self._file.tell() - _MOVI
        flags = _IS_KEY_FRAME if jpeg else 0
        self._index += _INDEX_ENTRY.pack(_PICTURE, flags, offset, len(jpeg))
        self._file.write(_PICTURE + struct.pack("<I", len(jpeg)) + jpeg + bytes(len(jpeg) % 2))
        self._largest = max(self._largest, len(jpeg))
        self.frames += 1

    def close(self) -> None:
        """Complete the file; idempotent."""
        if self._file.closed:
            return
        with self._file:
            end_of_pictures = self._file.tell()
            self._file.write(_chunk(b"idx1", bytes(self._index)))
            end = self._file.tell()
            self._file.seek(0)
            self._file.write(self._head(end_of_pictures, end))

    def _head(self, end_of_pictures: int, end: int) -> bytes:
        width, height = self._size
        main = struct.pack(
            "<14I",
            *(1_000_000 // self._rate, self._largest * self._rate, 0, _HAS_INDEX, self.frames),
            *(0, 1, self._largest, width, height, 0, 0, 0, 0),
        )
        stream = struct.pack(
            "<4s4sIHHIIIIIIII4H",
            *(b"vids", b"MJPG", 0, 0, 0, 0, 1, self._rate, 0, self.frames, self._largest),
            *(0xFFFFFFFF, 0, 0, 0, width, height),
        )
        picture = struct.pack(
            "<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0
        )
        streams = _list(b"strl", _chunk(b"strh", stream) + _chunk(b"strf", picture))
        head = b"AVI " + _list(b"hdrl", _chunk(b"avih", main) + streams)
        pictures = b"LIST" + struct.pack("<I", end_of_pictures - _MOVI) + b"movi"
        return b"RIFF" + struct.pack("<I", end - 8) + head + pictures


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Return the width and height of a picture; zeros for what is no JPEG."""
    at = 2
    while at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4], "big")
        if marker in _START_OF_FRAME:
            height, width = struct.unpack(">HH", jpeg[at + 5 : at + 9])
            return width, height
        at += 2 + length
    return 0, 0


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _list(name: bytes, content: bytes) -> bytes:
    return _chunk(b"LIST", name + content)
