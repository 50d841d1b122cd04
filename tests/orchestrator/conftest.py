"""A database as the orchestrator opens it, for all tests of what stands on it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
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
    commits: list[int] = field(default_factory=list)
    """The rows of each commit."""
    failures: list[None] = field(default_factory=list)


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
    writer = Writer(
        open_writer(path, "process"),
        path,
        on_commit=lambda rows, _: commits.append(rows),
        on_failure=lambda: failures.append(None),
    )
    readers = open_readers(path)
    yield Database(path, writer, readers, commits, failures)
    await writer.close()
    await readers.dispose()
