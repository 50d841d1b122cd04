"""The registry: who ever enrolled, keyed by ID, in memory and in the database alike.

Every agent is held in memory, because nothing on a command's path may read the database; each
change is durable before it can be seen. Who is connected is not known here: that is
`dispatch/connections.py`.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any, Final

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.errors import AgentUnknown, FieldError, InvalidRequest
from orchestrator.store.announcements import Actions, Announcements
from orchestrator.store.records import AgentRecord
from orchestrator.store.statements import insert_or_replace, update_where
from orchestrator.store.tables import agents, announcements
from orchestrator.store.writer import Writer
from xagent_protocol.ids import AgentId
from xagent_protocol.messages import BrowserStatus, RuntimeVersions

NEAR_NAMES: Final = 5

_COLUMNS: Final = tuple(column.name for column in agents.c if column.name != "agent_id")
_SAVE: Final = insert_or_replace(agents, "agent_id", *_COLUMNS, rank=0)
_ANNOUNCE: Final = insert_or_replace(announcements, "digest", "actions", rank=0)
_ELSEWHERE: Final = "[]"
"""In place of an agent's actions, which stand under their digest."""
_SEEN: Final = update_where(agents, {"agent_id": "key"}, "last_seen_at", rank=5)


class AgentRegistry:
    """All agents that ever enrolled."""

    def __init__(self, writer: Writer, readers: AsyncEngine) -> None:
        """Write through *writer*; call `load` before anything else."""
        self._writer = writer
        self._readers = readers
        self._agents: dict[AgentId, AgentRecord] = {}
        self._names: list[AgentId] = []
        """In their order, which to make anew would cost a list of ten thousand 2 ms."""
        self._by_credential: dict[str, AgentId] = {}
        self._claimed: dict[str, AgentId] = {}
        self._written: set[str] = set()
        """The digests of the sets that have a row."""
        self.announcements = Announcements()

    async def load(self) -> None:
        """Read the registry into memory."""
        async with self._readers.connect() as connection:
            sets = (await connection.execute(select(announcements))).all()
            rows = (await connection.execute(select(agents).order_by(agents.c.agent_id))).all()
        announced = {row.digest: _actions(row.actions) for row in sets}
        self._written.update(announced)
        for row in rows:
            is_elsewhere = row.actions == _ELSEWHERE
            actions = announced.get(row.announced, ()) if is_elsewhere else _actions(row.actions)
            self._put(_record(row, actions))

    def __len__(self) -> int:
        """Count the agents."""
        return len(self._agents)

    def get(self, agent_id: AgentId) -> AgentRecord:
        """Return one agent.

        Raises:
            AgentUnknown: nobody enrolled under this id; it names those that are near.
        """
        agent = self._agents.get(agent_id)
        if agent is None:
            raise self._unknown(agent_id)
        return agent

    def find(self, agent_id: AgentId) -> AgentRecord | None:
        """Return one agent, or None."""
        return self._agents.get(agent_id)

    def all(self) -> Sequence[AgentRecord]:
        """Return every agent, by id."""
        return [self._agents[agent_id] for agent_id in self._names]

    def after(self, name: str) -> Iterator[AgentRecord]:
        """Iterate over those whose ids come after *name*, by id; safe against changes meanwhile."""
        for agent_id in self._names[bisect_right(self._names, name) :]:
            yield self._agents[agent_id]

    def agent_of_credential(self, presented: str) -> AgentId | None:
        """Return whose credential *presented* is.

        Looked up by its digest: what an attacker could time is a hash of 256 random bits.
        """
        return self._by_credential.get(hashlib.sha256(presented.encode()).hexdigest())

    async def save(self, agent: AgentRecord, *, patience: float | None = None) -> None:
        """Add or replace an agent; visible once it is durable.

        Raises:
            InvalidRequest: its credential is that of another agent, which would lose its own.
            StorageUnavailable: the *patience* ran out, as in `Writer.write`.
        """
        credential, agent_id = agent.credential_sha256, agent.agent_id
        for owners in (self._by_credential, self._claimed):
            if owners.get(credential, agent_id) != agent_id:
                raise _taken()
        # Claimed before it is durable: two who bring the same one at once are not both let in.
        self._claimed[credential] = agent_id
        try:
            digest = await self._announced(agent.actions, patience)
            await self._writer.write(_SAVE, _row(agent, digest), patience=patience)
        finally:
            self._claimed.pop(credential, None)
        self._put(agent)

    async def note_seen(
        self, agent_id: AgentId, seen_at: int, browser: BrowserStatus | None
    ) -> None:
        """Remember when an agent was last heard of, and its browser as it was then."""
        agent = self._agents[agent_id]
        self._agents[agent_id] = msgspec.structs.replace(
            agent, last_seen_at=seen_at, browser=browser or agent.browser
        )
        await self._writer.write(_SEEN, {"key": agent_id, "last_seen_at": seen_at})

    async def _announced(self, actions: Actions, patience: float | None) -> str:
        """Return the digest of *actions*, under which they are durable."""
        digest = self.announcements.digest(actions)
        if digest not in self._written:
            row = {"digest": digest, "actions": _json(actions)}
            await self._writer.write(_ANNOUNCE, row, patience=patience)
            self._written.add(digest)
        return digest

    def _put(self, agent: AgentRecord) -> None:
        former = self._agents.get(agent.agent_id)
        if (
            former is not None
            and self._by_credential.get(former.credential_sha256) == agent.agent_id
        ):
            del self._by_credential[former.credential_sha256]
        shared = self.announcements.take(agent.actions)
        if former is not None:
            self.announcements.drop(former.actions)
        if shared is not agent.actions:
            agent = msgspec.structs.replace(agent, actions=shared)
        if former is None:
            insort(self._names, agent.agent_id)
        self._agents[agent.agent_id] = agent
        self._by_credential[agent.credential_sha256] = agent.agent_id

    def _unknown(self, agent_id: str) -> AgentUnknown:
        names = self._names
        near = get_close_matches(agent_id, names, NEAR_NAMES, 0.4) or names[:NEAR_NAMES]
        hint = f"Known agents: {', '.join(near)}." if near else "No agent has enrolled yet."
        more = len(names) - len(near)
        if near and more > 0:
            hint = f"Nearest of {len(names)} agents: {', '.join(near)}."
        return AgentUnknown(f"There is no agent {agent_id!r}. {hint}", known=near)


