"""The one writer: whatever waits is committed together (group commit).

A lone caller pays for one commit, fifty callers share one. The commit runs on the event loop:
in WAL mode with ``synchronous=NORMAL`` it is a write into the page cache and takes less time than
handing the work to a thread would. With ``power`` durability each commit waits for the disk, and
then it does run in a thread. Checkpoints, which always wait for the disk, never run on the loop.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Final

import structlog

from orchestrator.errors import StorageUnavailable

log: Final = structlog.get_logger(__name__)

Row = Mapping[str, object] | tuple[object, ...]

RETRY_SECONDS: Final = 0.05
PATIENCE_SECONDS: Final = 5.0
CHECKPOINT_BYTES: Final = 16 * 1024 * 1024
LONGEST_LOG_BYTES: Final = 64 * 1024 * 1024
"""A log that grew longer is cut when it is begun anew. Cutting it sooner would cost the commits
under load more than they cost themselves, because its blocks are asked for again each time."""
CHECKPOINT_SECONDS: Final = 1.0

ROW_FAULTS: Final = (
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    OverflowError,
    ValueError,
)
"""What one row can be at fault for: a constraint, or a value that SQLite has no place for. Any
other error is the database's, and is waited for."""


class Statement:
    """One kind of write: its SQL, prepared once, with parameters by name or by place.

    *rank* orders the kinds within a batch. Writes of one kind go in the order they came; two
    writes of one command are never in one batch, because the second awaits the first.
    """

    __slots__ = ("rank", "sql")

    def __init__(self, sql: str, rank: int) -> None:
        """Name the SQL and its place in a batch."""
        self.sql = sql
        self.rank = rank


Settle = Callable[[bool | Exception], None]
"""Hears whether the statement changed a row, or why it was not written; called on the loop."""


