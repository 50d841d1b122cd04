"""The lines of a history: who asked what, what came back, what the site saw, what was broken.

Each is one JSON object of one line. `at` is in seconds since the run began, on the monotonic
clock of the one process that writes them all.
"""

from __future__ import annotations

from typing import Final

import msgspec

FINAL_STATES: Final = frozenset(
    {"succeeded", "failed", "cancelled", "expired", "timed_out", "lost"}
)
"""Copied from the documentation, not from the code: this package is to notice if they part."""

COUNTED_ACTIONS: Final = frozenset({"evaluate", "click"})
"""Whose executions the site counts."""

ORCHESTRATOR: Final = "orchestrator"


class Fault(msgspec.Struct, frozen=True):
    """Why a command did not succeed, as the API says it."""

    code: str


class CommandView(msgspec.Struct, frozen=True, kw_only=True):
    """A command as an answer of the API shows it; what is not checked is left out."""

    request_id: str
    agent_id: str
    action: str
    params: msgspec.Raw
    idempotent: bool
    state: str
    effect: str
    result: msgspec.Raw
    error: Fault | None = None
    attempt: int
    cancel_requested: bool
    created_at: str
    dispatched_at: str | None = None
    finished_at: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether nothing of it may change any more."""
        return self.state in FINAL_STATES


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client asks for."""

    action: str
    params: dict[str, object] = {}
    timeout: float = 30.0
    request_id: str | None = None
    idempotent: bool | None = None
    if_offline: str = "fail"
    ttl: float = 900.0


class AgentView(msgspec.Struct, frozen=True):
    """An agent as the API shows it."""

    agent_id: str
    connected: bool
    browser_ok: bool
    in_flight: int
    queued: int


class Record(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag=str.lower):
    """One line."""

    at: float


class Begins(Record, frozen=True, kw_only=True):
    """The run begins; `wall_ms` is the time of day at the moment zero."""

    seed: int
    wall_ms: float
    beat_seconds: float
    agents: tuple[str, ...]


class Asked(Record, frozen=True, kw_only=True):
    """A client calls: `submit`, `fetch`, `cancel`, `list` or `agents`."""

    call: int
    operation: str
    request_id: str | None = None
    agent_id: str | None = None
    body: Body | None = None
    wait: float = 0.0
    is_authorized: bool = True


class Answered(Record, frozen=True, kw_only=True):
    """The call was answered; `code` is that of a refusal."""

    call: int
    status: int
    command: CommandView | None = None
    code: str | None = None


class Broke(Record, frozen=True, kw_only=True):
    """The call was not answered; nobody knows whether it was heard."""

    call: int
    error: str
    is_ours: bool = False
    """The client itself hung up."""


class Begun(Record, frozen=True, kw_only=True):
    """An execution reached the site; the page made the nonce for this execution alone."""

    request_id: str
    nonce: str


class Ended(Record, frozen=True, kw_only=True):
    """The same execution came to its end."""

    request_id: str
    nonce: str


class Injected(Record, frozen=True, kw_only=True):
    """A fault, from now on."""

    fault: int
    name: str
    target: str
    detail: str = ""


class Healed(Record, frozen=True, kw_only=True):
    """The same fault is over; those that kill have no such line."""

    fault: int


class Launched(Record, frozen=True, kw_only=True):
    """A process was started."""

    process: str
    pid: int


class Serving(Record, frozen=True, kw_only=True):
    """A process that was started does its work: its health check or its connection says so."""

    process: str


class Exited(Record, frozen=True, kw_only=True):
    """A process ended; a status below zero is the signal that ended it."""

    process: str
    pid: int
    status: int


class Seen(Record, frozen=True, kw_only=True):
    """What the API said of the agents."""

    agents: tuple[AgentView, ...]


class Lagged(Record, frozen=True, kw_only=True):
    """The harness itself was held up, until now, for so long."""

    seconds: float


class Orphaned(Record, frozen=True, kw_only=True):
    """A process whose parent died is still there after so many seconds."""

    pid: int
    program: str
    seconds: float


class Closes(Record, frozen=True, kw_only=True):
    """The run is over: from here on processes end because they are asked to."""


AnyRecord = (
    Begins
    | Closes
    | Asked
    | Answered
    | Broke
    | Begun
    | Ended
    | Injected
    | Healed
    | Launched
    | Serving
    | Exited
    | Seen
    | Lagged
    | Orphaned
)


class CommandRow(msgspec.Struct, frozen=True, kw_only=True):
    """A command as the database file has it; times in milliseconds of the day's clock."""

    seq: int
    request_id: str
    agent_id: str
    action: str
    params: msgspec.Raw
    idempotent: bool
    state: str
    effect: str
    result: msgspec.Raw
    attempt: int
    tainted: bool
    epoch: int
    created_at: int
    dispatched_at: int | None = None
    finished_at: int | None = None


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A session as the database file has it, in the order of their beginning."""

    session_id: str
    agent_id: str
    epoch: int
    started_at: int
    ended_at: int | None = None
    end_reason: str | None = None


class FinalState(msgspec.Struct, frozen=True, kw_only=True):
    """What was left when everything had been healed and every command had had its time."""

    listed: tuple[CommandView, ...]
    rows: tuple[CommandRow, ...]
    sessions: tuple[SessionRow, ...]
