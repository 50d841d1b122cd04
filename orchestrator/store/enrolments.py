"""Enrolment tokens as rows: only their digests, until they are used or out of date."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.store.statements import insert_into
from orchestrator.store.tables import enrolments
from orchestrator.store.writer import PATIENCE_SECONDS, Statement, Writer
from xagent_protocol.ids import AgentId

_ADD: Final = insert_into(
    enrolments, "token_sha256", "agent_id", "created_at", "expires_at", rank=0
)
_USE: Final = Statement(
    "UPDATE enrolments SET used_at = :now WHERE token_sha256 = :token_sha256 "
    "AND agent_id = :agent_id AND used_at IS NULL AND expires_at > :now",
    rank=0,
)


class EnrolmentStore:
    """The table of enrolment tokens; times in milliseconds since the epoch."""

    def __init__(self, writer: Writer, readers: AsyncEngine) -> None:
        """Write through *writer*, read through *readers*."""
        self._writer = writer
        self._readers = readers

    async def add(
        self, token_sha256: str, agent_id: AgentId, *, created_at: int, expires_at: int
    ) -> None:
        """Record a new token."""
        row = {
            "token_sha256": token_sha256,
            "agent_id": agent_id,
            "created_at": created_at,
            "expires_at": expires_at,
        }
        await self._writer.write(_ADD, row, patience=PATIENCE_SECONDS)

    async def is_usable(self, token_sha256: str, agent_id: AgentId, *, now: int) -> bool:
        """Say whether a token would be accepted, without using it up."""
        query = select(enrolments.c.token_sha256).where(
            enrolments.c.token_sha256 == token_sha256,
            enrolments.c.agent_id == agent_id,
            enrolments.c.used_at.is_(None),
            enrolments.c.expires_at > now,
        )
        async with self._readers.connect() as connection:
            return (await connection.execute(query)).one_or_none() is not None

    async def use(self, token_sha256: str, agent_id: AgentId, *, now: int) -> bool:
        """Use a token up; returns whether it was there to be used, which is true only once."""
        row = {"token_sha256": token_sha256, "agent_id": agent_id, "now": now}
        return await self._writer.write(_USE, row, patience=PATIENCE_SECONDS)
