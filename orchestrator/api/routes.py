"""Every path of the API, put together: the one place that knows all operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.routing import BaseRoute, Route

from orchestrator.api import (
    access,
    agents,
    artifacts,
    bulk,
    commands,
    documentation,
    enrolments,
    events,
    health,
)
from orchestrator.api.endpoint import Endpoint
from orchestrator.api.openapi import describe, refusals_of
from orchestrator.api.operation import Operation
from orchestrator.api.problems import unknown_route
from orchestrator.api.services import Services
from orchestrator.errors import (
    InternalError,
    MethodNotAllowed,
    NoTrace,
    Refusal,
    RouteUnknown,
    TooManyAttempts,
    ViewerMissing,
)

OPERATIONS: Final[Sequence[Operation]] = (
    *commands.OPERATIONS,
    *bulk.OPERATIONS,
    *agents.OPERATIONS,
    *artifacts.OPERATIONS,
    *events.OPERATIONS,
    *access.OPERATIONS,
    *enrolments.OPERATIONS,
    *health.OPERATIONS,
)


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


class _Anything:
    __call__ = staticmethod(unknown_route)


def _refusals() -> list[type[Refusal]]:
    """Return every refusal that any route or the guard can answer with, by its code."""
    by_code: dict[str, type[Refusal]] = {}
    for operation in OPERATIONS:
        by_code |= {each.code: each for each in refusals_of(operation)}
    elsewhere = (RouteUnknown, MethodNotAllowed, InternalError)
    of_pages = (NoTrace, ViewerMissing, TooManyAttempts)
    by_code |= {each.code: each for each in (*elsewhere, *of_pages)}
    return list(by_code.values())
