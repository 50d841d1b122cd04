"""Every message of the wire, version 1, as frozen values tagged by ``type``.

Durations are in seconds and always relative: the clocks of the two ends are never compared.
Unknown fields are ignored, so that a newer peer of the same version may say more.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from xagent_protocol.ids import (
    BootId,
    ChannelId,
    InstallId,
    JournalId,
    PageId,
    RequestId,
    SessionId,
)
from xagent_protocol.outcomes import DialogState, Outcome

FAIL = "fail"
WAIT = "wait"

HOLDS = "holds"
"""Under which a field of JSON that is read later says of what type it is."""


class ActionSpec(msgspec.Struct, frozen=True):
    """What an agent can do under one name, with JSON Schemas (draft 2020-12) of both sides.

    *reads* is true when the action changes nothing and may be repeated after a crash.
    *on_page* is false for actions on the browser as a whole, which no wedged page can delay.
    *package* is the distribution that brought the action; null for Xagent's own.
    """

    name: str
    family: str
    description: str
    reads: bool
    on_page: bool
    params: dict[str, Any]
    result: dict[str, Any]
    package: str | None = None


class RuntimeVersions(msgspec.Struct, frozen=True, omit_defaults=True):
    """The software of an agent, for people who compare machines."""

    xagent: str
    python: str
    platform: str
    playwright: str = ""
    hostname: str = ""


class PageSummary(msgspec.Struct, frozen=True):
    """One open page as the last beat told it.

    *label* is the name that somebody gave it; *isolated* is whether it is without the profile's
    cookies; *dialog* is the one that is open on it; *controlled_by* is who drives it by hand.
    """

    id: PageId
    url: str
    title: str
    main: bool = False
    label: str | None = None
    isolated: bool = False
    dialog: DialogState | None = None
    controlled_by: str | None = None


class HumanCall(msgspec.Struct, frozen=True):
    """What a command waits for a person to do; `release_human` with its *id* lets it go on.

    *asked_at* is in milliseconds since 1970, by the clock of the agent's machine.
    """

    id: str
    reason: str
    page: PageId
    asked_at: int
    request_id: RequestId


class BrowserStatus(msgspec.Struct, frozen=True):
    """The browser behind an agent.

    *epoch* counts its launches within one life of the agent, so a higher one says that it was
    restarted; *ok* is the answer of the latest probe through the browser's own pipe.
    *human_calls* are those that no person has answered yet, oldest first.
    """

    name: str
    version: str
    epoch: int
    ok: bool
    headless: bool
    pages: tuple[PageSummary, ...] = ()
    human_calls: tuple[HumanCall, ...] = ()


class Limits(msgspec.Struct, frozen=True):
    """What the orchestrator accepts: bytes, seconds and commands in flight."""

    frame_bytes: int
    inline_result_bytes: int
    artifact_bytes: int
    in_flight: int
    beat_seconds: float
    suspect_seconds: float
    lost_seconds: float


class InventoryState(StrEnum):
    """How far an agent is with a command that it has not had acknowledged.

    `interrupted`: an earlier life of this agent started it, so it may have run, and it will never
    go on. Its result, a failure of unknown effect, follows like that of one which is done.
    """

    RECEIVED = "received"
    STARTED = "started"
    INTERRUPTED = "interrupted"
    DONE = "done"


class ResultRef(msgspec.Struct, frozen=True):
    """Names one result.

    Not by its command alone: an agent may hold the result of a second attempt by the time the
    acknowledgement of the first one's arrives.
    """

    request_id: RequestId
    attempt: int


class InventoryItem(msgspec.Struct, frozen=True):
    """One command the agent still holds, with the attempt it knows it by."""

    request_id: RequestId
    attempt: int
    state: InventoryState
    action: str


# --- from the agent -------------------------------------------------------------------------


class Hello(msgspec.Struct, frozen=True, tag="hello", tag_field="type"):
    """First message of an agent; *highest_epoch* is the highest welcome it has ever accepted.

    Its *actions* are a list, or the digest of one that the handshake said is known; a list is read
    by `codec.decode_actions`, once for all agents that announce the same.
    """

    protocol_min: int
    protocol_max: int
    install_id: InstallId
    journal_id: JournalId
    boot_id: BootId
    highest_epoch: int
    versions: RuntimeVersions
    browser: BrowserStatus | None
    actions: Annotated[msgspec.Raw, Meta(extra={HOLDS: tuple[ActionSpec, ...] | str})]
    labels: dict[str, str] = {}
    channels: tuple[str, ...] = ()
    """The kinds of channels that it opens; an older agent opens none."""


class Inventory(msgspec.Struct, frozen=True, tag="inventory", tag_field="type"):
    """Every command not yet acknowledged; the results of what is over follow right behind it."""

    commands: tuple[InventoryItem, ...]


class Started(msgspec.Struct, frozen=True, tag="started", tag_field="type"):
    """The action's first step is about to be taken."""

    request_id: RequestId
    attempt: int


