"""The site's server: one thread, port 0, no dependency on any event loop.

`with Site() as site: site.url("/form")`, or by hand: `python -m tests.site.server 8080`.
Files in `pages/` are served under their name without `.html`; the rest is in the table below.
"""

from __future__ import annotations

import hashlib
import json
import re
import socket
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, Self
from urllib.parse import parse_qs, quote, urlsplit

_PAGES: Final = Path(__file__).parent / "pages"
_COOKIE_DAYS: Final = 30


class Site:
    """The running site; `hits` counts what browsers did to it, by name."""

    def __init__(self, port: int = 0) -> None:
        """Listen on 127.0.0.1; nothing is answered before `with`."""
        self.hits: Counter[str] = Counter()
        self.released = threading.Event()
        """Set it to let every `/held` answer go."""
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.site = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def port(self) -> int:
        """The port it got."""
        return int(self._server.server_address[1])

    def url(self, path: str = "/") -> str:
        """Return the address of *path*."""
        return f"http://127.0.0.1:{self.port}{path}"

    def elsewhere(self, path: str = "/") -> str:
        """Return the address of *path* as one of another site, which is the same server."""
        return f"http://localhost:{self.port}{path}"

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up in the middle is nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    sent: str
    """What the request carried."""

    def do_GET(self) -> None:
        """Answer a page or one of the routes."""
        self._answer()

    def do_POST(self) -> None:
        """Answer a form or a count."""
        self._answer()

    def do_PUT(self) -> None:
        """Answer what is put as what is posted."""
        self._answer()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        self.server.site.hits[parts.path] += 1
        if parts.path == "/upload":
            _upload(self)  # which may be too much to be read as text
            return
        length = int(self.headers.get("Content-Length") or 0)
        self.sent = self.rfile.read(length).decode()
        form = {key: v[0] for key, v in parse_qs(self.sent).items()}
        route = _ROUTES.get(parts.path)
        if route is not None:
            route(self, {**query, **form})
            return
        page = _PAGES / f"{parts.path.strip('/') or 'index'}.html"
        if page.parent == _PAGES and page.is_file():
            self.html(page.read_text())
        else:
            self.html("<title>Not here</title><p>no such page</p>", status=404)

    def send(self, content: bytes, content_type: str, *, status: int = 200) -> None:
        """Send *content* as it is."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def html(
        self,
        body: str,
        *,
        status: int = 200,
        headers: tuple[tuple[str, str], ...] = (),
        content_type: str = "text/html; charset=utf-8",
    ) -> None:
        """Send *body*."""
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def cookie(self, name: str) -> str | None:
        """Return a cookie that the browser sent."""
        for part in (self.headers.get("Cookie") or "").split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
        return None


def _slow(request: _Handler, fields: dict[str, str]) -> None:
    """Answer after `seconds`."""
    time.sleep(float(fields.get("seconds", "1")))
    request.html("<title>Slow</title><p>at last</p>")


def _held(request: _Handler, _: dict[str, str]) -> None:
    """Answer when the test says so."""
    request.server.site.released.wait(30)
    request.html("<title>Held</title><p>released</p>")


def _sign_in(request: _Handler, fields: dict[str, str]) -> None:
    """Set a session cookie and a persistent one, as sites with "remember me" do."""
    user = fields.get("user", "somebody")
    request.html(
        f"<title>Welcome</title><p>welcome {user}</p><a href=/account>account</a>",
        headers=(
            ("Set-Cookie", f"session={user}; Path=/; HttpOnly; SameSite=Lax"),
            (
                "Set-Cookie",
                f"remember={user}; Path=/; HttpOnly; Max-Age={_COOKIE_DAYS * 86400}",
            ),
        ),
    )


def _account(request: _Handler, _: dict[str, str]) -> None:
    """Say who is signed in, by which cookie."""
    session, remember = request.cookie("session"), request.cookie("remember")
    request.html(
        f"<title>Account</title><p id=session>{session or 'nobody'}</p>"
        f"<p id=remember>{remember or 'nobody'}</p>"
    )


def _sign_out(request: _Handler, _: dict[str, str]) -> None:
    """Delete both cookies."""
    gone = "Path=/; Max-Age=0"
    request.html(
        "<title>Bye</title><p>signed out</p>",
        headers=(("Set-Cookie", f"session=; {gone}"), ("Set-Cookie", f"remember=; {gone}")),
    )


def _large(request: _Handler, fields: dict[str, str]) -> None:
    """Answer a page with `chars` characters of text."""
    text = "abcdefghi " * (int(fields.get("chars", "100000")) // 10)
    request.html(f"<title>Large</title><p>{text}</p>")


def _redirect(request: _Handler, fields: dict[str, str]) -> None:
    """Send the browser on."""
    request.html("", status=302, headers=(("Location", fields.get("to", "/")),))


def _strict(request: _Handler, _: dict[str, str]) -> None:
    """Answer a page whose policy lets no script run that is made of text."""
    policy = "default-src 'self'; script-src 'self'; require-trusted-types-for 'script'"
    request.html("<title>Strict</title>", headers=(("Content-Security-Policy", policy),))


def _forbidden(request: _Handler, _: dict[str, str]) -> None:
    """Answer with a status that others use as well."""
    request.html("<title>Forbidden</title>", status=403)


def _worker(request: _Handler, fields: dict[str, str]) -> None:
    """Answer a service worker that fetches `to` as soon as it runs."""
    to = fields.get("to", "/count")
    script = f"fetch('{to}', {{mode: 'no-cors'}}).catch(() => {{}})"
    request.html(script, content_type="text/javascript")


def _sandboxed(request: _Handler, _: dict[str, str]) -> None:
    """Answer a page that has no origin, and so can store nothing."""
    policy = "sandbox allow-scripts"
    request.html("<title>Sandboxed</title>", headers=(("Content-Security-Policy", policy),))


def _elements(request: _Handler, fields: dict[str, str]) -> None:
    """Answer a page of about `count` elements of many kinds, eleven in each of its parts."""
    parts = "".join(
        f"<section aria-label='Part {n}'><h2>Part {n}</h2><p>Some <b>words</b> of part {n}.</p>"
        f"<ul><li><a href='/part/{n}'>Go to {n}</a></li><li><button>Buy {n}</button></li></ul>"
        f"<label>Number <input value={n}></label></section>"
        for n in range(int(fields.get("count", "5000")) // 11)
    )
    request.html(f"<!doctype html><title>Elements</title><main>{parts}</main>")


def _upload(request: _Handler) -> None:
    """Answer what files of a form arrived: field, name, size and hash of each."""
    body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
    boundary = request.headers["Content-Type"].partition("boundary=")[2]
    rows = []
    for part in body.split(f"--{boundary}".encode())[1:-1]:
        head, _, content = part.removesuffix(b"\r\n").partition(b"\r\n\r\n")
        named = re.search(r'name="(.*?)"; filename="(.+)"', head.decode())
        if named is not None:
            digest = hashlib.sha256(content).hexdigest()
            rows.append(f"<li>{named[1]} {named[2]} {len(content)} {digest}</li>")
    request.html(f"<title>Uploaded</title><ul>{''.join(rows)}</ul>")


def _attachment(request: _Handler, fields: dict[str, str]) -> None:
    """Answer what a browser downloads."""
    name = fields.get("name", "attached.txt")
    request.html("attached", headers=(("Content-Disposition", f'attachment; filename="{name}"'),))


def _script(request: _Handler, _: dict[str, str]) -> None:
    """Answer a script that counts how often it was loaded."""
    request.html("window.loaded = (window.loaded ?? 0) + 1;", content_type="text/javascript")


def _style(request: _Handler, _: dict[str, str]) -> None:
    """Answer a style sheet."""
    request.html("#words { background-color: rgb(4, 5, 6) }", content_type="text/css")


def _count(request: _Handler, _: dict[str, str]) -> None:
    """Answer how often this was asked, so that a page can show what reached the server."""
    request.html(str(request.server.site.hits["/count"]))


def _echo(request: _Handler, _: dict[str, str]) -> None:
    """Answer what was asked: method, headers by their names in lower case, and body."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    told = {"method": request.command, "headers": headers, "body": request.sent}
    request.send(json.dumps(told).encode(), "application/json")


