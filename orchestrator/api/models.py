"""The JSON that is answered, made from records; what is raw in a record goes out untouched."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from orchestrator.dispatch.connections import Contact
from orchestrator.store.records import AgentRecord, ArtifactRecord, CommandRecord, SessionRecord
from xagent_protocol.ids import (
    AGENT_ID_PATTERN,
    REQUEST_ID_PATTERN,
    AgentId,
    InstallId,
    RequestId,
    SessionId,
)
from xagent_protocol.messages import ActionSpec, BrowserStatus
from xagent_protocol.outcomes import (
    NO_RESULT,
    ArtifactRef,
    DialogState,
    Effect,
    PageState,
)
from xagent_protocol.transitions import CommandState

AgentName = Annotated[
    AgentId,
    Meta(
        pattern=AGENT_ID_PATTERN,
        description="The agent's name.",
        examples=["shop-1"],
    ),
]
# Without an example: a name that everybody copies would soon belong to another command.
ChosenName = Annotated[RequestId, Meta(pattern=REQUEST_ID_PATTERN)]
CommandName = Annotated[
    RequestId,
    Meta(
        pattern=REQUEST_ID_PATTERN,
        description="Names the command for ever.",
        examples=["order-4711"],
    ),
]
Timestamp = Annotated[
    str,
    Meta(
        description="A time in UTC, to the millisecond.",
        examples=["2026-11-23T09:30:00.000Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
Cursor = Annotated[
    str | None,
    Meta(description="Pass it as `cursor` to get the next page; null on the last one."),
]


class Fact(msgspec.Struct, frozen=True):
    """Something that is so, and since when."""

    value: bool
    since: Timestamp


class ContactFacts(msgspec.Struct, frozen=True):
    """Three facts about an agent that are easily taken for one.

    `connected`: it has a socket here. `responsive`: the loop that takes commands answers.
    `browser_ok`: its browser answered the latest probe.
    """

    connected: Fact
    responsive: Fact
    browser_ok: Fact


class Versions(msgspec.Struct, frozen=True):
    """The software of an agent."""

    xagent: str
    python: str
    platform: str
    playwright: str
    hostname: str


class Session(msgspec.Struct, frozen=True):
    """One stay of an agent; `end_reason` begins with a stable word."""

    session_id: SessionId
    epoch: int
    remote_address: str
    started_at: Timestamp
    ended_at: Timestamp | None
    end_reason: str | None


class PastSession(Session, frozen=True):
    """One stay of an agent, with what it ran then."""

    install_id: InstallId
    xagent_version: str
    browser_version: str


class Agent(msgspec.Struct, frozen=True):
    """An agent that enrolled, here or not.

    `versions`, `browser` and `session` are as last heard, null if it was never here.
    """

    agent_id: AgentName
    labels: dict[str, str]
    created_at: Timestamp
    last_seen_at: Timestamp | None
    install_id: InstallId
    versions: Versions | None
    browser: BrowserStatus | None
    contact: ContactFacts
    session: Session | None
    in_flight: Annotated[int, Meta(ge=0, description="Commands it is working on.")]
    queued: Annotated[int, Meta(ge=0, description="Commands that wait for it here.")]


class AgentPage(msgspec.Struct, frozen=True):
    """Agents in the order of their names."""

    items: list[Agent]
    next_cursor: Cursor


class ActionList(msgspec.Struct, frozen=True):
    """What an agent announced that it can do."""

    items: tuple[ActionSpec, ...]


class SessionList(msgspec.Struct, frozen=True):
    """An agent's sessions, newest first."""

    items: list[PastSession]


class CommandFault(msgspec.Struct, frozen=True):
    """Why a command did not succeed; `code` is stable, `message` names the next step."""

    code: str
    message: str
    details: dict[str, Any] | None


