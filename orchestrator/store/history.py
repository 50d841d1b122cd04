"""Looking back: pages of what was, newest first, read by keys and never by offsets.

A page deep in the history costs what the first one costs, and rows that arrive meanwhile shift
nothing.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.store.journal import command_of_row
from orchestrator.store.records import CommandFilter, CommandRecord, SessionRecord
from orchestrator.store.sessions import session_of_row
from orchestrator.store.tables import commands, sessions
from xagent_protocol.ids import AgentId


class History:
    """Reads commands and sessions for people."""

    def __init__(self, readers: AsyncEngine) -> None:
        """Read through *readers*."""
        self._readers = readers

    async def commands(
        self, wanted: CommandFilter, *, limit: int, before: int | None
    ) -> list[CommandRecord]:
        """Read one page; *before* is the `seq` of the last command seen."""
        query = select(commands).order_by(commands.c.seq.desc()).limit(limit)
        if wanted.agent_id is not None:
            query = query.where(commands.c.agent_id == wanted.agent_id)
        if wanted.states:
            query = query.where(commands.c.state.in_(state.value for state in wanted.states))
        if wanted.action is not None:
            query = query.where(commands.c.action == wanted.action)
        if before is not None:
            query = query.where(commands.c.seq < before)
        async with self._readers.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [command_of_row(row) for row in rows]

    async def sessions(self, agent_id: AgentId, *, limit: int) -> list[SessionRecord]:
        """Read an agent's latest sessions."""
        query = (
            select(sessions)
            .where(sessions.c.agent_id == agent_id)
            .order_by(sessions.c.epoch.desc())
            .limit(limit)
        )
        async with self._readers.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [session_of_row(row) for row in rows]