def _guarded(request: _Handler, fields: dict[str, str]) -> None:
    """Let in whoever says by HTTP that they are ann, whose password is pa:ss."""
    if request.headers.get("Authorization") == f"Basic {b64encode(b'ann:pa:ss').decode()}":
        request.html("<title>Inside</title><p>welcome ann</p>")
        return
    request.html("<p>who are you?", status=401, headers=(("WWW-Authenticate", "Basic realm=x"),))


def _bytes(request: _Handler, _: dict[str, str]) -> None:
    """Answer what is no text."""
    request.send(bytes(range(256)), "application/octet-stream")


def _endless(request: _Handler, _: dict[str, str]) -> None:
    """Begin an answer, and go on with it when the test says so."""
    request.send_response(200)
    request.send_header("Content-Type", "text/plain")
    request.send_header("Content-Length", "2")
    request.end_headers()
    request.wfile.write(b"a")
    request.wfile.flush()
    request.server.site.released.wait(30)


def _file(request: _Handler, fields: dict[str, str]) -> None:
    """Answer a file of `size` bytes: its `type`, `name` and `disposition` are asked for."""
    content = b"x" * int(fields.get("size", "5"))
    _file_head(request, fields, len(content))
    request.wfile.write(content)


def _stalled_file(request: _Handler, fields: dict[str, str]) -> None:
    """Answer half of a file, and the rest once the path `until` was asked for; or `break` off.

    With `silent` nothing at all is said before.
    """
    half = b"x" * (int(fields.get("size", "200000")) // 2)
    if "silent" in fields:
        _wait_for_hit(request, fields["until"])
    _file_head(request, fields, 2 * len(half))
    request.wfile.write(half)
    _wait_for_hit(request, fields["until"])
    if "break" in fields:
        request.connection.shutdown(socket.SHUT_RDWR)
    else:
        request.wfile.write(half)


def _wait_for_hit(request: _Handler, path: str) -> None:
    while not request.server.site.hits[path]:
        time.sleep(0.01)


def _file_head(request: _Handler, fields: dict[str, str], length: int) -> None:
    request.send_response(int(fields.get("status", "200")))
    request.send_header("Content-Type", fields.get("type", "application/zip"))
    request.send_header("Content-Length", str(length))
    request.send_header("Cache-Control", "no-store")
    disposition = fields.get("disposition", "attachment")
    if "name" in fields:
        disposition += f"; filename*=utf-8''{quote(fields['name'])}"
    if disposition:
        request.send_header("Content-Disposition", disposition)
    request.end_headers()


_ROUTES: Final[dict[str, Callable[[_Handler, dict[str, str]], None]]] = {
    "/slow": _slow,
    "/held": _held,
    "/sign-in": _sign_in,
    "/sign-out": _sign_out,
    "/account": _account,
    "/large": _large,
    "/redirect": _redirect,
    "/strict": _strict,
    "/forbidden": _forbidden,
    "/worker.js": _worker,
    "/sandboxed": _sandboxed,
    "/elements": _elements,
    "/attachment": _attachment,
    "/script.js": _script,
    "/style.css": _style,
    "/count": _count,
    "/echo": _echo,
    "/guarded": _guarded,
    "/bytes": _bytes,
    "/endless": _endless,
    "/file": _file,
    "/stalled-file": _stalled_file,
}


if __name__ == "__main__":
    with Site(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as running:
        sys.stdout.write(running.url() + "\n")
        sys.stdout.flush()
        threading.Event().wait()
