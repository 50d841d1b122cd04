"""The directory of downloads that are whole and not handed over yet.

Each is a file with a note beside it, under its id. The browser forgets its own files when it ends,
so what is whole is moved here at once, and what lies here outlives the agent: its next life hands
it over.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import msgspec

from agent_runtime.browser.download import DownloadId, Taken
from agent_runtime.browser.files import private_directory, write_private

_NOTE: Final = ".json"
_read: Final = msgspec.json.Decoder(Taken).decode


class Outgoing:
    """Files by the ids of their downloads; nothing here is named by anybody else."""

    def __init__(self, directory: Path) -> None:
        """Keep files in *directory*, which `load` makes."""
        self._directory = directory

    def load(self) -> list[Taken]:
        """Return what an earlier life left whole, oldest first, and remove what it left in halves.

        Raises:
            OSError: the directory cannot be made, read or written.
        """
        private_directory(self._directory)
        found = []
        for note in self._directory.glob(f"*{_NOTE}"):
            taken = _of(note)
            if taken is not None and self.path(taken.id).is_file():
                found.append(taken)
        whole = {taken.id for taken in found}
        for path in self._directory.iterdir():
            if path.name.removesuffix(_NOTE) not in whole:
                _remove(path)
        return sorted(found, key=lambda taken: int(taken.id[1:]))

    def take(self, path: Path, taken: Taken) -> int:
        """Move the file at *path* here, and return its size; raises `OSError`."""
        # The note first: a file without one would be nobody's.
        write_private(self._note(taken.id), msgspec.json.encode(taken))
        kept = path.replace(self.path(taken.id))
        kept.chmod(0o600)
        return kept.stat().st_size

    def drop(self, download_id: DownloadId) -> None:
        """Remove a file, if it is here."""
        self.path(download_id).unlink(missing_ok=True)
        self._note(download_id).unlink(missing_ok=True)

    def path(self, download_id: DownloadId) -> Path:
        """Return where the file of that download is."""
        return self._directory / download_id

    def _note(self, download_id: DownloadId) -> Path:
        return self._directory / f"{download_id}{_NOTE}"


def empty(directory: Path) -> None:
    """Remove all that is in *directory*, which a killed life left; raises `OSError`."""
    if directory.is_dir():
        for path in directory.iterdir():
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _of(note: Path) -> Taken | None:
    try:
        taken = _read(note.read_bytes())
    except (OSError, msgspec.MsgspecError, UnicodeError):
        return None
    return taken if note.name == f"{taken.id}{_NOTE}" and taken.id[1:].isdecimal() else None
