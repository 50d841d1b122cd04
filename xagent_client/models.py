"""What the API answers, as frozen values.

Fields that an older orchestrator may not send have defaults, and fields that a newer one adds
are ignored, so that the two can be upgraded one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from xagent_protocol.ids import (
    AgentId,
    ArtifactId,
    InstallId,
    PageId,
    RequestId,
    SessionId,
)
from xagent_protocol.messages import ActionSpec, BrowserStatus, PageSummary, RuntimeVersions
from xagent_protocol.outcomes import (
    TRACE_SUFFIX,
    ArtifactRef,
    CommandError,
    DialogState,
    Effect,
    PageState,
)
from xagent_protocol.transitions import CommandState

__all__ = [
    "ActionSpec",
    "Agent",
    "Artifact",
    "ArtifactRef",
    "BrowserStatus",
    "Command",
    "CommandError",
    "Contact",
    "DialogState",
    "Enrolment",
    "Fact",
    "FieldError",
    "HasArtifact",
    "Page",
    "PageState",
    "PageSummary",
    "Problem",
    "RuntimeVersions",
    "Session",
]

T = TypeVar("T")


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field of a request."""

    field: str
    message: str


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """Problem details (RFC 9457); *code* is stable, *detail* is for people."""

    status: int
    code: str = "unknown"
    title: str = ""
    detail: str = ""
    errors: tuple[FieldError, ...] = ()
    known: tuple[str, ...] = ()
    retry_after: float | None = None


class HasArtifact(Protocol):
    """Whatever names an artifact: an `ArtifactRef`, or the result of an action that made one."""

    @property
    def artifact_id(self) -> str:
        """The artifact's id."""


class Fact(msgspec.Struct, frozen=True):
    """Something that holds or does not, and since when."""

    value: bool
    since: datetime | None = None


class Contact(msgspec.Struct, frozen=True):
    """Three facts about reaching an agent, which can differ."""

    connected: Fact
    responsive: Fact
    browser_ok: Fact


class Session(msgspec.Struct, frozen=True):
    """One stay of an agent at the orchestrator."""

    session_id: SessionId
    epoch: int
    started_at: datetime
    remote_address: str | None = None
    ended_at: datetime | None = None
    end_reason: str | None = None


class Agent(msgspec.Struct, frozen=True):
    """One agent that ever enrolled: what it runs, and how it can be reached now."""

    agent_id: AgentId
    contact: Contact
    labels: dict[str, str] = {}
    created_at: datetime | None = None
    last_seen_at: datetime | None = None
    install_id: InstallId | None = None
    versions: RuntimeVersions | None = None
    browser: BrowserStatus | None = None
    session: Session | None = None
    in_flight: int = 0
    queued: int = 0

    @property
    def is_connected(self) -> bool:
        """Whether the agent's socket is open."""
        return self.contact.connected.value


class Command(msgspec.Struct, frozen=True):
    """One action asked of one agent, finished or not."""

    request_id: RequestId
    agent_id: AgentId
    action: str
    state: CommandState
    params: dict[str, Any] = {}
    page: PageState | None = None
    timeout: float | None = None
    idempotent: bool = False
    record: str | None = None
    if_controlled: str = "fail"
    requested_by: str | None = None
    effect: Effect = Effect.NONE
    result: Any = None
    error: CommandError | None = None
    artifacts: tuple[ArtifactRef, ...] = ()
    dialog: DialogState | None = None
    notices: tuple[str, ...] = ()
    attempt: int = 0
    cancel_requested: bool = False
    created_at: datetime | None = None
    dispatched_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_ms: float | None = None
    withheld: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether the command will not change any more."""
        return self.state.is_terminal

    @property
    def trace(self) -> ArtifactRef | None:
        """The recording that was asked for; null if there is none, as a notice says then."""
        if self.record is None:
            return None
        return next((one for one in self.artifacts if one.name.endswith(TRACE_SUFFIX)), None)

    @property
    def made(self) -> tuple[ArtifactRef, ...]:
        """What the action itself has made."""
        return tuple(one for one in self.artifacts if one is not self.trace)

    @property
    def succeeded(self) -> bool:
        """Whether the action ran to its end and did what was asked."""
        return self.state is CommandState.SUCCEEDED


class Artifact(ArtifactRef, frozen=True):
    """Bytes that the orchestrator keeps; *agent_id* is null if a user uploaded them."""

    agent_id: AgentId | None = None
    request_id: RequestId | None = None
    created_at: datetime | None = None


class Enrolment(msgspec.Struct, frozen=True):
    """A token with which one agent of that name may enrol, once."""

    agent_id: AgentId
    token: str
    expires_at: datetime | None = None


class SignInLink(msgspec.Struct, frozen=True):
    """A link that signs one browser in to the dashboard, once."""

    url: str
    expires_at: datetime


class Share(msgspec.Struct, frozen=True):
    """A link by which whoever has it may look at one agent, until it expires.

    *url* is told only when it is made.
    """

    id: str
    agent_id: AgentId
    created_at: datetime
    expires_at: datetime
    url: str | None = None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a longer list; pass *next_cursor* as `cursor` to get the part that follows."""

    items: tuple[T, ...]
    next_cursor: str | None = None

    def __iter__(self) -> Iterator[T]:
        """Go through the items of this part."""
        return iter(self.items)

    def __len__(self) -> int:
        """Count the items of this part."""
        return len(self.items)


# Re-exported for annotations of those who use the SDK.
__all__ += ["AgentId", "ArtifactId", "PageId", "RequestId", "SessionId"]
