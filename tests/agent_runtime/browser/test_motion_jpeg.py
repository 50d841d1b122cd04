"""The bytes of an AVI, read back by its own words."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from agent_runtime.browser.motion_jpeg import MotionJpegFile, size_of


def jpeg(width: int, height: int, body: bytes = b"") -> bytes:
    """Return the beginning of a picture, with a comment before its size, and *body*."""
    comment = b"\xff\xfe" + struct.pack(">H", 6) + b"hi!!"
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 8, 8, height, width, 0)
    return b"\xff\xd8" + comment + frame + body


def chunks(content: bytes) -> dict[bytes, bytes]:
    """Return the chunks of *content* by name; of several of one name, the last."""
    found = {}
    at = 0
    while at < len(content):
        (length,) = struct.unpack_from("<I", content, at + 4)
        name, body = content[at : at + 4], content[at + 8 : at + 8 + length]
        assert len(body) == length
        found[body[:4] if name in (b"LIST", b"RIFF") else name] = body
        at += 8 + length + length % 2
    return found


def test_the_file_tells_its_size_its_rate_and_every_picture(tmp_path: Path) -> None:
    path = tmp_path / "video.avi"
    first, second = jpeg(640, 360, b"odd"), jpeg(640, 360, b"even")
    video = MotionJpegFile(path, 5)
    for picture in (first, b"", second):
        video.add(picture)
    video.close()
    video.close()

    riff = chunks(path.read_bytes())[b"AVI "]
    parts = chunks(riff[4:])
    head = chunks(parts[b"hdrl"][4:])
    stream = chunks(head[b"strl"][4:])
    microseconds, _, _, _, frames = struct.unpack_from("<5I", head[b"avih"])
    assert (microseconds, frames) == (200_000, 3)
    assert struct.unpack_from("<II", head[b"avih"], 32) == (640, 360)
    assert stream[b"strh"][:8] == b"vidsMJPG"
    assert struct.unpack_from("<II", stream[b"strh"], 20) == (1, 5)
    assert struct.unpack_from("<Iii", stream[b"strf"]) == (40, 640, 360)
    pictures = []
    for at in range(0, len(parts[b"idx1"]), 16):
        name, _, offset, length = struct.unpack_from("<4sIII", parts[b"idx1"], at)
        assert name == b"00dc"
        begin = offset + 8
        assert parts[b"movi"][offset : offset + 4] == b"00dc"
        pictures.append(parts[b"movi"][begin : begin + length])
    assert pictures == [first, b"", second]


def test_a_file_is_full_before_players_stop_reading(tmp_path: Path) -> None:
    video = MotionJpegFile(tmp_path / "video.avi", 5, most_bytes=1000)

    was_full = video.is_full
    video.add(jpeg(640, 360, bytes(1000)))
    assert (was_full, video.is_full) == (False, True)
    video.close()


@pytest.mark.parametrize("content", [b"", b"\xff\xd8", b"no picture at all", b"\xff\xd8\xff\xe0"])
def test_what_is_no_picture_has_no_size(content: bytes) -> None:
    assert size_of(content) == (0, 0)
