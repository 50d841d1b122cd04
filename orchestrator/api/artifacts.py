"""Artifacts: bytes up and down, streamed, never shown by a browser as if they were ours."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from orchestrator.access.principal import Principal, PrincipalKind
from orchestrator.api.agents import Limit
from orchestrator.api.cursor import ArtifactCursor, after_artifact
from orchestrator.api.intake import invalid_field
from orchestrator.api.models import ArtifactPage, ChosenName, artifact_of, kept_artifact_of
from orchestrator.api.operation import operation
from orchestrator.api.services import Services
from orchestrator.api.visitors import is_for_visitors
from orchestrator.errors import (
    ArtifactUnknown,
    BodyTooLarge,
    CommandUnknown,
    Forbidden,
    StorageUnavailable,
    UnsupportedMediaType,
)
from orchestrator.store.records import ArtifactFilter, ArtifactRecord
from xagent_protocol.file_names import file_name
from xagent_protocol.ids import AgentId, ArtifactId, RequestId, is_request_id
from xagent_protocol.outcomes import ArtifactRef

TAG: Final = "Artifacts"
BYTES: Final = "application/octet-stream"

ARTIFACT_ID_PATTERN: Final = "^[0-9a-f-]{36}$"

ArtifactName = Annotated[
    ArtifactId,
    Meta(
        pattern=ARTIFACT_ID_PATTERN,
        description="Names the artifact.",
        examples=["019ab1c2-3d4e-7f60-8a9b-0c1d2e3f4a5b"],
    ),
]

_ARTIFACT_ID: Final = re.compile(r"[0-9a-f-]{36}")
# RFC 9110, section 8.3.1, without the exotic ends of its grammar.
_MEDIA_TYPE: Final = re.compile(
    r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}(?:;[ -~]{1,200})?", re.ASCII
)
# A page or picture that a site made must not run or be framed under the API's own origin.
_HEADERS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # A browser that is signed in fetches them for our own pages, and for no other.
    "Cross-Origin-Resource-Policy": "same-origin",
}


class ListQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which artifacts to list."""

    agent_id: Annotated[
        Annotated[str, Meta(max_length=63)] | None,
        Meta(description="Only those that this agent uploaded."),
    ] = None
    request_id: Annotated[ChosenName | None, Meta(description="Only those of this command.")] = None
    limit: Limit = 100
    cursor: ArtifactCursor = None


class UploadQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the bytes are called and which command made them."""

    name: Annotated[
        str, Meta(max_length=255, description="A file name, for people.", examples=["shot.png"])
    ] = "artifact"
    request_id: Annotated[
        ChosenName | None, Meta(description="The command that made or needs them.")
    ] = None


@operation(
    "POST",
    "/api/artifacts",
    tag=TAG,
    statuses={201: "The bytes are kept."},
    refusals=[Forbidden, BodyTooLarge, UnsupportedMediaType, StorageUnavailable],
    takes_bytes=BYTES,
)
async def upload_artifact(
    services: Services, query: UploadQuery, request: Request, principal: Principal
) -> ArtifactRef:
    """Upload bytes.

    The body is streamed to disk as it is; `Content-Type` says what it is and comes back at the
    download. Agents use this with their own credential.
    """
    content_type = request.headers.get("content-type", BYTES)
    if not _MEDIA_TYPE.fullmatch(content_type):
        raise UnsupportedMediaType("The Content-Type is not a media type.")
    if query.request_id is not None:
        await _check_ownership(services, query.request_id, principal)
    record = await services.artifacts.put(
        request.stream(),
        content_type=content_type,
        name=file_name(query.name),
        agent_id=principal.agent_id,
        request_id=query.request_id,
        announced_bytes=_announced(request),
    )
    return artifact_of(record)


@operation("GET", "/api/artifacts", tag=TAG, statuses={200: "One page, newest first."})
async def list_artifacts(services: Services, query: ListQuery) -> ArtifactPage:
    """List artifacts."""
    wanted = ArtifactFilter(
        agent_id=None if query.agent_id is None else AgentId(query.agent_id),
        request_id=query.request_id,
    )
    # One more than asked says whether there is another page.
    records = await services.artifacts.page(wanted, limit=query.limit + 1, before=query.cursor)
    page = records[: query.limit]
    more = len(records) > query.limit
    return ArtifactPage(
        [kept_artifact_of(record) for record in page], after_artifact(page[-1]) if more else None
    )


@operation(
    "GET",
    "/api/artifacts/{artifact_id}",
    tag=TAG,
    statuses={200: "The bytes, as an attachment.", 206: "The part that `Range` asked for."},
    refusals=[ArtifactUnknown],
    media_type=BYTES,
)
async def download_artifact(
    services: Services, artifact_id: ArtifactName, principal: Principal
) -> Response:
    """Download bytes.

    Answered as an attachment of the type it was uploaded with; `Range` is understood, and
    `Repr-Digest` (RFC 9530) says the SHA-256 of the whole. To an agent there are only what it has
    uploaded itself and what stands in the params of a command that is with it; to a share, only
    the pictures and videos that its agent uploaded.
    """
    if not _ARTIFACT_ID.fullmatch(artifact_id):
        raise _unknown(artifact_id)
    record = await services.artifacts.get(artifact_id)
    if not _is_for(services, record, principal):
        raise _unknown(artifact_id)
    path = services.artifacts.path(record)
    try:
        stat = await asyncio.to_thread(path.stat)
    except FileNotFoundError as error:
        raise ArtifactUnknown(f"The bytes of artifact {artifact_id!r} are gone.") from error
    return FileResponse(
        path,
        filename=record.name,
        media_type=record.content_type,
        stat_result=stat,
        headers={**_HEADERS, "Repr-Digest": _digest(record)},
    )


OPERATIONS: Final = (upload_artifact, list_artifacts, download_artifact)


async def _check_ownership(services: Services, request_id: RequestId, principal: Principal) -> None:
    if not is_request_id(request_id):
        raise invalid_field("request_id", "may not end with a line feed")
    if principal.kind is not PrincipalKind.AGENT:
        return
    try:
        command = await services.commands.get(request_id)
    except CommandUnknown:
        # The agent may know more than a journal that was lost; the command is adopted later.
        return
    if command.agent_id != principal.agent_id:
        raise Forbidden(f"Command {request_id!r} is another agent's.")


def _is_for(services: Services, record: ArtifactRecord, principal: Principal) -> bool:
    if principal.may_see(record.agent_id):
        return principal.kind is not PrincipalKind.SHARE or is_for_visitors(record.content_type)
    return (
        principal.kind is PrincipalKind.AGENT
        and principal.agent_id is not None
        and services.needs_artifact(principal.agent_id, record.artifact_id)
    )


def _unknown(artifact_id: str) -> ArtifactUnknown:
    return ArtifactUnknown(f"There is no artifact {artifact_id[:64]!r}.")


def _announced(request: Request) -> int | None:
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None


def _digest(record: ArtifactRecord) -> str:
    return f"sha-256=:{base64.b64encode(bytes.fromhex(record.sha256)).decode()}:"
