"""Who may take an agent's place: epochs, installs, leases, and the record of each stay.

Newest connection of the same install wins. Another install under the same name is refused while
the first one's lease lives: while it is connected, and for as long after it vanished without a
goodbye as it may take to find it dead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from orchestrator.clock import now_ms
from orchestrator.dispatch.connections import AgentSocket, Connections, LiveAgent
from orchestrator.errors import DuplicateAgent
from orchestrator.fresh_ids import new_session_id
from orchestrator.settings import Timers
from orchestrator.store.agents import AgentRegistry
from orchestrator.store.announcements import Actions
from orchestrator.store.records import AgentRecord, SessionRecord
from orchestrator.store.sessions import SessionStore
from xagent_protocol.close_codes import SUPERSEDED, CloseCode
from xagent_protocol.errors import InvalidMessage
from xagent_protocol.ids import AgentId, InstallId
from xagent_protocol.messages import Hello

log: Final = structlog.get_logger(__name__)

HIGHEST_EPOCH: Final = 2**62
"""Far beyond what an agent can reach, and below what the database can hold."""

GOODBYE: Final = "goodbye"
RESTARTED: Final = "orchestrator_restarted"
GONE: Final = "gone before it was welcome"


class Admission:
    """Opens and ends stays."""

    def __init__(
        self,
        registry: AgentRegistry,
        sessions: SessionStore,
        connections: Connections,
        timers: Timers,
        *,
        on_begin: Callable[[], None] = lambda: None,
    ) -> None:
        """Call `load` before the first agent comes; *on_begin* hears of each stay."""
        self._registry = registry
        self._sessions = sessions
        self._connections = connections
        self._timers = timers
        self._on_begin = on_begin
        self._leased_until: dict[AgentId, float] = {}
        self._turns: dict[AgentId, asyncio.Lock] = {}

    async def load(self) -> None:
        """Close what an earlier life left open; those agents are expected back."""
        now, until = now_ms(), asyncio.get_running_loop().time() + self._timers.lost
        for agent_id, session in (await self._sessions.latest()).items():
            if session.ended_at is not None:
                self._connections.remember(session)
                continue
            self._leased_until[agent_id] = until
            self._connections.remember(
                msgspec.structs.replace(session, ended_at=now, end_reason=RESTARTED)
            )
        await self._sessions.end_all(now, RESTARTED)

    def turn(self, agent_id: AgentId) -> asyncio.Lock:
        """Return the lock under which a name's place is taken, or its install replaced."""
        return self._turns.setdefault(agent_id, asyncio.Lock())

    def refuse_stranger(self, agent_id: AgentId, install_id: InstallId) -> None:
        """Refuse another install of a name whose lease lives.

        Raises:
            DuplicateAgent: it does; the message says who holds the name.
        """
        agent = self._registry.find(agent_id)
        if agent is None or agent.install_id == install_id:
            return
        live = self._connections.get(agent_id)
        seconds = self._leased_until.get(agent_id, 0.0) - asyncio.get_running_loop().time()
        if live is None and seconds <= 0:
            return
        host = agent.versions.hostname if agent.versions else ""
        where = f" on host {host!r}" if host else ""
        holds = "is connected" if live else f"was connected {self._timers.lost - seconds:.0f} s ago"
        log.error("agent.duplicate", agent_id=agent_id, install_id=install_id)
        raise DuplicateAgent(
            f"The name {agent_id!r} belongs to another install{where}, which {holds}: choose "
            "another name, or stop that agent first.",
            retry_after=self._timers.lost if live else max(1.0, seconds),
        )

    def knows(self, digest: str) -> bool:
        """Say whether a hello may name the actions of this digest, in place of saying them."""
        return self._registry.announcements.find(digest) is not None

    async def admit(
        self, agent_id: AgentId, hello: Hello, socket: AgentSocket, remote_address: str
    ) -> LiveAgent:
        """Open a stay: a new epoch, a durable record, the place among the live; ends the older.

        Raises:
            DuplicateAgent: another install holds the name.
            InvalidMessage: its epoch leaves no room to grow, or its actions are none.
        """
        if hello.highest_epoch >= HIGHEST_EPOCH:
            raise InvalidMessage(f"highest_epoch is not below {HIGHEST_EPOCH}")
        async with self.turn(agent_id):
            agent = self._registry.get(agent_id)
            if agent.install_id != hello.install_id:
                self.refuse_stranger(agent_id, hello.install_id)
                raise DuplicateAgent(
                    f"The name {agent_id!r} was enrolled by another install: enrol this one."
                )
            actions = self._registry.announcements.read(hello.actions)
            session = _session(agent, hello, remote_address)
            await self._registry.save(_greeted(agent, hello, actions, session))
            try:
                await self._sessions.begin(session)
            except asyncio.CancelledError:
                # Its row is written all the same, and nobody else will ever come to end it.
                self._sessions.end_unheard(session, now_ms(), GONE)
                raise
            live = LiveAgent(session, socket, hello.browser, actions, hello.channels)
            # One leaves and the other enters in one step: nobody is told that it is offline.
            older = self._connections.enter(live)
            self._leased_until[agent_id] = float("inf")
            self._on_begin()
            if older is not None:
                older.socket.close(
                    CloseCode.CONFLICT, f"{SUPERSEDED}: a newer connection took its place"
                )
        log.info(
            "agent.connected",
            agent_id=agent_id,
            session_id=session.session_id,
            epoch=session.epoch,
            remote_address=remote_address,
            browser=session.browser_version,
        )
        return live

    def leave(self, live: LiveAgent, reason: str) -> bool:
        """Take a stay out of the live ones; returns whether it was still the one of its name."""
        ended = msgspec.structs.replace(live.session, ended_at=now_ms(), end_reason=reason)
        log.info(
            "agent.disconnected",
            agent_id=live.agent_id,
            session_id=live.session.session_id,
            reason=reason,
        )
        if not self._connections.leave(live, ended):
            return False
        said_goodbye = reason.startswith(GOODBYE)
        lease = 0.0 if said_goodbye else self._timers.lost
        self._leased_until[live.agent_id] = asyncio.get_running_loop().time() + lease
        return True

    async def record_end(self, live: LiveAgent, reason: str) -> None:
        """Make the end of a stay durable; waits for as long as the database needs."""
        ended_at = now_ms()
        await self._sessions.end(live.session, ended_at, reason)
        if self._connections.get(live.agent_id) is None:
            await self._registry.note_seen(live.agent_id, ended_at, live.browser)
            self._connections.note_change(live.agent_id)


def _session(agent: AgentRecord, hello: Hello, remote_address: str) -> SessionRecord:
    return SessionRecord(
        session_id=new_session_id(),
        agent_id=agent.agent_id,
        epoch=max(agent.epoch, hello.highest_epoch) + 1,
        install_id=hello.install_id,
        journal_id=hello.journal_id,
        boot_id=hello.boot_id,
        remote_address=remote_address,
        xagent_version=hello.versions.xagent,
        browser_version=hello.browser.version if hello.browser else "",
        started_at=now_ms(),
    )


def _greeted(
    agent: AgentRecord, hello: Hello, actions: Actions, session: SessionRecord
) -> AgentRecord:
    return msgspec.structs.replace(
        agent,
        epoch=session.epoch,
        last_seen_at=session.started_at,
        labels=hello.labels,
        versions=hello.versions,
        browser=hello.browser,
        actions=actions,
    )
