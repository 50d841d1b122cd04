"""What is old goes by itself: artifacts by age and by their sum, commands and sessions by age.

It happens in small steps with pauses between them, through the one writer like everything else,
so a command waits for a few rows at most. What an open command names or made is kept, however
old.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.clock import now_ms
from orchestrator.errors import StorageUnavailable
from orchestrator.settings import Keeping
from orchestrator.store.artifacts import ArtifactStore
from orchestrator.store.records import ArtifactRecord
from orchestrator.store.statements import delete_where
from orchestrator.store.tables import commands, sessions
from orchestrator.store.writer import PATIENCE_SECONDS, Statement, Writer

log: Final = structlog.get_logger(__name__)

MadeT = TypeVar("MadeT", ArtifactRecord, Row[Any])

ROUND_SECONDS: Final = 60.0
ROUNDS_PER_HISTORY: Final = 60
STEP_ROWS: Final = 50
PAUSE_SECONDS: Final = 0.05

YOUNG_SECONDS: Final = 600.0
"""What is younger is kept even where the sum is too large: it has yet to be used."""

MOST_NAMELESS: Final = 100
"""More files without a row than an upload that was killed can leave: the database is another one
than these files were written with, and whoever brings the right one back wants to find them."""

_DAY_SECONDS: Final = 24 * 60 * 60

# What is not over stays, whatever was read before.
_DELETE_COMMAND: Final = Statement(
    "DELETE FROM commands WHERE seq = :key AND finished_at IS NOT NULL", rank=8
)
_DELETE_SESSION: Final = delete_where(sessions, {"session_id": "key"}, rank=8)


class Retention:
    """Deletes what *keeping* does not cover."""

    def __init__(
        self,
        keeping: Keeping,
        artifacts: ArtifactStore,
        writer: Writer,
        readers: AsyncEngine,
        *,
        needed: Callable[[], set[str]],
        on_deleted: Callable[[str, int], None] = lambda kind, count: None,
        on_total: Callable[[int], None] = lambda total_bytes: None,
        now: Callable[[], int] = now_ms,
    ) -> None:
        """Delete through *writer*.

        *needed* gives the ids of open commands and of the artifacts that they name; *on_deleted*
        hears what was deleted and how often, *on_total* how many bytes there are, *now* is the
        wall clock.
        """
        self._keeping = keeping
        self._artifacts = artifacts
        self._writer = writer
        self._readers = readers
        self._needed = needed
        self._on_deleted = on_deleted
        self._on_total = on_total
        self._now = now

    async def run(self) -> None:
        """Delete what is due, for ever."""
        await _told(self.sweep())
        for number in itertools.count():
            await _told(self.delete_old_artifacts())
            await _told(self.delete_surplus_artifacts())
            if number % ROUNDS_PER_HISTORY == 0:
                await _told(self.delete_old_commands())
                await _told(self.delete_old_sessions())
            await asyncio.sleep(ROUND_SECONDS)

    async def sweep(self) -> None:
        """Remove the bytes whose rows a killed life did not write any more, or had deleted."""
        nameless = await self._artifacts.nameless(at_most=MOST_NAMELESS)
        if nameless is None:
            log.warning("retention.nameless_files_left_alone", more_than=MOST_NAMELESS)
            return
        released = [digest for digest in nameless if await self._artifacts.release(digest)]
        self._note("file", len(released))

    async def delete_old_artifacts(self) -> None:
        """Delete what is older than it may be."""
        if days := self._keeping.artifact_days:
            await self._delete_artifacts(self._ago(days * _DAY_SECONDS))

    async def delete_surplus_artifacts(self) -> None:
        """Delete the oldest until the sum of all is what it may be."""
        total = await self._artifacts.total_bytes()
        most = self._keeping.artifact_total_bytes
        if most and total > most:
            total -= await self._delete_artifacts(self._ago(YOUNG_SECONDS), total - most)
        self._on_total(total)

    async def delete_old_commands(self) -> None:
        """Delete commands that were over long ago."""
        if not (days := self._keeping.history_days):
            return
        before, after = self._ago(days * _DAY_SECONDS), 0
        columns = (commands.c.seq, commands.c.created_at, commands.c.finished_at)
        while True:
            query = select(*columns).where(commands.c.seq > after).order_by(commands.c.seq)
            rows = _before(before, await self._read(query.limit(STEP_ROWS)), now=self._now())
            # The newest one stays: SQLite would give its place to another, and what is open is
            # looked for by its place.
            (newest,) = (await self._read(select(func.max(commands.c.seq))))[0]
            keys = [
                {"key": row.seq}
                for row in rows
                if row.finished_at is not None and row.finished_at < before and row.seq != newest
            ]
            self._note("command", await self._delete(_DELETE_COMMAND, keys))
            if not rows:
                return
            after = rows[-1].seq
            await asyncio.sleep(PAUSE_SECONDS)

    async def delete_old_sessions(self) -> None:
        """Delete sessions that ended long ago, but of each agent the latest."""
        if not (days := self._keeping.history_days):
            return
        newest = sessions.alias()
        latest = (
            select(func.max(newest.c.epoch))
            .where(newest.c.agent_id == sessions.c.agent_id)
            .scalar_subquery()
        )
        query = (
            select(sessions.c.session_id)
            .where(sessions.c.ended_at < self._ago(days * _DAY_SECONDS), sessions.c.epoch < latest)
            .limit(STEP_ROWS)
        )
        while rows := await self._read(query):
            keys = [{"key": row.session_id} for row in rows]
            self._note("session", await self._delete(_DELETE_SESSION, keys))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _delete_artifacts(self, before: int, surplus: int | None = None) -> int:
        """Delete what was made before a time, oldest first, and no more than *surplus* bytes ask.

        Returns how many bytes that has freed.
        """
        freed, after = 0, ""
        while surplus is None or freed < surplus:
            oldest = _before(before, await self._artifacts.oldest(limit=STEP_ROWS, after=after))
            due = oldest if surplus is None else _enough(oldest, surplus - freed)
            if not due:
                break
            # Nothing is awaited between this look and the deletion.
            needed = self._needed()
            gone = [
                one for one in due if one.artifact_id not in needed and one.request_id not in needed
            ]
            freed += await self._artifacts.remove(gone)
            self._note("artifact", len(gone))
            after = due[-1].artifact_id
            await asyncio.sleep(PAUSE_SECONDS)
        return freed

    async def _delete(self, statement: Statement, keys: Sequence[Mapping[str, object]]) -> int:
        return await self._writer.write_all(statement, keys, patience=PATIENCE_SECONDS)

    async def _read(self, query: Select[Any]) -> Sequence[Row[Any]]:
        async with self._readers.connect() as connection:
            rows: Sequence[Row[Any]] = (await connection.execute(query)).all()
        return rows

    def _ago(self, seconds: float) -> int:
        return self._now() - round(seconds * 1000)

    def _note(self, kind: str, count: int) -> None:
        if count:
            self._on_deleted(kind, count)
            log.info("retention.deleted", kind=kind, count=count)


def _before(moment: int, rows: Iterable[MadeT], *, now: float = math.inf) -> list[MadeT]:
    """Return the first of *rows*, which are in their order, that are of before a moment.

    And those of after *now*, which a wrong clock has made: what lies behind them may be old.
    """
    return list(itertools.takewhile(lambda row: not moment <= row.created_at <= now, rows))


def _enough(oldest: list[ArtifactRecord], surplus: int) -> list[ArtifactRecord]:
    """Return the first of *oldest*, as many as have *surplus* bytes together."""
    before = itertools.accumulate((one.size for one in oldest), initial=0)
    return [one for one, sum_before in zip(oldest, before, strict=False) if sum_before < surplus]


async def _told(deletion: Awaitable[None]) -> None:
    """Await *deletion*; if it fails it is told, and done another time."""
    try:
        await deletion
    except StorageUnavailable as error:
        log.warning("retention.postponed", reason=error.detail)
    except Exception:
        log.exception("retention.failed")
