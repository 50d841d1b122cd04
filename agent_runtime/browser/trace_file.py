"""Several traces of one context as one file, which the viewer shows as one.

A trace is a zip: what happened, what was asked over the network, stacks, and the files these name.
The viewer reads as many traces from one file as it finds, told apart by the start of their names.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_ITS_OWN: Final = "trace."
_NETWORK: Final = "trace.network"


def join_traces(chunks: Sequence[Path], whole: Path) -> None:
    """Write *chunks*, in their order, into the one file *whole*; blocks.

    Raises:
        OSError: it cannot be written.
        zipfile.BadZipFile: a chunk is no zip.
    """
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as joined:
        for number, chunk in enumerate(chunks):
            with zipfile.ZipFile(chunk) as source:
                # Each chunk repeats the network of those before it.
                skipped = {_NETWORK} if number < len(chunks) - 1 else set()
                _add(source, joined, number, skipped)


def _add(source: zipfile.ZipFile, joined: zipfile.ZipFile, number: int, skipped: set[str]) -> None:
    present = set(joined.namelist())
    for entry in source.infolist():
        name = entry.filename
        if name in skipped:
            continue
        if name.startswith(_ITS_OWN):
            name = f"{number}-{name}"
        if name not in present:
            with source.open(entry) as content, joined.open(name, "w") as target:
                shutil.copyfileobj(content, target)
