"""Many commands in few requests, without the network: what to send, and what a line says.

What is to be done is sent in batches, each one request that answers a line for each command as it
ends. A batch is whole before its first answer is awaited, so it passes any proxy. The request ids
are chosen here: what got no answer is sent again, and is attached to the command that it made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

import msgspec

from xagent_client.errors import (
    InvalidRequest,
    StillRunning,
    UnexpectedAnswer,
    Unreachable,
    XagentError,
    failure,
    refusal,
)
from xagent_client.exchange import BACKOFF_SECONDS
from xagent_client.models import Command, Problem
from xagent_protocol.ids import is_request_id

PATH: Final = "/api/bulk"
LINES: Final = "application/x-ndjson"

BATCH_SHARE: Final = 4
"""A quarter of what may be in hand is sent together, as soon as so much may."""

GATHERING_SECONDS: Final = 0.02
"""After that what may be sent is sent, however little; else slow commands would hold up others."""

BATCH_BYTES: Final = 4 * 1024 * 1024
TRIES: Final = len(BACKOFF_SECONDS) + 1


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """One of many commands: an action, asked of an agent.

    The fields are those of `agent.run`; *request_id* is chosen at random if it is left out.
    """

    agent_id: str
    action: str
    params: Mapping[str, Any] = {}
    page: str | None = None
    timeout: float | None = None
    request_id: str | None = None
    record: str | None = None
    idempotent: bool | None = None
    if_offline: str | None = None
    ttl: float | None = None


@dataclass(frozen=True)
class Answered:
    """What became of one of many commands.

    *index* is its place among those that were asked for, from 0. *error* is what `run` would have
    raised, null if the command succeeded; then *command* is there.
    """

    index: int
    asked: Asked
    command: Command | None
    error: XagentError | None = None

    @property
    def result(self) -> Any:
        """What the action answered; raises the *error* if there is one."""
        if self.error is not None:
            raise self.error
        assert self.command is not None
        return self.command.result


class _Line(msgspec.Struct, frozen=True):
    index: int
    command: Command | None = None
    problem: Problem | None = None


_decode: Final = msgspec.json.Decoder(_Line).decode


def named(index: int, asked: Asked) -> tuple[int, Asked]:
    """Return *asked* with a request id, and its place.

    Raises:
        InvalidRequest: its request id cannot name a command.
    """
    if asked.request_id is None:
        return index, msgspec.structs.replace(asked, request_id=str(uuid4()))
    if not is_request_id(asked.request_id):
        detail = f"the request id {asked.request_id!r} cannot name a command"
        raise InvalidRequest(Problem(status=400, code="invalid_request", detail=detail))
    return index, asked


class Batch:
    """Commands that are sent in one request, and those of them that have no answer yet."""

    def __init__(self, commands: Sequence[tuple[int, Asked]]) -> None:
        """Hold *commands*, each with its place among all."""
        self._sent = list(commands)
        self._open = dict(commands)
        self.failures = 0

    def __len__(self) -> int:
        """Count those without an answer."""
        return len(self._open)

    def body(self) -> bytes:
        """Return the lines of all that have no answer, and begin to count them anew."""
        self._sent = list(self._open.items())
        return b"".join(msgspec.json.encode(asked) + b"\n" for _, asked in self._sent)

    def hear(self, line: str) -> Answered:
        """Read one line of the answer.

        Raises:
            UnexpectedAnswer: it is no such line.
        """
        try:
            told = _decode(line)
            index, asked = self._sent[told.index]
            del self._open[index]
        except (msgspec.MsgspecError, LookupError) as error:
            raise UnexpectedAnswer(f"that is no answer of an orchestrator: {error}") from error
        self.failures = 0
        command, problem = told.command, told.problem
        if problem is not None:
            return Answered(index, asked, None, refusal(problem))
        if command is None:
            raise UnexpectedAnswer("the answer has neither a command nor a problem")
        if not command.is_over:
            return Answered(index, asked, command, StillRunning(command))
        return Answered(index, asked, command, None if command.succeeded else failure(command))

    def next_pause(self) -> float | None:
        """Return how long to pause before what has no answer is sent again; null to give up."""
        if self.failures >= TRIES - 1:
            return None
        self.failures += 1
        return BACKOFF_SECONDS[self.failures - 1]

    def given_up(self, error: XagentError) -> Iterator[Answered]:
        """Yield what is to be said of all that have no answer."""
        for index, asked in self._open.items():
            mine = error
            if isinstance(error, Unreachable):
                # It may have been recorded all the same; its id finds out.
                mine = Unreachable(str(error), asked.request_id)
            yield Answered(index, asked, None, mine)
        self._open.clear()
