"""Who is here now: one live agent a name, and what is known of its contact.

A connection enters and removes itself. The newest of an install wins, and removal checks
identity, so that the late end of an old socket can never evict the newcomer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from orchestrator.clock import now_ms
from orchestrator.dispatch.events import EventKind, Events
from orchestrator.store.announcements import Actions
from orchestrator.store.records import SessionRecord
from xagent_protocol.ids import AgentId, RequestId
from xagent_protocol.messages import AgentBeat, BrowserStatus, OrchestratorMessage


class AgentSocket(Protocol):
    """What dispatch needs of a connection."""

    def send(self, message: OrchestratorMessage) -> None:
        """Write a frame without waiting; in the order of the calls, or never."""

    def acknowledge(self, request_id: RequestId, attempt: int) -> None:
        """Tell the agent, soon, that the attempt's result is durable."""

    def close(self, code: int, reason: str) -> None:
        """Begin to close; does nothing if that has begun already."""


class Fact(msgspec.Struct, frozen=True):
    """Whether something holds, and since when, in milliseconds since the epoch."""

    value: bool
    since: int

    def now(self, value: bool) -> Fact:
        """Return the fact with a new value; the time changes only if the value does."""
        return self if value is self.value else Fact(value, now_ms())


class Contact(msgspec.Struct, frozen=True):
    """Three facts that fail apart: the socket is open, beats come back, the browser answers."""

    connected: Fact
    responsive: Fact
    browser_ok: Fact


class LiveAgent:
    """One agent while its socket is open.

    *is_ready* becomes true when its inventory is reconciled; before that nothing is dispatched.
    """

    def __init__(
        self,
        session: SessionRecord,
        socket: AgentSocket,
        browser: BrowserStatus | None,
        actions: Actions,
        channels: tuple[str, ...] = (),
    ) -> None:
        """Begin a stay of who announced *actions*; *channels* are the kinds that it opens."""
        self._actions = actions
        self.channels = channels
        self.on_change: Callable[[AgentId], None] = lambda _: None
        """Hears when what is known of the agent is new."""
        self.session = session
        self.socket = socket
        self.browser = browser
        self.is_ready = False
        now = now_ms()
        self.contact = Contact(
            connected=Fact(True, now),
            responsive=Fact(True, now),
            browser_ok=Fact(browser is not None and browser.ok, now),
        )

    @property
    def agent_id(self) -> AgentId:
        """The agent's name."""
        return self.session.agent_id

    def reads(self, action: str) -> bool:
        """Say whether it announced that an action only reads; it keeps no note of one then."""
        return any(one.reads for one in self._actions if one.name == action)

    def note_beat(self, beat: AgentBeat) -> None:
        """Take in what a beat tells."""
        before = (self.browser, self.contact)
        if beat.browser is not None:
            self.browser = beat.browser
        is_ok = beat.browser is not None and beat.browser.ok
        contact = self.contact
        self.contact = Contact(
            contact.connected, contact.responsive.now(True), contact.browser_ok.now(is_ok)
        )
        if before != (self.browser, self.contact):
            self.on_change(self.agent_id)

    def note_silence(self) -> None:
        """Note that beats have stayed away for too long."""
        contact = self.contact
        self.contact = Contact(contact.connected, contact.responsive.now(False), contact.browser_ok)
        if contact.responsive.value:
            self.on_change(self.agent_id)


class Connections:
    """The live agents by name, and how the last stay of the others ended."""

    def __init__(self, events: Events) -> None:
        """Begin with nobody here; *events* hears of who comes, changes and goes."""
        self._events = events
        self._live: dict[AgentId, LiveAgent] = {}
        self._left: dict[AgentId, tuple[SessionRecord, Contact]] = {}

    def __len__(self) -> int:
        """Count the live agents."""
        return len(self._live)

    def __iter__(self) -> Iterator[LiveAgent]:
        """Iterate over the live agents; safe against changes meanwhile."""
        return iter(list(self._live.values()))

    def get(self, agent_id: AgentId) -> LiveAgent | None:
        """Return the live agent of this name."""
        return self._live.get(agent_id)

    def enter(self, agent: LiveAgent) -> LiveAgent | None:
        """Put *agent* in its place; returns the one that it supersedes."""
        older = self._live.get(agent.agent_id)
        self._live[agent.agent_id] = agent
        agent.on_change = self.note_change
        self._events.agent(EventKind.AGENT_CONNECTED, agent.agent_id)
        return older

    def leave(self, agent: LiveAgent, session: SessionRecord) -> bool:
        """Remove *agent* if it still is the one of its name; *session* is the ended one."""
        if self._live.get(agent.agent_id) is not agent:
            return False
        del self._live[agent.agent_id]
        self.remember(session, agent.contact)
        self._events.agent(EventKind.AGENT_DISCONNECTED, agent.agent_id)
        return True

    def note_change(self, agent_id: AgentId) -> None:
        """Tell that what is recorded of an agent is new."""
        self._events.agent(EventKind.AGENT_CHANGED, agent_id)

    def remember(self, session: SessionRecord, contact: Contact | None = None) -> None:
        """Keep the end of an agent's last stay, to be shown while it is away."""
        gone = session.ended_at or now_ms()
        responsive = contact.responsive if contact else Fact(False, gone)
        browser_ok = contact.browser_ok if contact else Fact(False, gone)
        self._left[session.agent_id] = (
            session,
            Contact(
                Fact(False, gone),
                responsive if not responsive.value else Fact(False, gone),
                browser_ok if not browser_ok.value else Fact(False, gone),
            ),
        )

    def contact(self, agent_id: AgentId, created_at: int) -> Contact:
        """Return the three facts; for an agent that never came, false since it enrolled."""
        live = self._live.get(agent_id)
        if live is not None:
            return live.contact
        left = self._left.get(agent_id)
        if left is not None:
            return left[1]
        never = Fact(False, created_at)
        return Contact(never, never, never)

    def session(self, agent_id: AgentId) -> SessionRecord | None:
        """Return the present stay, or else the last one."""
        live = self._live.get(agent_id)
        if live is not None:
            return live.session
        left = self._left.get(agent_id)
        return left[0] if left else None
