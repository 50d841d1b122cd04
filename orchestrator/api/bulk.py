"""Thousands of commands over one request: lines in, and a line out as each of them is over.

Each line is a command like any other, recorded before it is sent and before it is answered. Only
so many are in hand at once: the next line is read when an answer has gone out, so a caller who
does not read, or whose agents are slow, is read no faster. Two tasks serve all lines of a request,
and none a single one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Final

import msgspec
import structlog
from msgspec import Meta
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from orchestrator.access.principal import Principal
from orchestrator.api.commands import TAG, CommandRequest, SubmitHeaders, submission_of
from orchestrator.api.intake import body_reader, require_media_type
from orchestrator.api.models import AgentName, Command, CommandName, command_of
from orchestrator.api.operation import operation
from orchestrator.api.services import Services
from orchestrator.dispatch.pending import Waiter
from orchestrator.dispatch.submission import Submission
from orchestrator.errors import (
    BodyTooLarge,
    Draining,
    InternalError,
    Refusal,
    UnsupportedMediaType,
)
from orchestrator.problems import Problem, problem_of
from orchestrator.store.records import CommandRecord

_log: Final = structlog.get_logger(__name__)

LINES: Final = "application/x-ndjson"

_encode: Final = msgspec.json.Encoder().encode


class BulkQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the lines are dealt with."""

    concurrency: Annotated[
        int, Meta(ge=1, le=1000, description="Lines in hand at once: read, and not yet answered.")
    ] = 64
    wait: Annotated[
        float,
        Meta(
            ge=0,
            le=3600,
            description="Seconds to wait for the end of each command; after that it is answered "
            "as it stands, and goes on.",
        ),
    ] = 300.0


