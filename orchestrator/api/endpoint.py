"""One path as an ASGI application: reads a request, runs its operation, writes the answer.

What can be worked out beforehand is, and the answer is written as two messages without a response
object in between. The busiest route comes here only with what is unusual: see `busiest.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from orchestrator.access.principal import SCOPE_KEY
from orchestrator.api.intake import (
    body_reader,
    headers_reader,
    query_reader,
    read_body,
    require_json,
)
from orchestrator.api.operation import Handler, Operation, Reply
from orchestrator.api.services import Services
from orchestrator.errors import InternalError, MethodNotAllowed, Refusal
from orchestrator.problems import problem_response

_log: Final = structlog.get_logger(__name__)
_encode: Final = msgspec.json.Encoder().encode


class Endpoint:
    """All operations of one path; any other method is answered with those there are."""

    def __init__(self, operations: Sequence[Operation], services: Services) -> None:
        """Prepare *operations*, which share a path."""
        self._path = operations[0].path
        self._count = services.metrics.request_answered
        self._prepared = {each.method: _Prepared(each, services) for each in operations}
        if "GET" in self._prepared:
            # The server leaves the body of an answer to HEAD out by itself.
            self._prepared["HEAD"] = self._prepared["GET"]
        self._allow = ", ".join(sorted(self._prepared))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method: str = scope["method"]
        prepared = self._prepared.get(method)
        answer: Reply[object] | Response
        if prepared is None:
            method, answer = "other", self._not_allowed()
        else:
            try:
                answer = await prepared.run(scope, receive)
            except Refusal as refusal:
                answer = problem_response(refusal)
            except ClientDisconnect:
                return
            except Exception:
                _log.exception("request.failed", method=method, route=self._path)
                answer = problem_response(InternalError())
        if isinstance(answer, Reply):
            self._count(method, self._path, answer.status)
            await _send_json(answer, send)
        else:
            self._count(method, self._path, answer.status_code)
            await answer(scope, receive, send)

    def _not_allowed(self) -> Response:
        refusal = MethodNotAllowed(f"This path takes {self._allow}.")
        return problem_response(refusal, {"Allow": self._allow})


class _Prepared:
    """An operation with its readers, made once."""

    def __init__(self, operation: Operation, services: Services) -> None:
        self._handler: Handler = partial(operation.handler, services)
        self._status = operation.status
        self._limit = services.body_bytes
        self._query = query_reader(operation.query) if operation.query else None
        self._headers = headers_reader(operation.headers) if operation.headers else None
        self._body: Callable[[bytes], msgspec.Struct] | None = (
            body_reader(operation.body) if operation.body else None
        )
        self._takes_request = operation.takes_request
        self._takes_principal = operation.takes_principal

    async def run(self, scope: Scope, receive: Receive) -> Reply[object] | Response:
        """Read the request, and do what it asks."""
        arguments = dict(scope["path_params"])
        if self._query is not None:
            arguments["query"] = self._query(scope["query_string"])
        if self._headers is not None:
            arguments["headers"] = self._headers(scope)
        if self._body is not None:
            require_json(scope)
            arguments["body"] = self._body(await read_body(scope, receive, self._limit))
        if self._takes_request:
            arguments["request"] = Request(scope, receive)
        if self._takes_principal:
            arguments["principal"] = scope[SCOPE_KEY]
        answer = await self._handler(**arguments)
        if isinstance(answer, (Reply, Response)):
            return answer
        return Reply(self._status, answer)


async def _send_json(reply: Reply[object], send: Send) -> None:
    body = _encode(reply.body)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if reply.location is not None:
        headers.append((b"location", reply.location.encode()))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
