"""The busiest route without a task: a command from its parsed request to the bytes of its answer.

What a posted command waits for is an agent, so there is nothing for a task to do in between: one
call when the request is complete, one when the outcome is durable. Only what goes well is
answered here. A refusal leaves the request to the application, which reads it anew and says why;
nothing is recorded by then.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec
import structlog
from starlette.types import ASGIApp, Scope

from orchestrator.access.guard import API_HEADERS, Guard, headed
from orchestrator.access.principal import SCOPE_KEY
from orchestrator.api.commands import (
    CommandRequest,
    SubmitHeaders,
    SubmitQuery,
    reply_of,
    submission_of,
    submit_command,
)
from orchestrator.api.intake import body_reader, headers_reader, query_reader, require_json
from orchestrator.api.services import Services
from orchestrator.dispatch.pending import Waiter
from orchestrator.errors import InternalError, Refusal
from orchestrator.http_protocol import HIGH_WATER_BYTES, WholeAnswer
from orchestrator.problems import problem_response
from orchestrator.store.records import CommandRecord
from xagent_protocol.ids import AgentId

_log: Final = structlog.get_logger(__name__)

_BEFORE_ID, _AFTER_ID = submit_command.path.split("{agent_id}")

_HEADERS: Final = b"content-type: application/json\r\n" + b"".join(
    name + b": " + value + b"\r\n" for name, value in API_HEADERS
)

_encode: Final = msgspec.json.Encoder().encode


class BusiestRoute:
    """Takes the requests that submit a command, as the operation of `commands.py` declares it."""

    def __init__(self, guard: Guard, services: Services) -> None:
        """Let in whom *guard* lets in."""
        self._guard = guard
        self._services = services
        self._query = query_reader(SubmitQuery)
        self._headers = headers_reader(SubmitHeaders)
        self._body = body_reader(CommandRequest)
        self._longest_body = min(services.body_bytes, HIGH_WATER_BYTES)

    def takes(self, scope: Scope) -> bool:
        """Say whether this is such a request, and one that needs nothing unusual."""
        return (
            scope["method"] == "POST"
            and _agent_id(scope["path"]) is not None
            and self._is_short(scope)
            and self._is_admitted(scope)
        )

    def begin(
        self, scope: Scope, body: bytes, answer: Callable[[WholeAnswer | ASGIApp], None]
    ) -> Waiter | None:
        """Submit the command; *answer* hears later what to answer.

        Returns whom to tell if the client leaves, or null if the application is to answer.
        """
        agent_id = _agent_id(scope["path"])
        assert agent_id is not None  # `takes` has seen to it
        try:
            query = self._query(scope["query_string"])
            headers = self._headers(scope)
            require_json(scope)
            asker = scope[SCOPE_KEY].name
            submission = submission_of(agent_id, headers, self._body(body), asker)
            tell = partial(self._tell, answer)
            return self._services.commands.begin(submission, wait=query.wait, tell=tell)
        except Refusal:
            return None

    def _tell(
        self, answer: Callable[[WholeAnswer | ASGIApp], None], outcome: CommandRecord | Exception
    ) -> None:
        if isinstance(outcome, CommandRecord):
            try:
                whole = _whole(outcome)
            except Exception as error:
                outcome = error
            else:
                self._count(whole.status)
                answer(whole)
                return
        if not isinstance(outcome, Refusal):
            _log.error("request.failed", route=submit_command.path, exc_info=outcome)
            outcome = InternalError()
        self._count(outcome.status)
        answer(headed(problem_response(outcome)))

    def _count(self, status: int) -> None:
        self._services.metrics.request_answered("POST", submit_command.path, status)

    def _is_short(self, scope: Scope) -> bool:
        length = -1
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = int(value)
        return 0 <= length <= self._longest_body

    def _is_admitted(self, scope: Scope) -> bool:
        try:
            scope[SCOPE_KEY] = self._guard.admit(scope)
        except Refusal:
            return False
        return True


def _whole(record: CommandRecord) -> WholeAnswer:
    reply = reply_of(record)
    headers = _HEADERS
    if reply.location is not None:
        headers += b"location: " + reply.location.encode() + b"\r\n"
    return WholeAnswer(reply.status, headers, _encode(reply.body))


def _agent_id(path: str) -> AgentId | None:
    if not (path.startswith(_BEFORE_ID) and path.endswith(_AFTER_ID)):
        return None
    agent_id = path[len(_BEFORE_ID) : -len(_AFTER_ID)]
    return None if not agent_id or "/" in agent_id else AgentId(agent_id)
