"""The orchestrator's database file as the model sees it: copied, restored, and read by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from orchestrator.store.database import FILE_NAME
from orchestrator.store.schema import upgrade
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import ResultRef
from xagent_protocol.transitions import CommandState

_COLUMNS = "seq, request_id, agent_id, state, attempt, effect, fingerprint, page_asked"
_TERMINAL = frozenset(state.value for state in CommandState if state.is_terminal)

Backup = Mapping[str, bytes]
"""The bytes of each file, by its ending."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A command as the database has it."""

    seq: int
    request_id: RequestId
    agent_id: str
    state: str
    attempt: int
    effect: str
    fingerprint: str
    page_asked: str | None
    result: str | None
    has_late_result: bool

    @property
    def is_over(self) -> bool:
        """Whether its state is terminal."""
        return self.state in _TERMINAL


@cache
def _migrated() -> bytes:
    """Return an empty database; migrating takes longer than most worlds last."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / FILE_NAME
        upgrade(path)
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
        connection.close()
        return path.read_bytes()


class DatabaseFile:
    """One database over all lives of its orchestrator."""

    def __init__(self, directory: Path) -> None:
        """Begin with an empty one."""
        self.path = directory / FILE_NAME
        self.path.write_bytes(_migrated())
        self._version = -1
        self._open()

    def close(self) -> None:
        """Read no more."""
        self._connection.close()

    def has_changed(self) -> bool:
        """Say whether somebody has written since this was last asked."""
        [version] = self._connection.execute("PRAGMA data_version").fetchone()
        before, self._version = self._version, version
        return bool(before != version)

    def rows(self) -> list[Row]:
        """Read every command."""
        query = f"SELECT {_COLUMNS}, result, late_result IS NOT NULL FROM commands ORDER BY seq"
        found = self._connection.execute(query).fetchall()
        return msgspec.convert(found, list[Row], strict=False)

    def holds(self, result: ResultRef) -> bool:
        """Say whether a result is durable, as the end of its command or beside it."""
        query = "SELECT state, attempt, late_result FROM commands WHERE request_id = ?"
        found = self._connection.execute(query, (result.request_id,)).fetchone()
        if found is None:
            return False
        state, attempt, late_result = found
        return late_result is not None or (state in _TERMINAL and attempt == result.attempt)

    def backup(self) -> Backup:
        """Copy what is there now; nobody is in the middle of a commit."""
        return {
            ending: file.read_bytes()
            for ending in ("", "-wal")
            if (file := self.path.with_name(FILE_NAME + ending)).exists()
        }

    def restore(self, backup: Backup) -> None:
        """Put an earlier copy in its place; nobody may have it open."""
        self._connection.close()
        for file in self.path.parent.glob(f"{FILE_NAME}*"):
            file.unlink()
        for ending, content in backup.items():
            self.path.with_name(FILE_NAME + ending).write_bytes(content)
        self._version = -1
        self._open()

    def _open(self) -> None:
        self._connection = sqlite3.connect(self.path, isolation_level=None)
        self._connection.execute("PRAGMA query_only = ON")
