"""`/openapi.json` for programs and `/docs` for people, both from the one document.

Both are open without a token, because a browser that comes by its address bar cannot send one. So
they tell no fact about any agent: of what agents announced, a stranger sees Xagent's own actions,
which are no secret; actions of users' own packages are told to whoever sends the user's token.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.responses import Response

from orchestrator.access.principal import Principal, PrincipalKind
from orchestrator.api.announced import with_actions
from orchestrator.api.openapi import Json
from orchestrator.api.operation import Operation, operation
from orchestrator.api.reference import render
from orchestrator.api.services import Services
from orchestrator.api.stylesheet import STYLESHEET
from orchestrator.errors import Refusal

TAG: Final = "Documentation"

# The one style sheet stands in the page and is named by its digest; nothing else is loaded.
_STYLE_DIGEST: Final = base64.b64encode(hashlib.sha256(STYLESHEET.encode()).digest()).decode()
_CACHING: Final = {"Cache-Control": "no-cache", "Vary": "Authorization"}
_HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    **_CACHING,
}


def operations(document: Json, refusals: Sequence[type[Refusal]]) -> tuple[Operation, ...]:
    """Return the routes that serve *document*, and its pages, with the actions that are known."""
    made = {own: _Made(document, refusals, own=own) for own in (False, True)}

    @operation(
        "GET", "/openapi.json", tag=TAG, statuses={200: "The document that this page shows."}
    )
    async def openapi_document(services: Services, principal: Principal) -> Response:
        """Read this API as a program."""
        text = made[_is_user(principal)].text(services)
        return Response(text, media_type="application/json", headers=_CACHING)

    @operation("GET", "/docs", tag=TAG, statuses={200: "This page."}, media_type="text/html")
    async def reference_page(services: Services, principal: Principal) -> Response:
        """Read this API as a person."""
        page = made[_is_user(principal)].page(services)
        return Response(page, media_type="text/html", headers=_HEADERS)

    return openapi_document, reference_page


class _Made:
    """The document and its page for one kind of reader, made again when the actions are others."""

    def __init__(self, document: Json, refusals: Sequence[type[Refusal]], *, own: bool) -> None:
        """Make nothing yet."""
        self._without_actions = document
        self._refusals = refusals
        self._own = own
        self._revision: int | None = None
        self._document = document
        self._text: bytes | None = None
        self._page: str | None = None

    def text(self, services: Services) -> bytes:
        """Return the document."""
        self._refresh(services)
        if self._text is None:
            self._text = msgspec.json.format(msgspec.json.encode(self._document), indent=1)
        return self._text

    def page(self, services: Services) -> str:
        """Return the page."""
        self._refresh(services)
        if self._page is None:
            self._page = render(self._document, self._refusals)
        return self._page

    def _refresh(self, services: Services) -> None:
        announced = services.agents.announcements
        if self._revision == announced.revision:
            return
        self._revision = announced.revision
        self._document = with_actions(self._without_actions, announced, own=self._own)
        self._text = self._page = None


def _is_user(principal: Principal) -> bool:
    return principal.kind is PrincipalKind.USER
