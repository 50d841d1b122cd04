"""The history of a run: written as it happens, so that a killed harness leaves all it knew."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import msgspec

from chaos.records import AnyRecord, Healed, Injected

FILE_NAME: Final = "history.jsonl"


class History:
    """Records in the order in which they were noted, in memory and in a file.

    Safe from several threads: the site answers browsers in threads of its own.
    """

    def __init__(self, path: Path) -> None:
        """Begin an empty one in *path*; time counts from here."""
        self.records: list[AnyRecord] = []
        self._began = time.monotonic()
        self.wall_ms = time.time() * 1000
        self._file = path.open("wb")
        self._encode = msgspec.json.Encoder().encode
        self._turn = threading.Lock()
        self._faults = itertools.count(1)

    def __enter__(self) -> Self:
        """Close the file at the end."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()

    def now(self) -> float:
        """Return the seconds since the run began."""
        return round(time.monotonic() - self._began, 6)

    def inject(self, name: str, target: str, detail: str = "") -> int:
        """Note a fault, and return its number, by which its end is noted."""
        number = next(self._faults)
        self.note(Injected(at=self.now(), fault=number, name=name, target=target, detail=detail))
        return number

    def heal(self, number: int) -> None:
        """Note that a fault is over."""
        self.note(Healed(at=self.now(), fault=number))

    def note(self, record: AnyRecord) -> None:
        """Write one line."""
        line = self._encode(record) + b"\n"
        with self._turn:
            self.records.append(record)
            self._file.write(line)
            self._file.flush()


def read(path: Path) -> Sequence[AnyRecord]:
    """Read a history; a last line that was cut is left out."""
    decode = msgspec.json.Decoder(AnyRecord).decode
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    return [decode(line) for line in whole.split(b"\n") if line]
