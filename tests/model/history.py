"""What was seen from outside: asked, answered, begun, told. The checks go by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from orchestrator.errors import Refusal
from orchestrator.store.records import CommandRecord
from xagent_protocol.ids import RequestId
from xagent_protocol.outcomes import Effect

AGENTS_WORDS = frozenset({"succeeded", "failed", "timed_out"})
"""The ends that nobody but an agent can tell of."""


@dataclass(frozen=True)
class Violation:
    """A broken invariant, by its name, and how."""

    invariant: str
    story: str

    def __str__(self) -> str:
        """Say both."""
        return f"{self.invariant}: {self.story}"


@dataclass
class Execution:
    """One attempt that an agent has begun; *number* is what its result will name."""

    number: int
    request_id: RequestId
    attempt: int
    agent: str
    page: str
    is_over: bool = False


@dataclass
class Call:
    """One call of a user; *waits* is what he said that he would wait."""

    request_id: RequestId
    begun_at: float
    waits: float
    is_over: bool = False


@dataclass(frozen=True)
class Terminal:
    """The end of a command, as anybody saw it; it is never to be another."""

    state: str
    effect: str
    result: str | None

    @classmethod
    def of(cls, record: CommandRecord) -> Terminal:
        """Return the end that a caller was told."""
        result = None if record.result is None else bytes(record.result).decode()
        return cls(record.state.value, record.progress.effect.value, result)


@dataclass
class History:
    """Everything that happened in one world so far."""

    tell: Callable[[str], None] = lambda line: None
    violations: list[Violation] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)
    first_begun: dict[RequestId, Execution] = field(default_factory=dict)
    begun: dict[RequestId, int] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    asked: set[RequestId] = field(default_factory=set)
    """What callers ever asked for."""
    accepted: dict[RequestId, str] = field(default_factory=dict)
    """What was answered with a record, and its fingerprint."""
    repeatable: dict[RequestId, bool] = field(default_factory=dict)
    reported: set[tuple[RequestId, int, str]] = field(default_factory=set)
    """Which attempt has ended how, in the words of an agent."""
    ends: dict[RequestId, Terminal] = field(default_factory=dict)
    forgotten: set[RequestId] = field(default_factory=set)
    """Commands of which a restored database knows less than what had happened.

    Nothing is promised of these: what was out when the copy was made, and is over since, looks as
    if it had never been received, and is sent again (`docs/delivery.md`).
    """

    def violate(self, invariant: str, story: str) -> None:
        """Note that an invariant is broken."""
        self.tell(f"VIOLATION {invariant}: {story}")
        self.violations.append(Violation(invariant, story))

    # --- what agents do -----------------------------------------------------------------------

    def begin(self, request_id: RequestId, attempt: int, agent: str, page: str) -> Execution:
        """Note the first effect of an attempt."""
        execution = Execution(len(self.executions), request_id, attempt, agent, page)
        self.executions.append(execution)
        self.first_begun.setdefault(request_id, execution)
        times = self.begun[request_id] = self.begun.get(request_id, 0) + 1
        self.tell(f"effect {execution.number}: {agent} begins {request_id}#{attempt}")
        if request_id in self.forgotten:
            return execution
        if times > 1 and not self.repeatable.get(request_id, False):
            self.violate("I1", f"{request_id} is not idempotent and was begun {times} times")
        end = self.ends.get(request_id)
        if end is not None and end.effect == Effect.NONE.value:
            invariant = "I10" if end.state == "cancelled" else "I5"
            self.violate(
                invariant, f"{request_id} was {end.state}, effect none, and begins afterwards"
            )
        return execution

    # --- what callers hear --------------------------------------------------------------------

    def answered(self, record: CommandRecord) -> None:
        """Note that a caller was given a record."""
        self.accepted.setdefault(record.request_id, record.fingerprint)
        if self.accepted[record.request_id] != record.fingerprint:
            self.violate("I6", f"{record.request_id} names two commands")
        if record.is_over:
            self.saw_end(record.request_id, record.progress.attempt, Terminal.of(record))

    def refused(self, request_id: RequestId, refusal: Refusal) -> None:
        """Note that a caller was refused."""
        self.tell(f"refused {request_id}: {type(refusal).__name__}")

    def saw_end(self, request_id: RequestId, attempt: int, end: Terminal) -> None:
        """Note a terminal state, wherever it was seen."""
        known = self.ends.setdefault(request_id, end)
        if known != end:
            self.violate("I2", f"{request_id} was {known} and is {end}")
            return
        if request_id in self.forgotten:
            return
        if end.effect == Effect.NONE.value and request_id in self.begun:
            self.violate("I5", f"{request_id} is {end.state} with effect none and was begun")
        if end.state in AGENTS_WORDS and (request_id, attempt, end.state) not in self.reported:
            self.violate("I4", f"no agent ever said that {request_id}#{attempt} {end.state}")
        if end.state == "succeeded":
            self._check_success(request_id, attempt, end)

    def _check_success(self, request_id: RequestId, attempt: int, end: Terminal) -> None:
        number = msgspec.json.decode(end.result or "null", type=int | None)
        execution = self.executions[number] if number is not None else None
        if (
            execution is None
            or execution.request_id != request_id
            or execution.attempt != attempt
            or not execution.is_over
        ):
            self.violate("I4", f"{request_id}#{attempt} succeeded with the result of {execution}")
