"""The pages at `/docs`: the OpenAPI document, laid out for people; plain HTML without a script."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from orchestrator.api.openapi import Json
from orchestrator.api.operation import Operation, operation
from orchestrator.api.services import Services


def operations(document: Json) -> list[Operation]:
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)

    @operation("GET", "/openapi.json", tag="Documentation", statuses={200: "It."})
    async def openapi(services: Services) -> Response:
        """Return the OpenAPI document."""
        return Response(text, media_type="application/json")

    return [openapi]
