"""What a large file costs on its way through, in memory and in time.

A real orchestrator, a real agent with its Chromium, and a site on this machine. Four ways, one
after the other: a page downloads the file and it becomes an artifact; a user fetches that; a user
uploads the file; an agent fetches that to its disk. The resident memory of each process is read
fifty times a second.

    python -m benchmarks.artifacts [--mib N] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import http.server
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.processes import START_SECONDS, orchestrator, running
from xagent_client import Client

MIB: Final = 1024 * 1024
LOOK_SECONDS: Final = 0.02
MOST_GROWTH_MIB: Final = 32
"""How much the orchestrator may grow over any of this."""

_BLOCK: Final = bytes(range(256)) * (MIB // 256)


class _Site(http.server.BaseHTTPRequestHandler):
    mib = 0

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Content-Length", str(self.mib * MIB))
        self.end_headers()
        for _ in range(self.mib):
            self.wfile.write(_BLOCK)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def site(mib: int) -> Iterator[str]:
    """Serve a file of so many MiB; gives its URL."""
    _Site.mib = mib
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/film.mp4"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Memory:
    """The resident memory of a process, in MiB, over one way."""

    before: float
    peak: float
    after: float = 0.0

    @property
    def growth(self) -> float:
        """How much more it was at its peak than before."""
        return self.peak - self.before


@dataclass
class Watch:
    """Reads the memory of several processes until it is stopped."""

    processes: dict[str, psutil.Process]
    found: dict[str, Memory] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Watch:
        """Begin."""
        self.found = {name: Memory(rss, rss) for name, rss in self._look().items()}
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Look for the last time, a moment after the end."""
        time.sleep(0.5)
        self._stop.set()
        self._thread.join()
        for name, rss in self._look().items():
            self.found[name].after = rss

    def _run(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            for name, rss in self._look().items():
                self.found[name].peak = max(self.found[name].peak, rss)

    def _look(self) -> dict[str, float]:
        return {name: one.memory_info().rss / MIB for name, one in self.processes.items()}


@dataclass
class Way:
    """One way of the file."""

    name: str
    seconds: float
    memory: dict[str, Memory]


def measure(mib: int) -> list[Way]:
    """Send a file of so many MiB all four ways, after one of 1 MiB that warms them up."""
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url, token = stack.enter_context(orchestrator(directory))
        arguments = ["benchmarks.artifact_agent", "bench", "--url", url]
        log = directory / "agent.log"
        agent = stack.enter_context(running([*arguments, "--data-dir", str(directory)], log=log))
        client = stack.enter_context(Client(url, token))
        _wait_for(client, log)
        processes = {
            "orchestrator": _orchestrator(),
            "agent": psutil.Process(agent.pid),
            "driver": _driver(psutil.Process(agent.pid)),
        }
        with Watch(processes) as warming, site(1) as small:
            _all_ways(client, small, 1, directory, processes)
        with site(mib) as large:
            ways = _all_ways(client, large, mib, directory, processes)
        return [Way("all four, 1 MiB", 0.0, warming.found), *ways]


def _all_ways(
    client: Client, url: str, mib: int, directory: Path, processes: dict[str, psutil.Process]
) -> list[Way]:
    bench = client.agent("bench")
    ways: list[Way] = []
    got, given = directory / "got", directory / "given"
    with given.open("wb") as file:
        file.writelines([_BLOCK] * mib)
    expected = hashlib.sha256()
    for _ in range(mib):
        expected.update(_BLOCK)

    def go(name: str, way: Callable[[], Any]) -> Any:
        with Watch(processes) as watch:
            started = time.perf_counter()
            result = way()
            seconds = time.perf_counter() - started
        ways.append(Way(name, seconds, watch.found))
        return result

    def run(action: str, **params: Any) -> Any:
        command = bench.run(action, params, timeout=300)
        if not command.succeeded:
            raise RuntimeError(f"{action} did not succeed: {command}")
        return command

    downloaded = go("site → agent → orchestrator", lambda: run("download", url=url)).result
    if (downloaded["size"], downloaded["sha256"]) != (mib * MIB, expected.hexdigest()):
        raise RuntimeError(f"another file came: {downloaded}")
    go("orchestrator → user", lambda: client.download(downloaded["artifact_id"], got))
    if got.stat().st_size != mib * MIB:
        raise RuntimeError("another file came")
    uploaded = go("user → orchestrator", lambda: client.upload(given, name="other.bin"))
    had = go("orchestrator → agent", lambda: run("have", artifact_id=uploaded.artifact_id)).result
    if had != mib * MIB:
        raise RuntimeError(f"a file of {had} bytes came")
    return ways


def _wait_for(client: Client, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while not any(agent.is_connected for agent in client.agents()):
        if time.monotonic() > until:
            raise RuntimeError(log.read_text()[-2000:])
        time.sleep(0.05)


def _orchestrator() -> psutil.Process:
    children = psutil.Process().children()
    (found,) = [child for child in children if "orchestrator" in child.cmdline()]
    return found


def _driver(agent: psutil.Process) -> psutil.Process:
    return next(child for child in agent.children() if "node" in child.name().lower())


def report(ways: list[Way], mib: int) -> None:
    """Print the table."""
    print(f"\n{mib} MiB, resident memory in MiB: before / at the peak / after")
    print("\n| way | time | orchestrator | agent | its driver |")
    print("|---|---|---|---|---|")
    for way in ways:
        cells = [
            f"{one.before:.0f} / {one.peak:.0f} / {one.after:.0f} (**+{one.growth:.1f}**)"
            for one in way.memory.values()
        ]
        took = f"{way.seconds:.2f} s, {mib / way.seconds:.0f} MiB/s" if way.seconds else "–"
        print(f"| {way.name} | {took} | {' | '.join(cells)} |")


def main() -> int:
    """Measure and report; the exit status says whether the orchestrator stayed small."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--mib", type=int, default=200)
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    arguments = parser.parse_args()
    ways = measure(arguments.mib)
    report(ways, arguments.mib)
    if arguments.json:
        rows = [
            {
                "way": way.name,
                "seconds": way.seconds,
                **{name: vars(one) | {"growth": one.growth} for name, one in way.memory.items()},
            }
            for way in ways
        ]
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")
    start = ways[0].memory["orchestrator"].before
    growth = max(way.memory["orchestrator"].peak for way in ways) - start
    print(
        f"\nThe orchestrator grew by {growth:.1f} MiB at most, from its start on; "
        f"it may by {MOST_GROWTH_MIB}."
    )
    return 0 if growth < MOST_GROWTH_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
