"""The refusals that only HTTP itself can give: no such route, no such method, our own fault."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from orchestrator.errors import Refusal
from orchestrator.problems import problem_response


class RouteUnknown(Refusal):
    """Nothing is served under this path."""

    status = 404
    code = "not_found"
    title = "Not found"


class MethodNotAllowed(Refusal):
    """The path exists, but not with this method; the header `Allow` lists those it has."""

    status = 405
    code = "method_not_allowed"
    title = "Method not allowed"


class InternalError(Refusal):
    """A fault of the server's own; its log has the details, the answer has none."""

    def __init__(self) -> None:
        """Say no more than that."""
        super().__init__("The server failed to answer; its log says why.")


async def unknown_route(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer whatever no route took."""
    refusal = RouteUnknown("There is nothing under this path; /docs lists what there is.")
    await problem_response(refusal)(scope, receive, send)