class BulkCommand(CommandRequest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of the request: one action asked of one agent."""

    agent_id: AgentName


class BulkAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the answer: the command, or why there is none."""

    index: Annotated[int, Meta(ge=0, description="Which line is answered, counted from 0.")]
    request_id: Annotated[
        CommandName | None, Meta(description="The command's; null if nothing names it.")
    ]
    command: Annotated[Command | None, Meta(description="The command, over or not.")] = None
    problem: Annotated[Problem | None, Meta(description="Why it was refused.")] = None


_read_line: Final = body_reader(BulkCommand)
_NO_HEADERS: Final = SubmitHeaders()


@operation(
    "POST",
    "/api/bulk",
    tag=TAG,
    statuses={200: "A line as each command is over, in the order of their ends."},
    refusals=[UnsupportedMediaType, Draining],
    media_type=LINES,
    takes_bytes=LINES,
    lines=(BulkCommand, BulkAnswer),
)
async def submit_commands(
    services: Services, query: BulkQuery, request: Request, principal: Principal
) -> Response:
    """Ask for many actions in one request, and hear of each as it is over.

    Each line of the body is an action like that of `POST /api/agents/{agent_id}/commands`, with
    the `agent_id` in it. Each is answered by a line of its own with its `index`, whatever becomes
    of the others: by the `command`, or by the `problem` that says why nothing was recorded. Empty
    lines are counted, and not answered. At most `concurrency` lines are in hand; the others are
    read as answers are. Who reads only after all is written should send no more lines than that.

    If the connection is lost, or the server shuts down, the lines without an answer are to be sent
    again: under the same `request_id` each is attached to the command that it made before.
    """
    require_media_type(request.scope, LINES.encode())
    if services.commands.is_draining:
        raise Draining("The orchestrator is shutting down.", retry_after=1)
    return _Lines(services, query, principal.name)


OPERATIONS: Final = (submit_commands,)


class _Lines(Response):
    """Answers the lines of one request."""

    media_type = LINES

    def __init__(self, services: Services, query: BulkQuery, requested_by: str | None) -> None:
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._services = services
        self._query = query
        self._requested_by = requested_by
        self._waiters: dict[int, Waiter] = {}
        self._answers: list[bytes] = []
        self._in_hand = 0
        self._is_read = False
        self._moved = asyncio.Event()
        """Set when there may be something to write, or room for another line."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read and write until both are at their end, or the client has left."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)
        try:
            async with asyncio.timeout(None) as stay, asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(self._read(receive, stay))
                await self._write(send)
                reading.cancel()
        except TimeoutError:
            return  # nobody is there any more; what was recorded goes its way
        finally:
            for waiter in self._waiters.values():
                waiter.drop()
        await send({"type": "http.response.body", "body": b""})

    async def _read(self, receive: Receive, stay: asyncio.Timeout) -> None:
        try:
            index = 0
            async for line in _lines(receive, self._services.body_bytes):
                while self._in_hand >= self._query.concurrency:
                    self._moved.clear()
                    await self._moved.wait()
                if self._services.commands.is_draining:
                    break
                if line is None or line.strip():
                    self._in_hand += 1
                    await self._begin(index, line)
                index += 1
            self._is_read = True
            self._moved.set()
            while (await receive())["type"] != "http.disconnect":
                pass
        except ClientDisconnect:
            pass
        stay.reschedule(asyncio.get_running_loop().time())

    async def _write(self, send: Send) -> None:
        while self._in_hand or not (self._is_read or self._services.commands.is_draining):
            if self._answers:
                answers, self._answers = self._answers, []
                await send(
                    {"type": "http.response.body", "body": b"".join(answers), "more_body": True}
                )
                self._in_hand -= len(answers)
                self._moved.set()
                # The reader looks before this does again.
                await asyncio.sleep(0)
            else:
                self._moved.clear()
                await self._moved.wait()

    async def _begin(self, index: int, line: bytes | None) -> None:
        """Submit the command of one line, or answer why not."""
        submission: Submission | None = None
        commands = self._services.commands
        try:
            if line is None:
                raise BodyTooLarge(f"The line is over {self._services.body_bytes} bytes.")
            asked = _read_line(line)
            self._services.agents.get(asked.agent_id)
            submission = submission_of(asked.agent_id, _NO_HEADERS, asked, self._requested_by)
            tell = partial(self._tell, index, submission)
            self._waiters[index] = commands.begin(submission, wait=self._query.wait, tell=tell)
        except Refusal as refusal:
            if submission is None or submission.request_id is None:
                self._tell(index, submission, refusal)
            else:
                self._tell(index, submission, await self._known_or(refusal, submission))

    async def _known_or(self, refusal: Refusal, submission: Submission) -> CommandRecord | Refusal:
        try:
            return await self._services.commands.known_or(refusal, submission)
        except Refusal as refused:
            return refused

    def _tell(
        self, index: int, submission: Submission | None, outcome: CommandRecord | Exception
    ) -> None:
        self._waiters.pop(index, None)
        if isinstance(outcome, CommandRecord):
            command = command_of(outcome)
            answer = BulkAnswer(index=index, request_id=command.request_id, command=command)
        else:
            if not isinstance(outcome, Refusal):
                _log.error("request.failed", route=submit_commands.path, exc_info=outcome)
                outcome = InternalError()
            request_id = None if submission is None else submission.request_id
            answer = BulkAnswer(index=index, request_id=request_id, problem=problem_of(outcome))
        self._answers.append(_encode(answer) + b"\n")
        self._moved.set()


async def _lines(receive: Receive, limit: int) -> AsyncIterator[bytes | None]:
    """Yield each line of a body as it comes; null in place of one of over *limit* bytes.

    Raises:
        ClientDisconnect: the client left in the middle.
    """
    rest = bytearray()
    is_too_long = False
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        more = message.get("more_body", False)
        rest += message.get("body", b"")
        *lines, left = rest.split(b"\n")
        for line in lines:
            yield None if is_too_long or len(line) > limit else bytes(line)
            is_too_long = False
        if len(left) > limit:
            is_too_long, left = True, bytearray()
        rest = bytearray(left)
    if rest or is_too_long:
        yield None if is_too_long else bytes(rest)
