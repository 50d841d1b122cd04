"""What is a trace and what is not."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from orchestrator.web.trace_files import is_trace


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "artifact"


def written(path: Path, *names: str, comment: bytes = b"") -> Path:
    """Write a zip with files of these names."""
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            file.writestr(name, "{}")
        file.comment = comment
    return path


@pytest.mark.parametrize(
    "names", [("trace.trace", "trace.network"), ("0-trace.trace",), ("x.png", "test.trace")]
)
def test_a_zip_with_a_trace_is_one(path: Path, names: tuple[str, ...]) -> None:
    assert is_trace(written(path, *names))
    assert is_trace(written(path, *names, comment=b"c" * 1000))


@pytest.mark.parametrize("names", [(), ("har.har",), ("trace.network",), ("trace.trace/x",)])
def test_another_zip_is_none(path: Path, names: tuple[str, ...]) -> None:
    assert not is_trace(written(path, *names))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x05\x06",
        b"a picture",
        b"trace.trace" * 10_000,
        b"PK\x05\x06" + bytes(18),
        b"PK\x05\x06" + bytes(8) + struct.pack("<II", 46, 0) + bytes(2),
        b"PK\x05\x06" + bytes(8) + struct.pack("<II", 0xFFFFFFFF, 0) + bytes(2),
    ],
)
def test_what_is_no_zip_is_none(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    assert not is_trace(path)


def test_a_list_of_files_that_would_cost_too_much_is_not_read(path: Path) -> None:
    """Threat 22."""
    written(path, "trace.trace")
    with path.open("r+b") as file:
        at = path.read_bytes().rfind(b"PK\x05\x06") + 12
        file.seek(at)
        file.write(struct.pack("<I", 9 * 1024 * 1024))

    assert not is_trace(path)


def test_what_is_cut_is_none(path: Path) -> None:
    whole = written(path, "trace.trace", "x").read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert not is_trace(path)


def test_what_is_not_there_is_told(path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        is_trace(path)
