"""What a command costs beside the same call in Playwright's own process.

One real agent under a real orchestrator, and one browser driven directly, both of the same
Chromium on the same local page, in two arrangements: one by one in turns, where both meet the
same caches and the same load; and in blocks, where each has the machine to itself for a while.
Two browsers and four Pythons do not fit into the caches of a small machine together, so the
first is slower for both. The client posts on one kept connection.

    python -m benchmarks.browser [--rounds N] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.server
import json
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from playwright.async_api import Page, async_playwright

from agent_runtime.browser.find import find_browser
from benchmarks.processes import orchestrator, running

PAGE: Final = b"<!doctype html><title>A page</title><h1>Hello</h1><button>Press</button><p>" + (
    b"Some text. " * 40
)
CALLS: Final = {"evaluate": 60, "title": 60, "click": 16, "goto": 8, "screenshot": 8}
"""Actions, and how often each is called in a round, so that all take about as long."""
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
        parts = urlsplit(url)
        self._socket = socket.create_connection((parts.hostname, parts.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = f"Host: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"

    def run(self, action: str, params: dict[str, Any]) -> float:
        """Ask for one action and insist on success; returns how long the action itself took, ms."""
        answer = self._ask("POST", "/commands", {"action": action, "params": params})
        if answer.get("state") != "succeeded":
            raise RuntimeError(f"{action} did not succeed: {answer}")
        return float(answer["duration_ms"])

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


def direct_calls(page: Page, url: str) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return the same actions as Playwright's own calls."""
    return {
        "evaluate": lambda: page.evaluate("1+1"),
        "title": page.title,
        "click": lambda: page.click("button"),
        "goto": lambda: page.goto(url),
        "screenshot": page.screenshot,
    }


def one_by_one(calls: int) -> list[bool]:
    """Return who is called, direct or not: A B B A, so that each follows itself as often."""
    return [first for call in range(calls) for first in ((call % 2 == 0), (call % 2 == 1))]


def in_blocks(calls: int) -> list[bool]:
    """Return who is called: first only the one, then only the other."""
    return [True] * calls + [False] * calls


ARRANGEMENTS: Final = {"one by one": one_by_one, "in blocks": in_blocks}

Medians = dict[tuple[str, str], tuple[list[float], list[float], list[float]]]
"""Milliseconds of each round by action and arrangement: direct, ours, and of ours what is not the
call of Playwright itself. A click waits for the frames of its browser, of 16.7 ms each, so that
only the last says what is added to it."""


async def measure(rounds: int, client: Xagent, url: str) -> Medians:
    """Return the medians of every round but the first, which warms both up."""
    params: dict[str, dict[str, Any]] = {
        "evaluate": {"expression": "1+1"},
        "title": {},
        "click": {"target": "button"},
        "goto": {"url": url},
        "screenshot": {},
    }
    found: Medians = {(action, name): ([], [], []) for action in CALLS for name in ARRANGEMENTS}
    async with async_playwright() as playwright:
        bundled = Path(playwright.chromium.executable_path)
        executable = (await find_browser(None, bundled)).path
        with tempfile.TemporaryDirectory() as profile:
            context = await playwright.chromium.launch_persistent_context(
                profile, executable_path=executable, viewport={"width": 1280, "height": 720}
            )
            page = context.pages[0]
            await page.goto(url)
            client.run("goto", {"url": url})
            direct = direct_calls(page, url)
            for number in range(rounds + 1):
                for (action, name), medians in found.items():
                    seconds: tuple[list[float], list[float], list[float]] = ([], [], [])
                    for is_direct in ARRANGEMENTS[name](CALLS[action]):
                        started = time.perf_counter()
                        if is_direct:
                            await direct[action]()
                            seconds[0].append(time.perf_counter() - started)
                        else:
                            took_ms = client.run(action, params[action])
                            seconds[1].append(time.perf_counter() - started)
                            seconds[2].append(seconds[1][-1] - took_ms / 1000)
                    if number:
                        for median, samples in zip(medians, seconds, strict=True):
                            median.append(statistics.median(samples) * 1000)
            await context.close()
    return found


def report(found: Medians) -> list[dict[str, float | str]]:
    """Print the table and return it."""
    rows: list[dict[str, float | str]] = []
    print(
        "\n| action | arrangement | direct Playwright | POST to xagent | ratio | around the call |"
    )
    print("|---|---|---|---|---|---|")
    for (action, name), (theirs, ours, around) in found.items():
        direct, posted = statistics.median(theirs), statistics.median(ours)
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        added = statistics.median(around)
        print(
            f"| {action} | {name} | {direct:.2f} ms | {posted:.2f} ms | **{ratio:.2f}** "
            f"| {added:.2f} ms |"
        )
        rows.append(
            {
                "action": action,
                "arrangement": name,
                "direct_ms": direct,
                "xagent_ms": posted,
                "around_ms": added,
                "ratio": ratio,
            }
        )
    return rows


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path, help="write the table there, too")
    arguments = parser.parse_args()
    with site() as url, agent() as client:
        found = asyncio.run(measure(arguments.rounds, client, url))
    rows = report(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
