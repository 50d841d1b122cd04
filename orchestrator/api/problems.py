"""What is answered where no route is, in the words of every other refusal."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from orchestrator.errors import RouteUnknown
from orchestrator.problems import problem_response


async def unknown_route(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer whatever no route took."""
    refusal = RouteUnknown("There is nothing under this path; /docs lists what there is.")
    await problem_response(refusal)(scope, receive, send)
