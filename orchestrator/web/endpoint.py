"""One path for people as an ASGI application; whatever cannot be shown is told as a page.

Programs that come by are told by a problem document, as everywhere else.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from orchestrator.errors import InternalError, MethodNotAllowed, Refusal
from orchestrator.problems import problem_response
from orchestrator.web.document import page
from orchestrator.web.look import escaped

_log: Final = structlog.get_logger(__name__)

Handler = Callable[[Request], Awaitable[Response]]


class PagePath:
    """All methods of one path."""

    def __init__(
        self, path: str, count: Callable[[str, str, int], None], handlers: Mapping[str, Handler]
    ) -> None:
        """Answer by *handlers*, by method; *count* hears of each answer."""
        self.path = path
        self._count = count
        self._handlers = {**handlers, **({"HEAD": handlers["GET"]} if "GET" in handlers else {})}
        self.methods = frozenset(self._handlers)
        self._allow = ", ".join(sorted(self.methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method: str = scope["method"]
        handler = self._handlers.get(method)
        if handler is None:
            method = "other"
        try:
            answer = await self._answer(handler, Request(scope, receive))
        except ClientDisconnect:
            return
        self._count(method, self.path, answer.status_code)
        await answer(scope, receive, send)

    async def _answer(self, handler: Handler | None, request: Request) -> Response:
        if handler is None:
            return problem_response(
                MethodNotAllowed(f"This path takes {self._allow}."), {"Allow": self._allow}
            )
        try:
            return await handler(request)
        except Refusal as refusal:
            return _told(refusal, request)
        except ClientDisconnect:
            raise
        except Exception:
            _log.exception("request.failed", method=request.method, route=self.path)
            return _told(InternalError(), request)


def _told(refusal: Refusal, request: Request) -> Response:
    if "text/html" not in request.headers.get("accept", ""):
        return problem_response(refusal)
    body = f"<h1>{escaped(refusal.title)}</h1><p>{escaped(refusal.detail)}</p>"
    wait = refusal.retry_after
    headers = {} if wait is None else {"Retry-After": str(math.ceil(wait))}
    return page(refusal.title, body, status=refusal.status, headers=headers)
