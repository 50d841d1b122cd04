"""Traces, for people: the way into the viewer, the viewer's own files, and the trace's bytes.

The bytes come from here and not from `/api/artifacts`, so that a browser that is signed in needs
no way into the API, and gets of all artifacts only those that are traces.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from orchestrator.errors import ArtifactUnknown, NoTrace, RouteUnknown
from orchestrator.store.records import ArtifactRecord
from orchestrator.web.trace_files import is_trace
from orchestrator.web.viewer import INDEX, Viewer

PATH: Final = "/traces/"
VIEWER: Final = "/traces/viewer/"
FILE: Final = "trace.zip"

_ARTIFACT_ID: Final = re.compile(r"[0-9a-f-]{36}")

_DOWNLOAD: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Artifacts(Protocol):
    """What is needed of the artifacts; `get` raises `ArtifactUnknown`."""

    async def get(self, artifact_id: str, /) -> ArtifactRecord:
        """Return what is known of an artifact."""
        ...

    def path(self, artifact: ArtifactRecord, /) -> Path:
        """Return where its bytes are."""
        ...


class TracePages:
    """What is under `/traces/`."""

    def __init__(self, artifacts: Artifacts, viewer: Viewer) -> None:
        """Show traces among *artifacts* in *viewer*."""
        self._artifacts = artifacts
        self._viewer = viewer

    async def open(self, request: Request) -> Response:
        """Send the browser into the viewer, with the trace to show."""
        artifact_id: str = request.path_params["artifact_id"]
        await self._trace(artifact_id)
        await asyncio.to_thread(lambda: self._viewer.files)
        trace = quote(f"{PATH}{artifact_id}/{FILE}", safe="")
        return RedirectResponse(f"{VIEWER}{INDEX}?trace={trace}", status_code=303)

    async def download(self, request: Request) -> Response:
        """Give the trace's bytes."""
        path = await self._trace(request.path_params["artifact_id"])
        return FileResponse(path, filename=FILE, media_type="application/zip", headers=_DOWNLOAD)

    async def viewer_file(self, request: Request) -> Response:
        """Give a file of the viewer."""
        files = await asyncio.to_thread(lambda: self._viewer.files)
        file = files.get(request.path_params["path"] or INDEX)
        if file is None:
            raise RouteUnknown("The trace viewer has no such file.")
        return Response(file.content, media_type=file.media_type, headers=dict(file.headers))

    async def _trace(self, artifact_id: str) -> Path:
        if not _ARTIFACT_ID.fullmatch(artifact_id):
            raise ArtifactUnknown(f"There is no artifact {artifact_id[:64]!r}.")
        path = self._artifacts.path(await self._artifacts.get(artifact_id))
        try:
            shows_something = await asyncio.to_thread(is_trace, path)
        except FileNotFoundError as error:
            raise ArtifactUnknown(f"The bytes of artifact {artifact_id!r} are gone.") from error
        if not shows_something:
            raise NoTrace(
                f"Artifact {artifact_id!r} is no trace: `start_tracing` and `stop_tracing`, or "
                'a command with "record": "trace", make one.'
            )
        return path