class Command(msgspec.Struct, frozen=True, omit_defaults=True):
    """A command as it stands; it is over once `finished_at` is set, and then never changes."""

    request_id: CommandName
    agent_id: AgentName
    action: Annotated[str, Meta(description="What was asked.")]
    params: Annotated[
        msgspec.Raw, Meta(description="As they were sent.", extra_json_schema={"type": "object"})
    ]
    page: Annotated[
        PageState | None, Meta(description="The page it ran on, or is to run on if it named one.")
    ]
    timeout: Annotated[float, Meta(description="Seconds it may run.")]
    idempotent: Annotated[bool, Meta(description="Whether it may be started a second time.")]
    record: Annotated[
        str | None,
        Meta(
            description="`trace` if it is recorded; the artifact whose name ends in `.trace.zip` "
            "is that."
        ),
    ]
    if_controlled: Annotated[
        str, Meta(description="`fail` or `wait`: what it does while a person drives its page.")
    ]
    requested_by: Annotated[
        str | None,
        Meta(
            description="The credential that asked first: `token`, or `sign-in` and a short id of "
            "the browser that signed in. Null for commands of older releases."
        ),
    ]
    state: Annotated[CommandState, Meta(description="The last six are final.")]
    effect: Annotated[Effect, Meta(description="What is known of its effect on the world outside.")]
    result: Annotated[
        msgspec.Raw, Meta(description="As the action's own schema says; null until it succeeded.")
    ]
    error: Annotated[CommandFault | None, Meta(description="Why it did not succeed.")]
    artifacts: Annotated[tuple[ArtifactRef, ...], Meta(description="The bytes it made.")]
    dialog: Annotated[
        DialogState | None, Meta(description="A dialog that the page showed meanwhile.")
    ]
    notices: Annotated[
        tuple[str, ...], Meta(description="What else to know, say that the browser was restarted.")
    ]
    attempt: Annotated[int, Meta(ge=0, description="How often it was sent to the agent.")]
    cancel_requested: Annotated[bool, Meta(description="Whether somebody wants it stopped.")]
    created_at: Timestamp
    dispatched_at: Timestamp | None
    started_at: Timestamp | None
    finished_at: Timestamp | None
    duration_ms: Annotated[
        float | None, Meta(description="How long the action ran, by the agent's clock.")
    ]
    withheld: Annotated[
        tuple[str, ...],
        Meta(description="There only for a visitor by a share: what is not shown to one."),
    ] = ()


class CommandSummary(msgspec.Struct, frozen=True):
    """A command without what may be long: its params, its result, the details of its error."""

    request_id: CommandName
    agent_id: AgentName
    action: str
    page: PageState | None
    requested_by: str | None
    state: CommandState
    effect: Effect
    error: CommandFault | None
    artifacts: tuple[ArtifactRef, ...]
    dialog: DialogState | None
    attempt: int
    cancel_requested: bool
    created_at: Timestamp
    started_at: Timestamp | None
    finished_at: Timestamp | None
    duration_ms: float | None


class CommandPage(msgspec.Struct, frozen=True):
    """Commands, newest first; perhaps none, and yet more behind `next_cursor`."""

    items: list[Command]
    next_cursor: Cursor


class Artifact(ArtifactRef, frozen=True):
    """An artifact that is kept; `agent_id` is null if a user uploaded it."""

    agent_id: Annotated[AgentId | None, Meta(description="The agent that uploaded it.")]
    request_id: Annotated[RequestId | None, Meta(description="The command it belongs to.")]
    created_at: Timestamp


class ArtifactPage(msgspec.Struct, frozen=True):
    """Artifacts, newest first."""

    items: list[Artifact]
    next_cursor: Cursor


