"""Opening the journal's database: whether it is ours, whether it is whole, and what it holds.

The journal's id stands for a promise: what is not in this file never began. It is another as soon
as that cannot be sworn to: the file is new; or it was not closed, and the machine went down since
and may have taken the latest commits with it, or the log that holds them is gone.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.errors import DirectoryUnusable
from xagent_protocol.ids import JournalId, RequestId
from xagent_protocol.outcomes import Outcome

log: FilteringBoundLogger = structlog.get_logger()

DAMAGED_SUFFIX: Final = ".damaged"
"""What is added to the name of a file that cannot be read; there is at most one such file."""

SCHEMA_VERSION: Final = 1

_LOG_SUFFIX: Final = "-wal"

_BUSY_SECONDS: Final = 1.0

_SCHEMA: Final = (
    "CREATE TABLE journal (journal_id TEXT NOT NULL, open_on TEXT)",
    """CREATE TABLE entries (seq INTEGER PRIMARY KEY, request_id TEXT NOT NULL,
    attempt INTEGER NOT NULL, action TEXT NOT NULL, outcome BLOB)""",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)
_OPEN: Final = "UPDATE journal SET journal_id = ?, open_on = ?"

_DAMAGES: Final = frozenset({sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""What says that a file is no journal: it lacks a table, contradicts itself, is no database."""

_decoder: Final = msgspec.json.Decoder(Outcome)


class Row(msgspec.Struct, frozen=True):
    """A command that an earlier life of the agent began, and its end if that is known.

    *seq* is its place in the file, and in the order of the commands.
    """

    seq: int
    request_id: RequestId
    attempt: int
    action: str
    outcome: Outcome | None = None


class _StoredRow(msgspec.Struct, frozen=True, array_like=True):
    seq: int
    request_id: RequestId
    attempt: int
    action: str
    outcome: bytes | None


@dataclass(frozen=True)
class JournalDatabase:
    """An open database; its connection begins and commits by its own statements."""

    connection: sqlite3.Connection
    journal_id: JournalId
    rows: tuple[Row, ...]


class Damaged(Exception):
    """The file is there, and is no journal."""


def open_database(path: Path, machine_boot: str) -> JournalDatabase:
    """Open the database at *path*, or make it.

    Raises:
        Damaged: what is there is no journal.
        DirectoryUnusable: a newer version wrote it.
        sqlite3.Error, OSError: it cannot be read or written.
    """
    log_path = path.with_name(f"{path.name}{_LOG_SUFFIX}")
    has_log = log_path.exists() and log_path.stat().st_size > 0
    # Made here, because SQLite would make it for everybody to read; the log takes after it.
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        with _recognised():
            is_new = _is_new(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            if is_new:
                _create(connection)
            return _read(connection, machine_boot, has_log=has_log)
    except BaseException:
        connection.close()
        raise


def set_aside(path: Path) -> Path:
    """Give a damaged database another name, and return that."""
    aside = path.with_name(f"{path.name}{DAMAGED_SUFFIX}")
    # The file first: a log without it is dropped by SQLite, a file without its log is believed.
    path.replace(aside)
    with contextlib.suppress(FileNotFoundError):
        path.with_name(f"{path.name}{_LOG_SUFFIX}").replace(f"{aside}{_LOG_SUFFIX}")
    return aside


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what is executed in the context, all of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        raise


def _is_new(connection: sqlite3.Connection, path: Path) -> bool:
    """Say whether the file is empty; what is not ours to read is not touched."""
    # The directory's lock keeps other agents out. Held alone, the file needs no shared memory,
    # and a commit costs a third less.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    [version] = connection.execute("PRAGMA user_version").fetchone()
    if version > SCHEMA_VERSION:
        raise DirectoryUnusable(
            f"{path} was written by a newer version of Xagent: install that one again, or move "
            "the file away and have what it owes called lost"
        )
    if version == SCHEMA_VERSION:
        return False
    if connection.execute("SELECT name FROM sqlite_master").fetchone() is not None:
        raise Damaged("it is another program's database")
    return True


def _create(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        for statement in _SCHEMA:
            connection.execute(statement)
        connection.execute("INSERT INTO journal (journal_id) VALUES (?)", (str(uuid4()),))


def _read(connection: sqlite3.Connection, machine_boot: str, *, has_log: bool) -> JournalDatabase:
    [verdict] = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise Damaged(verdict)
    found = connection.execute("SELECT journal_id, open_on FROM journal").fetchone()
    if found is None:
        raise Damaged("it has no id")
    journal_id, open_on = found
    rows = _rows(connection)
    # A file that was closed is complete. One that was left open has its latest commits in the
    # log beside it, and those may be on no disk yet when the machine goes down.
    if open_on is not None and (open_on != machine_boot or not has_log):
        log.warning("the journal may lack its latest entries: it goes on under a new id")
        journal_id = str(uuid4())
    connection.execute(_OPEN, (journal_id, "opening"))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    # This one is in the log: from here on the file is never without it until it is closed.
    connection.execute(_OPEN, (journal_id, machine_boot))
    return JournalDatabase(connection, JournalId(journal_id), rows)


def _rows(connection: sqlite3.Connection) -> tuple[Row, ...]:
    found = connection.execute(
        "SELECT seq, request_id, attempt, action, outcome FROM entries ORDER BY seq"
    ).fetchall()
    return tuple(
        Row(
            stored.seq,
            stored.request_id,
            stored.attempt,
            stored.action,
            None if stored.outcome is None else _decoder.decode(stored.outcome),
        )
        for stored in msgspec.convert(found, tuple[_StoredRow, ...])
    )


@contextmanager
def _recognised() -> Iterator[None]:
    """Tell a file that is no journal from a disk that fails."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGES:
            raise Damaged(str(error)) from error
        raise
    except msgspec.MsgspecError as error:
        raise Damaged(str(error)) from error
