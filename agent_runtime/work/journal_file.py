"""The journal's file: of each command that writes, that it began and how it ended.

One small SQLite database, used on the event loop: in WAL mode with `synchronous=NORMAL` a commit
is a write into the page cache, and takes less time than handing it to a thread would. So what is
noted here survives the process, whatever kills it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.crash import crash_at
from agent_runtime.errors import DirectoryUnusable, JournalUnwritable
from agent_runtime.work.journal_database import (
    Damaged,
    JournalDatabase,
    Row,
    open_database,
    set_aside,
    transaction,
)
from xagent_protocol.ids import JournalId, RequestId
from xagent_protocol.outcomes import Outcome

log: FilteringBoundLogger = structlog.get_logger()

FILE_NAME: Final = "journal.db"

RETRY_SECONDS: Final = 1.0
"""How often a full disk is asked again."""

_START: Final = "REPLACE INTO entries (seq, request_id, attempt, action) VALUES (?, ?, ?, ?)"
_FINISH: Final = "UPDATE entries SET outcome = ? WHERE seq = ?"
_FORGET: Final = "DELETE FROM entries WHERE seq = ?"
_CLOSE: Final = "UPDATE journal SET open_on = NULL"

_FAULTS: Final = (sqlite3.Error, OverflowError)
"""What a write can fail with: the disk, or a number that no column holds."""

_Statement = tuple[str, tuple[object, ...]]

_encoder: Final = msgspec.json.Encoder()


@contextmanager
def journal_file(directory: Path, machine_boot: str) -> Iterator[JournalFile]:
    """Open the journal in *directory*, or make it; it is closed when the context ends.

    A file that is damaged is kept under another name, and a new one begins.

    Raises:
        DirectoryUnusable: it cannot be read or written, or a newer version wrote it.
    """
    path = directory / FILE_NAME
    try:
        try:
            database = open_database(path, machine_boot)
        except Damaged as damage:
            kept_as = str(set_aside(path))
            log.error("the journal is damaged: a new one begins", kept_as=kept_as, why=str(damage))
            database = open_database(path, machine_boot)
    except (sqlite3.Error, OSError, Damaged) as error:
        raise DirectoryUnusable(f"cannot use {path}: {error}") from error
    file = JournalFile(database)
    try:
        yield file
    finally:
        file.close()


class JournalFile:
    """What is noted in it is durable when the call returns, or is seen to until it is.

    *rows* is what it held when it was opened. A write that fails is owed and tried again; what
    can be owed is bounded, because nothing new begins as long as anything is.
    """

    def __init__(self, database: JournalDatabase) -> None:
        """Take over *database*."""
        self.journal_id: JournalId = database.journal_id
        self.rows: tuple[Row, ...] = database.rows
        self._connection = database.connection
        self._noted = {row.seq for row in database.rows}
        self._owed: list[_Statement] = []
        self._retry: asyncio.TimerHandle | None = None

    def start(self, seq: int, request_id: RequestId, attempt: int, action: str) -> None:
        """Note that a command begins, at a place that is new or an earlier attempt's.

        Raises:
            JournalUnwritable: that is not noted, so it must not begin.
        """
        crash_at("before-started")
        try:
            self._commit((_START, (seq, request_id, attempt, action)))
        except _FAULTS as error:
            raise JournalUnwritable(f"the agent's journal cannot be written: {error}") from error
        self._noted.add(seq)
        crash_at("after-started")

    def finish(self, seq: int, outcome: Outcome) -> None:
        """Note how a command ended.

        If that fails it is owed, and the result may go out all the same. Should this process die
        first, the next one finds that the command began, and calls its effect unknown: which says
        less than the result did, and contradicts nothing of it.
        """
        crash_at("before-done")
        self._see_to((_FINISH, (_encoder.encode(outcome), seq)))
        crash_at("after-done")

    def forget(self, seqs: Iterable[int]) -> None:
        """Drop commands whose results are recorded elsewhere; if that fails it is owed.

        Should this process die first, their results go out again and are recognised.
        """
        crash_at("before-forget")
        # What never began has no row. Were its dropping owed to a full disk as well, each command
        # that cannot be begun there would add to the debt.
        noted = self._noted.intersection(seqs)
        self._noted -= noted
        if noted:
            self._see_to(*((_FORGET, (seq,)) for seq in noted))
        crash_at("after-forget")

    def close(self) -> None:
        """Write what is owed, if that is possible by now, and move all of it into one file."""
        if self._retry is not None:
            self._retry.cancel()
        try:
            self._commit((_CLOSE, ()))
        except _FAULTS as error:
            log.error("the journal is left as it is", why=str(error))
        self._connection.close()

    def _see_to(self, *statements: _Statement) -> None:
        try:
            self._commit(*statements)
        except _FAULTS as error:
            if not self._owed:
                log.error("the journal cannot be written: trying until it can", why=str(error))
            self._owed.extend(statements)
            self._retry_later()

    def _retry_later(self) -> None:
        if self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(RETRY_SECONDS, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        try:
            self._commit()
        except _FAULTS:
            self._retry_later()

    def _commit(self, *statements: _Statement) -> None:
        """Write *statements*, behind all that is owed; either everything or nothing."""
        if not self._owed and len(statements) == 1:
            # By itself a statement is its own transaction: this is the path of every command.
            self._connection.execute(*statements[0])
            return
        with transaction(self._connection):
            for statement in (*self._owed, *statements):
                self._connection.execute(*statement)
        if self._owed:
            log.info("the journal can be written again", caught_up_with=len(self._owed))
            self._owed.clear()
