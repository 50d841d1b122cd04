"""One real agent, `bench`, under a real orchestrator, a page to open, and a plain client."""

from __future__ import annotations

import contextlib
import http.server
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from benchmarks.processes import orchestrator, running

PAGE: Final = b"<!doctype html><title>A page</title><h1>Hello</h1><button>Press</button><p>" + (
    b"Some text. " * 40
)
START_SECONDS: Final = 30.0


class _Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        # A browser that has gone elsewhere hangs up in the middle.
        with contextlib.suppress(ConnectionError):
            self.wfile.write(PAGE)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Xagent:
    """Posts commands to the agent `bench` on one kept connection, each request in one write."""

    def __init__(self, url: str, token: str) -> None:
        """Connect."""
        self._url = url
        self._token = token
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"Host: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"

    @property
    def address(self) -> tuple[str, str]:
        """The orchestrator's URL, and the token."""
        return self._url, self._token

    def another(self) -> Xagent:
        """Return a client on a connection of its own."""
        return Xagent(self._url, self._token)

    def run(self, action: str, params: dict[str, Any]) -> float:
        """Ask for one action and insist on success; returns how long the action itself took, ms."""
        answer = self.ask(action, params)
        if answer.get("state") != "succeeded":
            raise RuntimeError(f"{action} did not succeed: {answer}")
        return float(answer["duration_ms"])

    def ask(self, action: str, params: dict[str, Any], **envelope: object) -> dict[str, Any]:
        """Ask for one action and return the command as it ended."""
        return self._ask("POST", "/commands", {"action": action, "params": params, **envelope})

    def in_flight(self) -> int:
        """Count the commands that the agent has."""
        return int(self._ask("GET", "", None)["in_flight"])

    def is_there(self) -> bool:
        """Say whether the agent is connected."""
        answer = self._ask("GET", "", None)
        return bool(answer.get("contact", {}).get("connected", {}).get("value"))

    def _ask(self, method: str, path: str, body: object) -> dict[str, Any]:
        content = b"" if body is None else msgspec.json.encode(body)
        self._socket.sendall(
            f"{method} /api/agents/bench{path} HTTP/1.1\r\n{self._head}"
            f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode()
            + content
        )
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._socket.recv(65536)
        head, _, rest = received.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(rest) < length:
            rest += self._socket.recv(65536)
        answer: dict[str, Any] = msgspec.json.decode(rest)
        return answer


@contextlib.contextmanager
def site() -> Iterator[str]:
    """Serve the page; gives its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def agent() -> Iterator[Xagent]:
    """Run an orchestrator and an agent; gives a connected client."""
    with tempfile.TemporaryDirectory() as name, orchestrator(Path(name)) as (url, token):
        arguments = ["agent_runtime", "bench", "--url", url, "--data-dir", name]
        with running(arguments, log=Path(name) / "agent.log") as process:
            client = Xagent(url, token)
            until = time.monotonic() + START_SECONDS
            while not client.is_there():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((Path(name) / "agent.log").read_text()[-2000:])
                time.sleep(0.05)
            yield client
