"""The web site that the agents' browsers work on: it counts what reaches it, and is the oracle.

An execution tells the site when it begins and when it is over, by requests that block the page's
script until they are answered. So what has begun is counted before anybody could call it done.
The page makes a nonce for each execution: a request that the browser sends twice, because a
connection broke under it, is one execution all the same.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, Self
from urllib.parse import parse_qs, urlsplit

from chaos.history import History
from chaos.records import Begun, Ended

FLOOR_WIDTH: Final = 1200
"""A click is numbered by its place on the floor, so one command can carry its own number."""

_TELL: Final = """
  const nonce = Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2);
  const tell = (word) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${site}/${word}?id=${id}&nonce=${nonce}`, false);
    request.send();
  };
"""

WORK: Final = f"""async ({{ id, hold, hangs, site }}) => {{{_TELL}
  tell("begun");
  while (hangs);
  if (hold) await new Promise((resolve) => setTimeout(resolve, hold));
  tell("ended");
  return nonce;
}}"""
"""What `evaluate` runs, on any page: it says which command it is, and returns its nonce."""

_FLOOR: Final = f"""<!doctype html><title>floor</title>
<style>body {{ margin: 0 }} #floor {{ position: fixed; inset: 0 }}</style>
<div id=floor></div>
<script>
const work = (id) => {{
  const site = "";{_TELL}
  tell("begun");
  tell("ended");
}};
floor.addEventListener("click", (event) => work("r" + (event.offsetY * {FLOOR_WIDTH} + event.offsetX)));
</script>"""  # noqa: E501 - a line of the page


def request_id(number: int) -> str:
    """Return how the command of this number is called."""
    return f"r{number}"


def place_on_floor(number: int) -> dict[str, int]:
    """Return where a click says this number."""
    return {"x": number % FLOOR_WIDTH, "y": number // FLOOR_WIDTH}


class Site:
    """The running site; what it sees goes into the history."""

    def __init__(self, history: History) -> None:
        """Listen on 127.0.0.1; nothing is answered before `with`."""
        self.history = history
        self.known: set[tuple[str, str, str]] = set()
        self.turn = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.site = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Begin to answer."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def count(self, word: str, request_id: str, nonce: str) -> None:
        """Note what an execution says of itself, once."""
        record = Begun if word == "begun" else Ended
        with self.turn:
            if (word, request_id, nonce) in self.known:
                return
            self.known.add((word, request_id, nonce))
            self.history.note(record(at=self.history.now(), request_id=request_id, nonce=nonce))


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: Site

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that was killed in the middle is nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Serve the floor, whatever it is called."""
        self._answer(_FLOOR.encode())

    def do_POST(self) -> None:
        """Count."""
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        self.server.site.count(parts.path.strip("/"), query["id"][0], query["nonce"][0])
        self._answer(b"")

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        # A browser that has just been started again is on no page of ours.
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        self.wfile.write(content)
