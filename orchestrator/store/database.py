"""Opening the database: two kinds of connection to one SQLite file.

The writer's connection belongs to the event loop's thread and commits for everybody; readers go
through aiosqlite's threads, so that a long page of history never delays a command. In WAL mode
neither waits for the other (https://www.sqlite.org/wal.html).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import URL, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from orchestrator.errors import CannotStart
from orchestrator.store.writer import LONGEST_LOG_BYTES

FILE_NAME: Final = "xagent.db"
SYNCHRONOUS: Final = {"process": "NORMAL", "power": "FULL"}


def open_writer(path: Path, durability: str) -> sqlite3.Connection:
    """Open the one connection that writes; it begins and commits by its own statements.

    It never waits for a lock (the writer retries instead, without blocking the event loop), and
    never checkpoints by itself, because a checkpoint may wait for the disk.

    Raises:
        CannotStart: the file is no database, or cannot be written.
    """
    with _explained(path):
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {SYNCHRONOUS[durability]}")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        # A log that once grew long is cut when it is begun anew; else it stays long for ever, and
        # its length says nothing about what is in it.
        connection.execute(f"PRAGMA journal_size_limit = {LONGEST_LOG_BYTES}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
        return connection


def open_readers(path: Path) -> AsyncEngine:
    """Return the engine of the connections that read."""
    engine = create_async_engine(URL.create("sqlite+aiosqlite", database=str(path)))

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        with closing(connection.cursor()) as cursor:
            cursor.execute("PRAGMA busy_timeout = 5000")
            cursor.execute("PRAGMA query_only = ON")

    return engine


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise CannotStart(
            f"The database {path} cannot be used: {error}. Nothing was changed; restore it from "
            "a backup, or move it away to start with an empty one."
        ) from error
