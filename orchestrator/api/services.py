"""What the operations need of the rest of the server, as the fewest verbs, in one frozen value."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from orchestrator.access.shares import Share
from orchestrator.dispatch.connections import Contact, LiveAgent
from orchestrator.dispatch.events import Events
from orchestrator.dispatch.pending import Tell, Waiter
from orchestrator.dispatch.submission import Submission
from orchestrator.errors import Refusal
from orchestrator.metrics import Metrics
from orchestrator.store.records import (
    AgentRecord,
    ArtifactFilter,
    ArtifactRecord,
    CommandFilter,
    CommandRecord,
    CommandsFound,
    SessionRecord,
)
from xagent_protocol.ids import AgentId, InstallId, RequestId
from xagent_protocol.messages import ActionSpec
from xagent_protocol.transitions import CommandState


class Announced(Protocol):
    """What agents announced; each set of actions once, under another revision if any changes."""

    @property
    def revision(self) -> int:
        """The number of the present sets."""
        ...

    def __iter__(self) -> Iterator[tuple[ActionSpec, ...]]:
        """Iterate over them."""
        ...


class Agents(Protocol):
    """Who ever enrolled, in the order of their ids; `get` raises `AgentUnknown`."""

    @property
    def announcements(self) -> Announced:
        """What they said that they can do."""
        ...

    def get(self, agent_id: AgentId, /) -> AgentRecord:
        """Return one agent."""
        ...

    def all(self) -> Sequence[AgentRecord]:
        """Return every agent."""
        ...

    def after(self, name: str, /) -> Iterator[AgentRecord]:
        """Iterate over the agents whose ids come after *name*."""
        ...


class Presence(Protocol):
    """Who is here now, and what was last heard of those who are not."""

    def get(self, agent_id: AgentId, /) -> LiveAgent | None:
        """Return the live agent of this name."""
        ...

    def contact(self, agent_id: AgentId, created_at: int, /) -> Contact:
        """Return the three facts about an agent that enrolled at *created_at*."""
        ...

    def session(self, agent_id: AgentId, /) -> SessionRecord | None:
        """Return the live session, else the latest known."""
        ...


class Commands(Protocol):
    """Commands and their ways; an unknown id raises `CommandUnknown`."""

    @property
    def is_draining(self) -> bool:
        """Whether no more commands are taken."""
        ...

    def begin(self, submission: Submission, /, *, wait: float, tell: Tell) -> Waiter:
        """Do what `submit` does without waiting, and call *tell* with what it would return."""
        ...

    async def known_or(self, refusal: Refusal, submission: Submission, /) -> CommandRecord:
        """Return the recorded command of the submission's request id, or raise a `Refusal`."""
        ...

    async def submit(self, submission: Submission, /, *, wait: float) -> CommandRecord:
        """Record a command, send it on its way, wait for its end; may raise any `Refusal`."""
        ...

    async def wait(self, request_id: RequestId, seconds: float, /) -> CommandRecord:
        """Return a command once it is over, or as it stands after *seconds*."""
        ...

    async def get(self, request_id: RequestId, /) -> CommandRecord:
        """Return a command as it stands."""
        ...

    async def cancel(self, request_id: RequestId, /) -> CommandRecord:
        """Ask for its end; what is over stays as it is."""
        ...

    def as_it_stands(self, record: CommandRecord, /) -> CommandRecord:
        """Return the live view of a command that was read from the history."""
        ...

    def open_in(self, state: CommandState, agent_id: AgentId | None, /) -> tuple[RequestId, ...]:
        """Return what is in a state that is not the end, the newest first."""
        ...

    def counts(self, agent_id: AgentId, /) -> tuple[int, int]:
        """Return how many are in flight and how many are queued."""
        ...


class History(Protocol):
    """What was, newest first."""

    async def commands(
        self, wanted: CommandFilter, /, *, limit: int, before: int | None
    ) -> CommandsFound:
        """Return commands accepted before the one whose `seq` is *before*."""
        ...

    async def sessions(self, agent_id: AgentId, /, *, limit: int) -> Sequence[SessionRecord]:
        """Return an agent's sessions."""
        ...


class Artifacts(Protocol):
    """Bytes by id; `get` raises `ArtifactUnknown`, `put` `BodyTooLarge`."""

    async def put(
        self,
        chunks: AsyncIterable[bytes],
        *,
        content_type: str,
        name: str,
        agent_id: AgentId | None,
        request_id: RequestId | None,
        announced_bytes: int | None,
    ) -> ArtifactRecord:
        """Keep a stream of bytes."""
        ...

    async def page(
        self, wanted: ArtifactFilter, /, *, limit: int, before: str | None
    ) -> Sequence[ArtifactRecord]:
        """Return artifacts older than the one with the id *before*, newest first."""
        ...

    async def get(self, artifact_id: str, /) -> ArtifactRecord:
        """Return what is known of an artifact."""
        ...

    def path(self, artifact: ArtifactRecord, /) -> Path:
        """Return where its bytes are."""
        ...


class Enrolments(Protocol):
    """Single-use tokens by which a name becomes an agent."""

    async def issue(self, agent_id: AgentId, /) -> tuple[str, int]:
        """Return a token and when it ends, in milliseconds since the epoch."""
        ...

    async def redeem(
        self,
        token: str,
        *,
        agent_id: AgentId,
        install_id: InstallId,
        credential_sha256: str,
    ) -> None:
        """Spend a token; raises `InvalidEnrolmentToken` or `DuplicateAgent`."""
        ...


class SignInLinks(Protocol):
    """Links that sign a browser in, once."""

    def make(self, *, can_control: bool) -> tuple[str, int]:
        """Return a secret and when it ends, in milliseconds since the epoch."""
        ...


class Shares(Protocol):
    """Links by which anybody may look at one agent; `end` raises `ShareUnknown`."""

    def make(self, agent_id: AgentId, seconds: float, /) -> tuple[str, Share]:
        """Return a secret, and the share."""
        ...

    def all(self) -> Sequence[Share]:
        """Return those that are good, newest first."""
        ...

    def end(self, share_id: str, /) -> Share:
        """Let it open nothing any more."""
        ...


@dataclass(frozen=True)
class Services:
    """Given to `build_routes`; every operation receives it as its first argument.

    *unready* says in one sentence why the server cannot serve now, or returns null.
    *needs_artifact* says whether an agent was told, by a command that is with it or by somebody
    who drives its page, to use an artifact.
    *body_bytes* is the longest JSON body that is read.
    """

    agents: Agents
    presence: Presence
    commands: Commands
    history: History
    artifacts: Artifacts
    enrolments: Enrolments
    sign_in_links: SignInLinks
    shares: Shares
    events: Events
    metrics: Metrics
    unready: Callable[[], str | None]
    needs_artifact: Callable[[AgentId, str], bool]
    version: str
    body_bytes: int = 1024 * 1024
