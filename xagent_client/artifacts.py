"""Artifacts as calls: bytes up and down in pieces, and lists of what is kept."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import io
import mimetypes
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias
from urllib.parse import quote
from uuid import uuid4

from xagent_client.errors import UnexpectedAnswer
from xagent_client.exchange import (
    QUERY_SECONDS,
    Call,
    Patience,
    QueryValue,
    Reply,
    Request,
    decode,
    insist,
)
from xagent_client.models import Artifact, ArtifactRef, HasArtifact, Page
from xagent_protocol.file_names import file_name

PathLike: TypeAlias = "str | os.PathLike[str]"
Source: TypeAlias = "bytes | BinaryIO | PathLike"
"""Bytes, an open binary file, or the path of a file."""

BYTES: Final = "application/octet-stream"

PLACING_SECONDS: Final = 60.0
"""How long the answer to an upload may take: with `--durability power` it waits for the disk."""


def list_artifacts(
    *,
    agent_id: str | None = None,
    request_id: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Call[Page[Artifact]]:
    """List artifacts, newest first."""
    filters: dict[str, QueryValue] = {
        "agent_id": agent_id,
        "request_id": request_id,
        "limit": limit,
        "cursor": cursor,
    }
    given = {name: value for name, value in filters.items() if value is not None}
    reply = yield from insist(
        lambda _left: Request("GET", "/api/artifacts", query=given), Patience(QUERY_SECONDS)
    )
    return decode(reply, Page[Artifact])


def upload(
    source: Source,
    *,
    name: str | None = None,
    content_type: str | None = None,
    request_id: str | None = None,
) -> Call[ArtifactRef]:
    """Upload bytes, and return what the orchestrator calls them."""
    with _readable(source) as file:
        start = file.tell() if file.seekable() else None
        called = file_name(name or _name_of(source))
        query: dict[str, QueryValue] = {"name": called}
        if request_id is not None:
            query["request_id"] = request_id
        headers = {"content-type": content_type or mimetypes.guess_type(called)[0] or BYTES}
        if start is not None:
            headers["content-length"] = str(file.seek(0, os.SEEK_END) - start)

        def request(_left: float) -> Request:
            if start is not None:
                file.seek(start)
            return Request(
                "POST",
                "/api/artifacts",
                query=query,
                headers=headers,
                wait=PLACING_SECONDS,
                source=file,
            )

        # What cannot be read a second time cannot be sent a second time.
        patience = Patience(QUERY_SECONDS) if start is not None else Patience(0, tries=1)
        reply = yield from insist(request, patience)
    return decode(reply, ArtifactRef)


def fetch(artifact: HasArtifact | str) -> Call[bytes]:
    """Fetch the bytes of an artifact."""
    reply = yield from insist(
        lambda _left: Request("GET", path_of(artifact)), Patience(QUERY_SECONDS)
    )
    _check(reply, hashlib.sha256(reply.body).digest())
    return reply.body


def download(artifact: HasArtifact | str, to: BinaryIO | PathLike) -> Call[None]:
    """Stream the bytes of an artifact into a file."""
    if isinstance(to, str | os.PathLike):
        yield from _download_to(artifact, Path(to))
        return
    sink = _Digesting(to)
    # Not tried again, because some may be there.
    reply = yield from insist(
        lambda _left: Request("GET", path_of(artifact), sink=sink),
        Patience(QUERY_SECONDS, tries=1),
    )
    _check(reply, sink.digest())


def path_of(artifact: HasArtifact | str) -> str:
    """Return the path of an artifact in the API."""
    name = artifact if isinstance(artifact, str) else artifact.artifact_id
    return f"/api/artifacts/{quote(name, safe='')}"


def _download_to(artifact: HasArtifact | str, path: Path) -> Call[None]:
    # A half-written file must not pass for a whole one.
    partial = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
    try:
        with partial.open("wb") as file:
            sinks: list[_Digesting] = []

            def request(_left: float) -> Request:
                file.seek(0)
                file.truncate()
                sinks.append(_Digesting(file))
                return Request("GET", path_of(artifact), sink=sinks[-1])

            reply = yield from insist(request, Patience(QUERY_SECONDS))
        _check(reply, sinks[-1].digest())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


class _Digesting:
    """Passes on what is written into it, and its digest is known."""

    def __init__(self, file: BinaryIO) -> None:
        """Pass on to *file*."""
        self._file = file
        self._sha256 = hashlib.sha256()

    def write(self, piece: bytes, /) -> None:
        """Write *piece*."""
        self._sha256.update(piece)
        self._file.write(piece)

    def digest(self) -> bytes:
        """Return the digest of what was written."""
        return self._sha256.digest()


@contextlib.contextmanager
def _readable(source: Source) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, str | os.PathLike):
        with Path(source).open("rb") as file:
            yield file
    else:
        yield source


def _name_of(source: Source) -> str:
    if isinstance(source, str | os.PathLike):
        return Path(source).name
    name = getattr(source, "name", "")
    return Path(name).name if isinstance(name, str) else ""


def _check(reply: Reply, digest: bytes) -> None:
    """Raise `UnexpectedAnswer` if what has come is not what the orchestrator has."""
    told = reply.headers.get("repr-digest")
    if told is not None and told != f"sha-256=:{base64.b64encode(digest).decode()}:":
        raise UnexpectedAnswer("the artifact arrived damaged; fetch it again")
