"""`/openapi.json` for programs and `/docs` for people, both from the one document.

Neither carries a fact about any agent, so both are open without a token: a browser that comes by
its address bar cannot send one.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.responses import RedirectResponse, Response

from orchestrator.api.openapi import Json
from orchestrator.api.operation import Operation, operation
from orchestrator.api.reference import render
from orchestrator.api.services import Services
from orchestrator.api.stylesheet import STYLESHEET
from orchestrator.errors import Refusal

TAG: Final = "Documentation"

# The one style sheet stands in the page and is named by its digest; nothing else is loaded.
_STYLE_DIGEST: Final = base64.b64encode(hashlib.sha256(STYLESHEET.encode()).digest()).decode()
_HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
}


def operations(document: Json, refusals: Sequence[type[Refusal]]) -> tuple[Operation, ...]:
    """Return the routes that serve *document* and its pages, which are made here, once."""
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    page = render(document, refusals)

    @operation(
        "GET", "/openapi.json", tag=TAG, statuses={200: "The document that this page shows."}
    )
    async def openapi_document(services: Services) -> Response:
        """Read this API as a program."""
        return Response(text, media_type="application/json", headers={"Cache-Control": "no-cache"})

    @operation("GET", "/docs", tag=TAG, statuses={200: "This page."}, media_type="text/html")
    async def reference_page(services: Services) -> Response:
        """Read this API as a person."""
        return Response(page, media_type="text/html", headers=_HEADERS)

    @operation("GET", "/", tag=TAG, statuses={307: "The way to the pages."}, media_type="text/html")
    async def front_door(services: Services) -> Response:
        """Show the way to the pages."""
        return RedirectResponse("/docs")

    return openapi_document, reference_page, front_door
