"""Conversations with the orchestrator without the network: requests out, replies in.

A `Call[T]` is a generator that yields requests and pauses, is sent replies, and returns a `T`.
What to ask next, what to do about a lost connection and what an answer means are written here
once; `Client` and `AsyncClient` only carry the steps out. No clock is read: whoever carries a
step out says how long it took.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final, Protocol, TypeAlias, TypeVar

import msgspec

from xagent_client.errors import UnexpectedAnswer, Unreachable, refusal
from xagent_client.models import Problem

T = TypeVar("T")

BACKOFF_SECONDS: Final = (0.1, 0.3, 0.8, 2.0)
"""Pauses between tries; the last one goes on while a command is being followed."""

PASSING_STATUSES: Final = frozenset({502, 503, 504})
"""Answers that a later try may not get: a proxy without a server, a server without a disk."""

DOUBTFUL_STATUSES: Final = frozenset({502, 504})
"""Those of a proxy that may have handed the request on before it gave up on the answer."""

ANSWER_SECONDS: Final = 10.0
"""How long an answer may take beyond the wait that the request itself asked for."""

QUERY_SECONDS: Final = 10.0
"""How long a plain question may go on being asked while the orchestrator is away."""

QueryValue: TypeAlias = "str | int | float | None"


class Sink(Protocol):
    """Takes bytes as they come."""

    def write(self, piece: bytes, /) -> object:
        """Take *piece*."""


@dataclass(frozen=True)
class Request:
    """One HTTP request; *wait* is how long the server may hold its answer back, in seconds.

    A *sink* takes the bytes of a successful answer, whose body is then empty here; a *source*
    gives those of the request, in place of *body*.
    """

    method: str
    path: str
    query: Mapping[str, QueryValue] = field(default_factory=dict)
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    sink: Sink | None = None
    source: BinaryIO | None = None


@dataclass(frozen=True)
class Pause:
    """Nothing to do for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Reply:
    """One HTTP answer; *headers* in lower case, *seconds* from request to the answer's end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float = 0.0


class ConnectionLost(Exception):
    """Thrown into a call whose request got no answer.

    *sent* is false only if the orchestrator cannot have seen the request. *is_final* says that the
    caller would rather hear of it than have it tried again.
    """

    def __init__(
        self, message: str, *, sent: bool, is_final: bool = False, seconds: float = 0.0
    ) -> None:
        """Say what happened, and how long it took to happen."""
        super().__init__(message)
        self.sent = sent
        self.is_final = is_final
        self.seconds = seconds


Call: TypeAlias = Generator[Request | Pause, Reply | None, T]


class Patience:
    """How long a call may go on trying: a budget of seconds, and a number of tries."""

    def __init__(self, seconds: float, tries: int = len(BACKOFF_SECONDS) + 1) -> None:
        """Start with the whole budget."""
        self.seconds = seconds
        self.tries = tries
        self.failures = 0
        self.is_committed = False
        """A command may be running on our behalf: go on, tries or not, to the budget's end."""

    def spend(self, seconds: float) -> None:
        """Take *seconds* off the budget."""
        self.seconds = max(0.0, self.seconds - seconds)

    def next_pause(self, asked: float | None) -> float | None:
        """Return how long to pause before the next try, or None to give up.

        *asked* is what the server's Retry-After says; a longer one than the budget is not
        waited for.
        """
        backoff = BACKOFF_SECONDS[min(self.failures, len(BACKOFF_SECONDS) - 1)]
        pause = backoff if asked is None else asked
        self.failures += 1
        if self.is_committed and pause < self.seconds:
            return pause
        if self.failures >= self.tries or (asked is not None and asked > self.seconds):
            return None
        return pause


def ask(request: Request) -> Call[Reply]:
    """Make one *request*, once, and return its reply whatever it says."""
    reply = yield request
    if reply is None:
        raise TypeError("a request is to be answered with a reply")
    return reply


def insist(
    request: Callable[[float], Request],
    patience: Patience,
    *,
    request_id: str | None = None,
    is_submission: bool = False,
) -> Call[Reply]:
    """Make a repeatable request until it is answered or *patience* is at its end.

    *request* builds it anew from the seconds left. Lost connections and passing statuses are
    tried again; an offline agent is an answer, not an outage. A submission is repeatable by its
    request id: once it may have arrived, asking again is to follow it.

    Raises:
        Unreachable: no answer came, or none that tells how a command stands that may be running.
        Refused: the answer was a problem.
        UnexpectedAnswer: the answer was not an orchestrator's.
    """
    while True:
        asked: float | None = None
        try:
            reply = yield from ask(request(patience.seconds))
        except ConnectionLost as lost:
            patience.spend(lost.seconds)
            if is_submission and lost.sent:
                patience.is_committed = True
            in_doubt = request_id if patience.is_committed else None
            error: Exception = _unreachable(str(lost), in_doubt)
            if lost.is_final and not patience.is_committed:
                raise error from lost
        else:
            patience.spend(reply.seconds)
            if reply.status < 300:
                patience.failures = 0
                return reply
            problem = problem_of(reply)
            error = refusal(problem)
            if reply.status not in PASSING_STATUSES or problem.code == "agent_offline":
                raise error
            asked = problem.retry_after
            if is_submission and reply.status in DOUBTFUL_STATUSES:
                patience.is_committed = True
            if patience.is_committed:
                error = _unreachable(
                    f"the orchestrator is not available (HTTP {reply.status})", request_id
                )
        pause = patience.next_pause(asked)
        if pause is None:
            raise error
        yield Pause(pause)
        patience.spend(pause)


def decode(reply: Reply, kind: type[T]) -> T:
    """Read the body of a successful *reply*.

    Raises:
        UnexpectedAnswer: it is no such thing.
    """
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UnexpectedAnswer(
            f"the answer is not what this version of xagent expects ({error}); "
            "is the URL an orchestrator's, and of the same version?"
        ) from error


def problem_of(reply: Reply) -> Problem:
    """Return what an unsuccessful *reply* says.

    Raises:
        UnexpectedAnswer: it is not an orchestrator's.
    """
    retry_after = _seconds(reply.headers.get("retry-after"))
    try:
        problem = msgspec.json.decode(reply.body, type=Problem)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        if reply.status not in PASSING_STATUSES:
            raise UnexpectedAnswer(
                f"the answer was HTTP {reply.status} and not an orchestrator's; check the URL"
            ) from None
        problem = Problem(
            status=reply.status,
            code="unavailable",
            detail=f"the orchestrator is not available (HTTP {reply.status}); try again later",
        )
    if problem.retry_after is None and retry_after is not None:
        return msgspec.structs.replace(problem, retry_after=retry_after)
    return problem


def _seconds(text: str | None) -> float | None:
    try:
        return max(0.0, float(text)) if text is not None else None
    except ValueError:
        return None


def _unreachable(reason: str, request_id: str | None) -> Unreachable:
    if request_id is None:
        return Unreachable(f"{reason}. Is it running? Start it with: xagent up")
    return Unreachable(
        f"{reason}. The command may be running: ask for command {request_id} later", request_id
    )
