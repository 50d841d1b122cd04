"""A database as the orchestrator opens it, for all tests of what stands on it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.store.database import FILE_NAME, open_readers, open_writer
from orchestrator.store.schema import upgrade
from orchestrator.store.writer import Writer


@dataclass
class Database:
    """A migrated database file with its writer and its readers."""

    path: Path
    writer: Writer
    readers: AsyncEngine
    connection: sqlite3.Connection
    """The writer's own."""
    commits: list[int] = field(default_factory=list)
    """The rows of each commit."""
    failures: list[None] = field(default_factory=list)

    @contextmanager
    def full(self) -> Iterator[None]:
        """Let there be no room for another page, as on a full disk."""
        (used,) = self.connection.execute("PRAGMA page_count").fetchone()
        (before,) = self.connection.execute("PRAGMA max_page_count").fetchone()
        self.connection.execute(f"PRAGMA max_page_count = {used}")
        yield
        self.connection.execute(f"PRAGMA max_page_count = {before}")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without a row, made once: it is faster copied than made anew."""
    path = tmp_path_factory.mktemp("migrated") / FILE_NAME
    upgrade(path)
    return path


@pytest.fixture
async def database(tmp_path: Path, migrated: Path) -> AsyncIterator[Database]:
    """An empty database of the present schema."""
    path = tmp_path / FILE_NAME
    shutil.copy(migrated, path)
    commits: list[int] = []
    failures: list[None] = []
    connection = open_writer(path, "process")
    writer = Writer(
        connection,
        path,
        on_commit=lambda rows, _: commits.append(rows),
        on_failure=lambda: failures.append(None),
    )
    readers = open_readers(path)
    yield Database(path, writer, readers, connection, commits, failures)
    await writer.close()
    await readers.dispose()