def command_of(record: CommandRecord) -> Command:
    """Show a command."""
    progress = record.progress
    error = record.error
    page = record.page
    if page is None and record.page_asked is not None:
        page = PageState(id=record.page_asked)  # type: ignore[arg-type]  # a label until it ran
    return Command(
        record.request_id,
        record.agent_id,
        record.action,
        record.params,
        page,
        record.timeout,
        record.idempotent,
        record.record,
        record.if_controlled,
        record.requested_by,
        progress.state,
        progress.effect,
        NO_RESULT if record.result is None else record.result,
        None if error is None else CommandFault(error.code, error.message, error.details),
        record.artifacts,
        record.dialog,
        record.notices,
        progress.attempt,
        progress.cancel_requested,
        timestamp(record.created_at),
        _timestamp_or_none(record.dispatched_at),
        _timestamp_or_none(record.started_at),
        _timestamp_or_none(record.finished_at),
        record.duration_ms,
    )


def command_summary_of(record: CommandRecord) -> CommandSummary:
    """Show the short of a command."""
    command = command_of(record)
    error = command.error
    return CommandSummary(
        request_id=command.request_id,
        agent_id=command.agent_id,
        action=command.action,
        page=command.page,
        requested_by=command.requested_by,
        state=command.state,
        effect=command.effect,
        error=None if error is None else CommandFault(error.code, error.message, None),
        artifacts=command.artifacts,
        dialog=command.dialog,
        attempt=command.attempt,
        cancel_requested=command.cancel_requested,
        created_at=command.created_at,
        started_at=command.started_at,
        finished_at=command.finished_at,
        duration_ms=command.duration_ms,
    )


def agent_of(
    record: AgentRecord,
    *,
    contact: Contact,
    session: SessionRecord | None,
    browser: BrowserStatus | None,
    counts: tuple[int, int],
) -> Agent:
    """Show an agent; *counts* are its commands in flight and queued."""
    versions = record.versions
    return Agent(
        agent_id=record.agent_id,
        labels=record.labels,
        created_at=timestamp(record.created_at),
        last_seen_at=_timestamp_or_none(record.last_seen_at),
        install_id=record.install_id,
        versions=None if versions is None else Versions(**msgspec.structs.asdict(versions)),
        browser=browser,
        contact=ContactFacts(
            connected=Fact(contact.connected.value, timestamp(contact.connected.since)),
            responsive=Fact(contact.responsive.value, timestamp(contact.responsive.since)),
            browser_ok=Fact(contact.browser_ok.value, timestamp(contact.browser_ok.since)),
        ),
        session=None if session is None else session_of(session),
        in_flight=counts[0],
        queued=counts[1],
    )


def session_of(record: SessionRecord) -> Session:
    """Show a session beside its agent."""
    return Session(
        session_id=record.session_id,
        epoch=record.epoch,
        remote_address=record.remote_address,
        started_at=timestamp(record.started_at),
        ended_at=_timestamp_or_none(record.ended_at),
        end_reason=record.end_reason,
    )


def past_session_of(record: SessionRecord) -> PastSession:
    """Show a session in an agent's history."""
    return PastSession(
        **msgspec.structs.asdict(session_of(record)),
        install_id=record.install_id,
        xagent_version=record.xagent_version,
        browser_version=record.browser_version,
    )


def artifact_of(record: ArtifactRecord) -> ArtifactRef:
    """Show an artifact."""
    return ArtifactRef(
        artifact_id=record.artifact_id,
        content_type=record.content_type,
        size=record.size,
        sha256=record.sha256,
        name=record.name,
    )


def kept_artifact_of(record: ArtifactRecord) -> Artifact:
    """Show an artifact in a list."""
    return Artifact(
        **msgspec.structs.asdict(artifact_of(record)),
        agent_id=record.agent_id,
        request_id=record.request_id,
        created_at=timestamp(record.created_at),
    )


_MS: Final = 1000


def timestamp(milliseconds: int) -> str:
    """Return a time of a record as RFC 3339, always with three decimals."""
    return f"{_second(milliseconds // _MS)}.{milliseconds % _MS:03d}Z"


def _timestamp_or_none(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else timestamp(milliseconds)


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
