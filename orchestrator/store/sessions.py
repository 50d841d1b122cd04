"""The sessions: who was here when, from where, with which versions, and why it ended."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.store.records import SessionRecord
from orchestrator.store.statements import insert_into, update_where
from orchestrator.store.tables import sessions
from orchestrator.store.writer import PATIENCE_SECONDS, Statement, Writer
from xagent_protocol.ids import AgentId

REASON_LENGTH: Final = 500

_INSERT: Final = insert_into(sessions, *SessionRecord.__struct_fields__, rank=4)
_END: Final = update_where(sessions, {"session_id": "key"}, "ended_at", "end_reason", rank=5)
_END_ALL: Final = Statement(
    "UPDATE sessions SET ended_at = :ended_at, end_reason = :end_reason WHERE ended_at IS NULL",
    rank=5,
)


class SessionStore:
    """Rows of sessions; only the live end of a session is kept anywhere else."""

    def __init__(self, writer: Writer, readers: AsyncEngine) -> None:
        """Write through *writer*, read through *readers*."""
        self._writer = writer
        self._readers = readers

    async def begin(self, session: SessionRecord) -> None:
        """Make the beginning of a session durable."""
        await self._writer.write(_INSERT, msgspec.structs.asdict(session))

    async def end(self, session: SessionRecord, ended_at: int, reason: str) -> None:
        """Note when and why a session ended."""
        await self._writer.write(_END, _end_of(session, ended_at, reason))

    def end_unheard(self, session: SessionRecord, ended_at: int, reason: str) -> None:
        """Note the same without waiting for it, even while its beginning still waits."""
        row = _end_of(session, ended_at, reason)
        self._writer.submit(_END, row, lambda outcome: None)

    async def end_all(self, ended_at: int, reason: str) -> None:
        """Close what an earlier life of this orchestrator left open.

        Raises:
            StorageUnavailable: the database does not take it.
        """
        row = {"ended_at": ended_at, "end_reason": reason}
        await self._writer.write(_END_ALL, row, patience=PATIENCE_SECONDS)

    async def latest(self) -> dict[AgentId, SessionRecord]:
        """Read the latest session of every agent."""
        newest = sessions.alias()
        query = select(sessions).where(
            sessions.c.epoch
            == select(newest.c.epoch)
            .where(newest.c.agent_id == sessions.c.agent_id)
            .order_by(newest.c.epoch.desc())
            .limit(1)
            .scalar_subquery()
        )
        async with self._readers.connect() as connection:
            rows = (await connection.execute(query)).all()
        return {record.agent_id: record for record in map(session_of_row, rows)}


def _end_of(session: SessionRecord, ended_at: int, reason: str) -> dict[str, object]:
    return {
        "key": session.session_id,
        "ended_at": ended_at,
        "end_reason": reason[:REASON_LENGTH],
    }


def session_of_row(row: Row[Any]) -> SessionRecord:
    """Return what a row of the table says."""
    return msgspec.convert({str(key): value for key, value in row._asdict().items()}, SessionRecord)