class Result(msgspec.Struct, frozen=True, tag="result", tag_field="type"):
    """The end of one attempt; repeated at every reconnect until it is acknowledged."""

    request_id: RequestId
    attempt: int
    outcome: Outcome


class AgentBeat(msgspec.Struct, frozen=True, tag="beat", tag_field="type"):
    """The answer to the orchestrator's beat *seq*, sent by the loop that takes commands.

    Also sent unasked, with the last *seq* seen, when the browser's state changes.
    """

    seq: int
    browser: BrowserStatus | None
    in_flight: int


class Goodbye(msgspec.Struct, frozen=True, tag="goodbye", tag_field="type"):
    """The agent leaves of its own will; *returning* says whether it means to come back."""

    reason: str
    returning: bool


# --- from the orchestrator ------------------------------------------------------------------


class Welcome(msgspec.Struct, frozen=True, tag="welcome", tag_field="type"):
    """The session is open under *epoch*, which only grows over an agent's whole life."""

    protocol: int
    session_id: SessionId
    epoch: int
    limits: Limits


class Command(msgspec.Struct, frozen=True, tag="command", tag_field="type", omit_defaults=True):
    """Ask for one action; *timeout* is its time budget in seconds from its start.

    *record* is `trace` if what it does is to be recorded, as one more of its artifacts; an agent
    that does not know the field ignores it.

    *if_controlled* says what to do while a person drives the page: `fail` at once, or `wait` for
    the hand-back. *control_digest* names the lease under which it is that person's own command,
    as in `control.py`. An agent that knows neither field has no leases. *requested_by* is sent
    with it: what the orchestrator calls the credential of whoever asked.
    """

    request_id: RequestId
    attempt: int
    action: str
    params: msgspec.Raw
    timeout: float
    page: str | None = None
    record: str | None = None
    if_controlled: str = FAIL
    control_digest: str | None = None
    requested_by: str | None = None


class Cancel(msgspec.Struct, frozen=True, tag="cancel", tag_field="type"):
    """Stop a command, or never start it; its result says which."""

    request_id: RequestId


class OpenChannel(msgspec.Struct, frozen=True, tag="open_channel", tag_field="type"):
    """Dial `/ws/channels/{channel_id}` and serve a channel of *kind* there.

    Sent only to an agent that announced the kind. *page* is an id or a label.
    """

    channel_id: ChannelId
    kind: str
    page: str | None = None


class Ack(msgspec.Struct, frozen=True, tag="ack", tag_field="type"):
    """These results are durable; the agent may forget them.

    Several at once, a little later than they could be: an acknowledgement only frees memory.
    """

    results: tuple[ResultRef, ...]


class Beat(msgspec.Struct, frozen=True, tag="beat", tag_field="type"):
    """To be answered by the agent's own beat with the same *seq*."""

    seq: int


class Drain(msgspec.Struct, frozen=True, tag="drain", tag_field="type"):
    """The orchestrator is about to leave: no more commands on this socket, come back later."""

    retry_after: float


AgentMessage = Hello | Inventory | Started | Result | AgentBeat | Goodbye
OrchestratorMessage = Welcome | Command | Cancel | OpenChannel | Ack | Beat | Drain