class _Write:
    __slots__ = ("give_up_at", "row", "settle", "statement")

    def __init__(
        self, statement: Statement, row: Row, settle: Settle, give_up_at: float | None
    ) -> None:
        self.statement = statement
        self.row = row
        self.settle = settle
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
        on_failure: Callable[[], None] | None = None,
    ) -> None:
        """Take over *connection*.

        *on_commit* hears the rows and the seconds of each commit, *on_failure* of each that failed.
        """
        self._connection = connection
        self._path = path
        self._on_commit = on_commit
        self._on_failure = on_failure
        self._waiting: list[_Write] = []
        self._is_scheduled = False
        self._is_closed = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._thread = ThreadPoolExecutor(1, "xagent-commit") if in_thread else None
        self._moved_log: tuple[int, int] | None = None
        self.is_healthy = True

    async def write(self, statement: Statement, row: Row, *, patience: float | None = None) -> bool:
        """Commit one row; returns whether the statement changed one.

        While the database is locked, full or failing the write waits its turn: for *patience*
        seconds, or without limit if that is None. Cancelling the call does not take it back.

        Raises:
            StorageUnavailable: the patience ran out; nothing was written.
            sqlite3.IntegrityError: this row breaks a constraint; the others were written.
            OverflowError, ValueError: SQLite has no place for one of its values; likewise.
        """
        return await self._promised(statement, row, patience)

    async def write_all(
        self, statement: Statement, rows: Iterable[Row], *, patience: float | None = None
    ) -> int:
        """Commit several rows, in one commit as far as it lies with us; returns how many changed.

        Raises:
            Exception: what `write` would raise for the first of them that was not written.
        """
        promised = [self._promised(statement, row, patience) for row in rows]
        if promised:
            await asyncio.wait(promised)
        for error in [future.exception() for future in promised]:
            if error is not None:
                raise error
        return sum(future.result() for future in promised)

    def submit(
        self,
        statement: Statement,
        row: Row,
        settle: Settle,
        *,
        patience: float | None = None,
        is_alone: bool = False,
    ) -> None:
        """Commit one row and call *settle* with what `write` would return or raise.

        *is_alone* says that nobody else is likely to have a row ready in this moment; then it is
        committed before this returns, which spares a lone caller a round of the event loop.
        """
        loop = asyncio.get_running_loop()
        give_up_at = None if patience is None else loop.time() + patience
        self._waiting.append(_Write(statement, row, settle, give_up_at))
        if self._is_scheduled:
            return
        self._is_scheduled = True
        self._idle.clear()
        if is_alone:
            self._flush()
        else:
            loop.call_soon(self._flush)

    async def keep_log_short(self) -> None:
        """Move the write-ahead log into the database file now and then; runs for ever.

        The work is done by another connection in a thread, which never blocks the writer. If
        writers and readers give it no chance, the log is merely longer than it had to be.
        """
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            await self.shorten_log()

    async def shorten_log(self) -> bool:
        """Move the write-ahead log if it is long; returns whether there was a reason to.

        A log that was moved whole stays as long as it is until the next commit, and is left alone
        until then: a checkpoint waits for the disk even where it has nothing to move.
        """
        try:
            status = self._path.with_name(self._path.name + "-wal").stat()
        except OSError:
            return False
        found = (status.st_size, status.st_mtime_ns)
        if status.st_size <= CHECKPOINT_BYTES or found == self._moved_log:
            return False
        is_whole = await asyncio.to_thread(_checkpoint, self._path)
        self._moved_log = found if is_whole else None
        return True

    async def close(self) -> None:
        """Commit what waits, for as long as one patience, and let go of the database."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._idle.wait()
        except TimeoutError:
            log.error("writer.closed_with_rows_waiting", rows=len(self._waiting))
        self._is_closed = True
        if self._thread is not None:
            self._thread.shutdown()
        self._connection.close()

    def _promised(
        self, statement: Statement, row: Row, patience: float | None
    ) -> asyncio.Future[bool]:
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

        def settle(outcome: bool | Exception) -> None:
            if future.done():
                return
            if isinstance(outcome, bool):
                future.set_result(outcome)
            else:
                future.set_exception(outcome)

        self.submit(statement, row, settle, patience=patience)
        return future

    def _flush(self) -> None:
        batch, self._waiting = self._waiting, []
        if self._is_closed:
            self._is_scheduled = False
            self._idle.set()
            self._refuse(batch, "it is closed")
        elif self._thread is None:
            started = asyncio.get_running_loop().time()
            try:
                changed = self._commit(batch)
            except Exception as error:
                # Not only SQLite's errors: memory that is short is a MemoryError. Whatever it is,
                # a writer that stopped here would leave every caller waiting for ever.
                self._postpone(batch, error)
            else:
                self._settle(batch, changed, started)
        else:
            self._commit_in_thread(batch, self._thread)

    def _commit_in_thread(self, batch: list[_Write], thread: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()

        def done(future: asyncio.Future[Sequence[bool | Exception]]) -> None:
            error = future.exception()
            if error is None:
                self._settle(batch, future.result(), started)
            else:
                self._postpone(batch, error)

        loop.run_in_executor(thread, self._commit, batch).add_done_callback(done)

    def _settle(
        self, batch: list[_Write], changed: Sequence[bool | Exception], started: float
    ) -> None:
        loop = asyncio.get_running_loop()
        if not self.is_healthy:
            self.is_healthy = True
            log.info("writer.recovered", rows=len(batch))
        if self._on_commit is not None and batch:
            try:
                self._on_commit(len(batch), loop.time() - started)
            except Exception:
                # The rows are in the database, and whoever waits for them is to hear it.
                log.exception("writer.on_commit_failed")
        for write, outcome in zip(batch, changed, strict=True):
            _tell(write, outcome)
        if self._waiting:
            loop.call_soon(self._flush)
        else:
            self._is_scheduled = False
            self._idle.set()

    def _postpone(self, batch: list[_Write], error: BaseException) -> None:
        loop = asyncio.get_running_loop()
        if self.is_healthy:
            self.is_healthy = False
            log.error("writer.failing", error=_why(error), rows=len(batch))
        now = loop.time()
        waiting = batch + self._waiting
        self._waiting = [one for one in waiting if one.give_up_at is None or now < one.give_up_at]
        # Even with no row left: whether the database is usable again shows only in trying.
        loop.call_later(RETRY_SECONDS, self._flush)
        if self._on_failure is not None:
            try:
                self._on_failure()
            except Exception:
                log.exception("writer.on_failure_failed")
        kept = set(self._waiting)
        self._refuse([write for write in waiting if write not in kept], _why(error))

    def _refuse(self, batch: list[_Write], why: str) -> None:
        for write in batch:
            refusal = StorageUnavailable(
                f"The journal cannot be written now ({why}); nothing was recorded or sent. "
                "Try again.",
                retry_after=2,
            )
            _tell(write, refusal)

    def _commit(self, batch: list[_Write]) -> Sequence[bool | Exception]:
        if self._connection.in_transaction:
            # A rollback failed, too; without this no transaction could begin any more.
            self._connection.execute("ROLLBACK")
        try:
            return self._commit_together(batch)
        except ROW_FAULTS:
            return self._commit_apart(batch)

    def _commit_together(self, batch: list[_Write]) -> Sequence[bool | Exception]:
        execute = self._connection.execute
        if len(batch) == 1:
            # A statement alone is a transaction of its own, and saves two.
            only = batch[0]
            return [execute(only.statement.sql, only.row).rowcount == 1]
        kinds: dict[Statement, list[Row]] = {}
        for write in batch:
            kinds.setdefault(write.statement, []).append(write.row)
        execute("BEGIN IMMEDIATE")
        try:
            total = 0
            for statement in sorted(kinds, key=lambda kind: kind.rank):
                rows = kinds[statement]
                total += self._connection.executemany(statement.sql, rows).rowcount
            if total != len(batch):
                # Which of them missed cannot be told from a sum.
                raise sqlite3.IntegrityError
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise
        return [True] * len(batch)

    def _commit_apart(self, batch: list[_Write]) -> Sequence[bool | Exception]:
        """Commit the batch with a savepoint for each row, so that a bad one harms no other."""
        execute = self._connection.execute
        outcomes: dict[int, bool | Exception] = {}
        execute("BEGIN IMMEDIATE")
        try:
            for index in sorted(range(len(batch)), key=lambda i: batch[i].statement.rank):
                execute("SAVEPOINT one")
                try:
                    cursor = execute(batch[index].statement.sql, batch[index].row)
                    outcomes[index] = cursor.rowcount > 0
                except ROW_FAULTS as error:
                    execute("ROLLBACK TO one")
                    outcomes[index] = error
                execute("RELEASE one")
            execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise
        return [outcomes[index] for index in range(len(batch))]


def _tell(write: _Write, outcome: bool | Exception) -> None:
    try:
        write.settle(outcome)
    except Exception:
        # One caller's bug must not keep the others of its batch waiting.
        log.exception("writer.settle_failed")


def _why(error: BaseException) -> str:
    return str(error) or type(error).__name__


def _checkpoint(path: Path) -> bool:
    """Move what can be moved without waiting for anybody; returns whether that was all."""
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA busy_timeout = 0")
            _, frames, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.Error as error:
        log.warning("writer.checkpoint_postponed", error=str(error))
        return False
    return bool(frames == moved)
