"""Every path of the API, put together: the one place that knows all operations."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Final

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from orchestrator.api import agents, artifacts, commands, documentation, enrolments, health
from orchestrator.api.endpoint import Endpoint
from orchestrator.api.openapi import describe, refusals_of
from orchestrator.api.operation import Operation
from orchestrator.api.problems import (
    InternalError,
    MethodNotAllowed,
    RouteUnknown,
    unknown_route,
)
from orchestrator.api.services import Services
from orchestrator.errors import Refusal

OPERATIONS: Final[Sequence[Operation]] = (
    *commands.OPERATIONS,
    *agents.OPERATIONS,
    *artifacts.OPERATIONS,
    *enrolments.OPERATIONS,
    *health.OPERATIONS,
)

_BEFORE_ID, _AFTER_ID = commands.submit_command.path.split("{agent_id}")


def build_routes(services: Services) -> list[BaseRoute]:
    """Return the routes of the API and its documentation.

    The last one answers 404 to every HTTP path there is, so other HTTP routes go before these.
    """
    by_path: dict[str, list[Operation]] = {}
    for each in OPERATIONS:
        by_path.setdefault(each.path, []).append(each)
    pages = documentation.operations(describe(OPERATIONS, services.version), _refusals())
    by_path |= {each.path: [each] for each in pages}
    routes: list[BaseRoute] = [
        Route(path, Endpoint(operations, services)) for path, operations in by_path.items()
    ]
    # An instance of a class is served as a bare ASGI application, with any method.
    routes.append(Route("/{path:path}", _Anything()))
    return routes


class BusiestFirst:
    """Sends the busiest path past the router, which costs it more than its validation does.

    Everything else, the same path with another method included, goes on to the router.
    """

    def __init__(self, router: ASGIApp, services: Services) -> None:
        """Stand before *router*."""
        self._router = router
        self._submit = Endpoint([commands.submit_command], services)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request."""
        if scope["type"] == "http" and scope["method"] == "POST":
            path: str = scope["path"]
            if path.startswith(_BEFORE_ID) and path.endswith(_AFTER_ID):
                agent_id = path[len(_BEFORE_ID) : -len(_AFTER_ID)]
                if agent_id and "/" not in agent_id:
                    scope["path_params"] = {"agent_id": agent_id}
                    return self._submit(scope, receive, send)
        return self._router(scope, receive, send)


class _Anything:
    __call__ = staticmethod(unknown_route)


def _refusals() -> list[type[Refusal]]:
    """Return every refusal that any route or the guard can answer with, by its code."""
    by_code: dict[str, type[Refusal]] = {}
    for operation in OPERATIONS:
        by_code |= {each.code: each for each in refusals_of(operation)}
    by_code |= {each.code: each for each in (RouteUnknown, MethodNotAllowed, InternalError)}
    return list(by_code.values())
