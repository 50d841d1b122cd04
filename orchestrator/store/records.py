"""The frozen values that the rest of the server sees instead of rows.

Times are milliseconds since the Unix epoch, UTC: they are for people and for sorting; no decision
is made by comparing them.
"""

from __future__ import annotations

from typing import Final

import msgspec

from xagent_protocol.ids import (
    AgentId,
    ArtifactId,
    BootId,
    InstallId,
    JournalId,
    RequestId,
    SessionId,
)
from xagent_protocol.messages import FAIL, ActionSpec, BrowserStatus, RuntimeVersions
from xagent_protocol.outcomes import ArtifactRef, CommandError, DialogState, PageState
from xagent_protocol.transitions import CommandState, Progress

TOKEN_NAME: Final = "token"
"""Who asked, where it was by the user's token: there is one, and nothing tells its users apart."""


class AgentRecord(msgspec.Struct, frozen=True):
    """An agent that enrolled; *epoch* is the highest it was ever welcomed with.

    *versions*, *browser* and *actions* are what its latest hello said; null or empty before.
    """

    agent_id: AgentId
    install_id: InstallId
    credential_sha256: str
    created_at: int
    epoch: int = 0
    last_seen_at: int | None = None
    labels: dict[str, str] = {}
    versions: RuntimeVersions | None = None
    browser: BrowserStatus | None = None
    actions: tuple[ActionSpec, ...] = ()


class SessionRecord(msgspec.Struct, frozen=True):
    """One stay of an agent; *end_reason* is a stable word followed by what a person may want."""

    session_id: SessionId
    agent_id: AgentId
    epoch: int
    install_id: InstallId
    journal_id: JournalId
    boot_id: BootId
    remote_address: str
    xagent_version: str
    browser_version: str
    started_at: int
    ended_at: int | None = None
    end_reason: str | None = None


class CommandRecord(msgspec.Struct, frozen=True):
    """One command as the journal knows it.

    *fingerprint* is the digest of what the caller asked, to tell a repetition from another
    command under the same id. *result* is JSON as the agent wrote it. *page_asked* is the page
    the caller named; *page* the one it ran on. *record* is `trace` if it is to be recorded.
    *if_controlled* is `fail` or `wait`; *control_digest* stands for the token of the lease that it
    was sent under. *requested_by* names the credential of whoever asked for it first, null if an
    older release took it.
    *epoch*, *journal_id* and *boot_id* are those of the agent at the latest dispatch, and *reads*
    says whether it announced then that the action only reads, so that its own journal has nothing
    of it; true, too, where that is not known. *timeout*
    and *ttl* are in seconds, *duration_ms* by the agent's own clock.
    """

    request_id: RequestId
    agent_id: AgentId
    action: str
    params: msgspec.Raw
    timeout: float
    idempotent: bool
    ttl: float
    fingerprint: str
    progress: Progress
    created_at: int
    page_asked: str | None = None
    record: str | None = None
    if_controlled: str = FAIL
    control_digest: str | None = None
    requested_by: str | None = None
    epoch: int = 0
    journal_id: str = ""
    boot_id: str = ""
    reads: bool = False
    dispatched_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    duration_ms: float | None = None
    result: msgspec.Raw | None = None
    error: CommandError | None = None
    page: PageState | None = None
    artifacts: tuple[ArtifactRef, ...] = ()
    dialog: DialogState | None = None
    notices: tuple[str, ...] = ()
    late_result: msgspec.Raw | None = None
    seq: int = 0

    @property
    def state(self) -> CommandState:
        """The command's present state."""
        return self.progress.state

    @property
    def is_over(self) -> bool:
        """Whether the command is terminal."""
        return self.progress.state.is_terminal


class ArtifactRecord(msgspec.Struct, frozen=True):
    """Bytes on disk under their digest; *size* in bytes, *name* for people only."""

    artifact_id: ArtifactId
    agent_id: AgentId | None
    request_id: RequestId | None
    content_type: str
    name: str
    size: int
    sha256: str
    created_at: int


class CommandFilter(msgspec.Struct, frozen=True):
    """Which part of the history to list; null, or no state, means any."""

    agent_id: AgentId | None = None
    states: tuple[CommandState, ...] = ()
    action: str | None = None
    requested_by: str | None = None
    created_after: int | None = None
    """At that moment, or after it."""
    created_before: int | None = None
    among: tuple[RequestId, ...] | None = None
    """Of these only; the newest first, as they were accepted."""


class CommandsFound(msgspec.Struct, frozen=True):
    """A page of the history; *before* is where the next one goes on, null if this is the last.

    There may be fewer than were asked for, even none, and yet a next one.
    """

    records: list[CommandRecord]
    before: int | None


class ArtifactFilter(msgspec.Struct, frozen=True):
    """Which artifacts to list; null means any."""

    agent_id: AgentId | None = None
    request_id: RequestId | None = None
