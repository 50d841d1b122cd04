"""Playwright's trace viewer, as it lies on this machine, with a guard before its service worker.

The viewer makes pages out of what a trace holds, and answers for all they load, in a service
worker. Who wrote what is in a trace is a stranger: a site, or an agent. The viewer takes the
scripts out of a recorded page and forbids the rest by a policy; but it gives out any file of a
trace under our origin too, without a word on what it is, and a link in a recorded page may lead
there. The guard closes that way: see `docs/security.md`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from orchestrator.errors import ViewerMissing

INDEX: Final = "index.html"
WORKER: Final = "sw.bundle.js"

_PLACE: Final = "driver/package/lib/vite/traceViewer"
_LEFT_OUT: Final = "uiMode"
"""Another program in the same directory, which runs tests."""

_INLINE_SCRIPT: Final = re.compile(r"<script>(.*?)</script>", re.DOTALL)

_MEDIA_TYPES: Final = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".webmanifest": "application/manifest+json",
}
"""Not asked of the machine, which may have other ideas."""

WORKER_POLICY: Final = "default-src 'none'; script-src 'self'; connect-src 'self'"
"""A service worker has a policy of its own: without it `?trace=` could name any host."""

GUARD: Final = """// Xagent's guard: of documents this worker gives out the viewer's own pages and
// recorded pages, and no file of a trace; and recorded pages stay within this worker's reach.
(() => {
  const scope = new URL(self.registration.scope).pathname;
  const own = new Set(['', 'index.html', 'snapshot.html']);
  const ownCode = /^(assets\\/)?[^/]+\\.js$/;
  const framed = new Set(['document', 'iframe', 'frame', 'object', 'embed']);
  const code = new Set(
    ['script', 'worker', 'sharedworker', 'audioworklet', 'paintworklet', 'xslt']);
  const policy = "frame-src 'self' data:; connect-src 'none'; form-action 'none'; " +
    "worker-src 'none'; manifest-src 'none'; object-src 'none'";
  const restricted = response => {
    const headers = new Headers(response.headers);
    headers.append('Content-Security-Policy', policy);
    headers.set('X-Content-Type-Options', 'nosniff');
    headers.set('X-DNS-Prefetch-Control', 'off');
    const { status, statusText } = response;
    return new Response(response.body, { status, statusText, headers });
  };
  self.addEventListener('fetch', event => {
    const { mode, destination, url } = event.request;
    const { origin, pathname } = new URL(url);
    const isInScope = origin === self.location.origin && pathname.startsWith(scope);
    const name = isInScope ? pathname.slice(scope.length) : null;
    const isDocument = mode === 'navigate' || framed.has(destination);
    const isRecorded = isDocument && name !== null && name.startsWith('snapshot/');
    const isAllowed = isDocument ? isRecorded || own.has(name)
      : !code.has(destination) || (name !== null && ownCode.test(name));
    if (!isAllowed) {
      event.stopImmediatePropagation();
      const told = 'A file of a trace is not shown as a page, nor run.';
      event.respondWith(new Response(told, { status: 403 }));
    } else if (isRecorded) {
      const respondWith = event.respondWith.bind(event);
      event.respondWith = answer => respondWith(Promise.resolve(answer).then(restricted));
    }
  });
})();
"""


@dataclass(frozen=True)
class ViewerFile:
    """One file of the viewer, as it is served."""

    content: bytes
    media_type: str
    headers: Mapping[str, str]


class Viewer:
    """The files of the viewer, read when the first is asked for."""

    def __init__(self, directory: Path | None) -> None:
        """Serve what is in *directory*, where there is one."""
        self._directory = directory

    @cached_property
    def files(self) -> Mapping[str, ViewerFile]:
        """The files by their paths; blocks at the first use.

        Raises:
            ViewerMissing: there are none.
        """
        directory = self._directory
        if directory is None or not (directory / INDEX).is_file():
            raise ViewerMissing(
                "The trace viewer comes with Playwright, which is not installed beside this "
                "orchestrator: install the Python package `playwright` there. The trace itself "
                "can be downloaded, and opened with `playwright show-trace`."
            )
        return {
            path.relative_to(directory).as_posix(): _served(path)
            for path in sorted(directory.rglob("*"))
            if path.is_file() and not path.name.startswith(_LEFT_OUT)
        }


def installed_viewer() -> Viewer:
    """Find the viewer without importing Playwright, which is no business of the orchestrator's."""
    found = find_spec("playwright")
    if found is None or found.origin is None:
        return Viewer(None)
    return Viewer(Path(found.origin).parent / _PLACE)


def _served(path: Path) -> ViewerFile:
    content = path.read_bytes()
    media_type = _MEDIA_TYPES.get(path.suffix, "application/octet-stream")
    headers = {"Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-cache"}
    if path.suffix == ".html":
        headers["Content-Security-Policy"] = _policy(content.decode())
        # The viewer takes traces from whoever opened it; nobody does, who has no hold on it.
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
    elif path.name == WORKER:
        content = GUARD.encode() + content
        headers["Content-Security-Policy"] = WORKER_POLICY
    else:
        # Their names change with their content.
        headers["Cache-Control"] = "private, max-age=86400"
    return ViewerFile(content, media_type, headers)


def _policy(page: str) -> str:
    """Return the policy of a page of the viewer: its own files, and what its worker answers."""
    scripts = "".join(f" 'sha256-{_digest(script)}'" for script in _INLINE_SCRIPT.findall(page))
    return (
        f"default-src 'none'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src 'self'; "
        "frame-src 'self' data:; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
