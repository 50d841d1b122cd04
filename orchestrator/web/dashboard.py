"""The dashboard's files, as they lie in this package: one page, its modules and its style sheets.

Nothing is built and nothing is loaded from elsewhere. The page is a client of the public API and
knows no secret, so its files are anybody's; only what it then asks for needs a credential. Every
view has a path of its own, and all of them are answered with the same page.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from orchestrator.access.own_paths import DASHBOARD_FILES
from orchestrator.errors import RouteUnknown

INDEX: Final = "index.html"
DIRECTORY: Final = Path(__file__).parent.parent / "dashboard"

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""The last line has the browser refuse to make markup or code out of a string, whoever asks."""

_HEADERS: Final = {
    # A file is asked about each time, and answered by its digest: a new version is never mixed
    # with modules of the old one.
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Without a referrer a browser would not say, either, that a form is from here.
    "Referrer-Policy": "same-origin",
}

_MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
"""Not asked of the machine, which may have other ideas; what is not named here is not served."""


@dataclass(frozen=True)
class DashboardFile:
    """One file, ready to be sent."""

    content: bytes
    compressed: bytes
    etag: str
    media_type: str


class DashboardPages:
    """The page at `/` and all views below it, and the files they load."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        """Serve what is in *directory*."""
        self._directory = directory

    @cached_property
    def files(self) -> Mapping[str, DashboardFile]:
        """The files by their names; blocks at the first use."""
        return {
            path.name: _prepared(path)
            for path in sorted(self._directory.iterdir())
            if path.suffix in _MEDIA_TYPES
        }

    async def page(self, request: Request) -> Response:
        """Give the page, whichever view the path names: the page itself reads it."""
        return await self._answer(INDEX, request)

    async def file(self, request: Request) -> Response:
        """Give a file that the page loads."""
        return await self._answer(request.path_params["name"], request)

    async def _answer(self, name: str, request: Request) -> Response:
        files = await asyncio.to_thread(lambda: self.files)
        file = files.get(name)
        if file is None:
            raise RouteUnknown(f"The dashboard has no such file under {DASHBOARD_FILES}.")
        headers = {**_HEADERS, "ETag": file.etag}
        if file.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(file.content, media_type=file.media_type, headers=headers)
        headers["Content-Encoding"] = "gzip"
        return Response(file.compressed, media_type=file.media_type, headers=headers)


def _prepared(path: Path) -> DashboardFile:
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()[:32]
    return DashboardFile(
        content,
        gzip.compress(content, mtime=0),
        # Weak: the same file goes out compressed or not.
        f'W/"{digest}"',
        _MEDIA_TYPES[path.suffix],
    )