def _taken() -> InvalidRequest:
    message = "is the credential of another agent: every agent makes its own"
    return InvalidRequest(
        f"credential_sha256 {message}.", errors=[FieldError("credential_sha256", message)]
    )


def _row(agent: AgentRecord, digest: str) -> dict[str, object]:
    return {
        "agent_id": agent.agent_id,
        "install_id": agent.install_id,
        "credential_sha256": agent.credential_sha256,
        "epoch": agent.epoch,
        "created_at": agent.created_at,
        "last_seen_at": agent.last_seen_at,
        "labels": _json(agent.labels),
        "versions": None if agent.versions is None else _json(agent.versions),
        "browser": None if agent.browser is None else _json(agent.browser),
        "actions": _ELSEWHERE,
        "announced": digest,
    }


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _actions(text: str) -> Actions:
    return msgspec.json.decode(text, type=Actions)


def _record(row: Row[Any], actions: Actions) -> AgentRecord:
    return AgentRecord(
        agent_id=AgentId(row.agent_id),
        install_id=row.install_id,
        credential_sha256=row.credential_sha256,
        created_at=row.created_at,
        epoch=row.epoch,
        last_seen_at=row.last_seen_at,
        labels=msgspec.json.decode(row.labels, type=dict[str, str]),
        versions=_optional(row.versions, RuntimeVersions),
        browser=_optional(row.browser, BrowserStatus),
        actions=actions,
    )


def _optional(text: str | None, kind: type[Any]) -> Any:
    return None if text is None else msgspec.json.decode(text, type=kind)
