"""The one writer: whatever waits is committed together (group commit).

A lone caller pays for one commit, fifty callers share one. The commit runs on the event loop:
in WAL mode with ``synchronous=NORMAL`` it is a write into the page cache and takes less time than
handing the work to a thread would. With ``power`` durability each commit waits for the disk, and
then it does run in a thread. Checkpoints, which always wait for the disk, never run on the loop.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import structlog

from orchestrator.errors import StorageUnavailable

log: Final = structlog.get_logger(__name__)

Row = Mapping[str, object]

RETRY_SECONDS: Final = 0.05
PATIENCE_SECONDS: Final = 5.0
CHECKPOINT_BYTES: Final = 4 * 1024 * 1024
CHECKPOINT_SECONDS: Final = 1.0


class Statement:
    """One kind of write: its SQL, with named parameters, prepared once.

    *rank* orders the kinds within a batch. Writes of one kind go in the order they came; two
    writes of one command are never in one batch, because the second awaits the first.
    """

    __slots__ = ("rank", "sql")

    def __init__(self, sql: str, rank: int) -> None:
        """Name the SQL and its place in a batch."""
        self.sql = sql
        self.rank = rank


class _Write:
    __slots__ = ("future", "give_up_at", "row", "statement")

    def __init__(
        self, statement: Statement, row: Row, future: asyncio.Future[bool], give_up_at: float | None
    ) -> None:
        self.statement = statement
        self.row = row
        self.future = future
        self.give_up_at = give_up_at


class Writer:
    """Commits what its callers hand it, in the order of their coming, many at a time."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        *,
        in_thread: bool = False,
        on_commit: Callable[[int, float], None] | None = None,
    ) -> None:
        """Take over *connection*; *on_commit* hears the rows and the seconds of each commit."""
        self._connection = connection
        self._path = path
        self._on_commit = on_commit
        self._waiting: list[_Write] = []
        self._is_scheduled = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread = ThreadPoolExecutor(1, "xagent-commit") if in_thread else None
        self.is_healthy = True

    async def write(self, statement: Statement, row: Row, *, patience: float | None = None) -> bool:
        """Commit one row; returns whether the statement changed one.

        While the database is locked, full or failing the write waits its turn: for *patience*
        seconds, or without limit if that is None. Cancelling the call does not take it back.

        Raises:
            StorageUnavailable: the patience ran out; nothing was written.
            sqlite3.IntegrityError: this row breaks a constraint; the others were written.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        give_up_at = None if patience is None else loop.time() + patience
        self._waiting.append(_Write(statement, row, future, give_up_at))
        if not self._is_scheduled:
            self._is_scheduled = True
            self._idle.clear()
            loop.call_soon(self._flush)
        return await future

    async def keep_log_short(self) -> None:
        """Move the write-ahead log into the database file now and then; runs for ever.

        The work is done by another connection in a thread, which never blocks the writer. If
        writers and readers give it no chance, the log is merely longer than it had to be.
        """
        log_file = self._path.with_name(self._path.name + "-wal")
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            try:
                size = log_file.stat().st_size
            except OSError:
                continue
            if size > CHECKPOINT_BYTES:
                await asyncio.to_thread(_checkpoint, self._path)

    async def close(self) -> None:
        """Commit what waits, for as long as one patience, and let go of the database."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._idle.wait()
        except TimeoutError:
            log.error("writer.closed_with_rows_waiting", rows=len(self._waiting))
        if self._thread is not None:
            self._thread.shutdown()
        self._connection.close()

    def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        if self._thread is None:
            started = asyncio.get_running_loop().time()
            try:
                changed = self._commit(batch)
            except sqlite3.Error as error:
                self._postpone(batch, error)
            else:
                self._settle(batch, changed, started)
        else:
            self._commit_in_thread(batch, self._thread)

    def _commit_in_thread(self, batch: list[_Write], thread: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()

        def done(future: asyncio.Future[Sequence[bool | sqlite3.Error]]) -> None:
            error = future.exception()
            if error is None:
                self._settle(batch, future.result(), started)
            else:
                self._postpone(batch, error)

        loop.run_in_executor(thread, self._commit, batch).add_done_callback(done)

    def _settle(
        self, batch: list[_Write], changed: Sequence[bool | sqlite3.Error], started: float
    ) -> None:
        loop = asyncio.get_running_loop()
        if not self.is_healthy:
            self.is_healthy = True
            log.info("writer.recovered", rows=len(batch))
        for write, outcome in zip(batch, changed, strict=True):
            if write.future.done():
                continue
            if isinstance(outcome, sqlite3.Error):
                write.future.set_exception(outcome)
            else:
                write.future.set_result(outcome)
        if self._on_commit is not None:
            self._on_commit(len(batch), loop.time() - started)
        if self._waiting:
            loop.call_soon(self._flush)
        else:
            self._is_scheduled = False
            self._idle.set()

    def _postpone(self, batch: list[_Write], error: BaseException) -> None:
        loop = asyncio.get_running_loop()
        if self.is_healthy:
            self.is_healthy = False
            log.error("writer.failing", error=str(error), rows=len(batch))
        now = loop.time()
        kept: list[_Write] = []
        for write in batch + self._waiting:
            if write.give_up_at is None or now < write.give_up_at:
                kept.append(write)
            elif not write.future.done():
                write.future.set_exception(
                    StorageUnavailable(
                        f"The journal cannot be written now ({error}); nothing was recorded or "
                        "sent. Try again.",
                        retry_after=2,
                    )
                )
        self._waiting = kept
        loop.call_later(RETRY_SECONDS, self._flush)

    def _commit(self, batch: list[_Write]) -> Sequence[bool | sqlite3.Error]:
        if not batch:
            return ()
        try:
            return self._commit_together(batch)
        except sqlite3.IntegrityError:
            return self._commit_apart(batch)

    def _commit_together(self, batch: list[_Write]) -> Sequence[bool | sqlite3.Error]:
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            total = 0
            if len(batch) == 1:
                total = execute(batch[0].statement.sql, batch[0].row).rowcount
            else:
                kinds: dict[Statement, list[Row]] = {}
                for write in batch:
                    kinds.setdefault(write.statement, []).append(write.row)
                for statement in sorted(kinds, key=lambda kind: kind.rank):
                    rows = kinds[statement]
                    total += self._connection.executemany(statement.sql, rows).rowcount
            if total != len(batch) and len(batch) > 1:
                # Which of them missed cannot be told from a sum.
                raise sqlite3.IntegrityError
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise
        return [total == len(batch)] * len(batch)

    def _commit_apart(self, batch: list[_Write]) -> Sequence[bool | sqlite3.Error]:
        """Commit the batch with a savepoint for each row, so that a bad one harms no other."""
        execute = self._connection.execute
        outcomes: dict[int, bool | sqlite3.Error] = {}
        execute("BEGIN IMMEDIATE")
        try:
            for index in sorted(range(len(batch)), key=lambda i: batch[i].statement.rank):
                execute("SAVEPOINT one")
                try:
                    cursor = execute(batch[index].statement.sql, batch[index].row)
                    outcomes[index] = cursor.rowcount > 0
                except sqlite3.IntegrityError as error:
                    execute("ROLLBACK TO one")
                    outcomes[index] = error
                execute("RELEASE one")
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise
        return [outcomes[index] for index in range(len(batch))]


def _checkpoint(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA busy_timeout = 0")
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
    except sqlite3.OperationalError as error:
        log.debug("writer.checkpoint_postponed", error=str(error))
    finally:
        connection.close()
