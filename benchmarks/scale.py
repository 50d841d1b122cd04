"""What ten thousand idle agents cost one orchestrator, and whether it still answers.

The agents enrolled long ago (their rows are written before the orchestrator starts) and dial all at
once, as after its restart. Then they do nothing but beat. Measured: how long until all are
welcomed, the resident memory by agent, the processor time of the beats, and how long a page of the
list of agents takes meanwhile. A few hundred more dial with the announcement of a real agent,
which is a hundred times as long as the others', and then come back and name it.

    python -m benchmarks.scale [--agents N] [--seconds S] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import httpx2
import psutil

from benchmarks.figures import Json, Target, median, percentile, table, targets_table
from benchmarks.idle_agents import agent_id, credential
from benchmarks.processes import orchestrator, running
from orchestrator.store.database import FILE_NAME
from orchestrator.store.schema import upgrade

AGENTS: Final = 10_000
WHOLE: Final = 300
SECONDS: Final = 20.0
SPARE_FILES: Final = 500
"""Descriptors that a process needs beside its sockets."""
SETTLE_SECONDS: Final = 3.0
LIST_PAUSE_SECONDS: Final = 0.02
BEAT_SECONDS: Final = 10.0
"""As the orchestrator asks for them by itself."""

KIB: Final = 1024


def raise_open_files() -> int:
    """Let this process and its children open as many files as they may; returns how many."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def enrol(directory: Path, count: int) -> None:
    """Write the rows of agents that enrolled long ago."""
    path = directory / FILE_NAME
    upgrade(path)
    names = [agent_id(number) for number in range(count)]
    rows = [
        (name, f"install-{name}", hashlib.sha256(credential(name).encode()).hexdigest())
        for name in names
    ]
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO agents (agent_id, install_id, credential_sha256, epoch, created_at, "
            "labels, actions) VALUES (?, ?, ?, 0, 0, '{}', '[]')",
            rows,
        )


@contextlib.contextmanager
def enrolled(count: int) -> Iterator[tuple[str, str, psutil.Process, Path]]:
    """Run an orchestrator that knows so many agents; gives URL, token, process and directory."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        enrol(directory, count)
        with orchestrator(directory) as (url, token):
            pid = int(json.loads((directory / "orchestrator.json").read_text())["pid"])
            yield url, token, psutil.Process(pid), directory


@contextlib.contextmanager
def idle(url: str, count: int, directory: Path, *flags: str) -> Iterator[float]:
    """Let them dial; gives the seconds until all were welcomed."""
    log = directory / "agents.log"
    arguments = ["benchmarks.idle_agents", url, str(count), *flags]
    with running(arguments, log=log, tells=True) as process:
        assert process.stdout is not None
        told = process.stdout.readline()
        if not told:
            raise RuntimeError(f"the agents did not come in: {log.read_text()[-2000:]}")
        yield float(json.loads(told)["seconds"])


def measure(agents: int = AGENTS, seconds: float = SECONDS) -> Json:
    """Connect them all, and watch the orchestrator."""
    may = raise_open_files() - SPARE_FILES
    if may < agents:
        print(f"scale: this machine lets a process open {may} sockets; {agents} were asked for")
        agents = may
    with enrolled(0) as (_, _, process, _):
        empty = _settled(process)
    with enrolled(agents) as (url, token, process, directory):
        known = _settled(process)
        before = process.cpu_times()
        print(f"scale: {agents} agents dial …", flush=True)
        with idle(url, agents, directory) as accepted_seconds:
            accepted_cpu = _spent(process, before)
            print(f"scale: all in after {accepted_seconds:.1f} s; they beat …", flush=True)
            connected = _settled(process)
            beats = _cpu_share(process, seconds)
            lists = list(_lists(url, token, seconds / 2))
            after = process.memory_info().rss
    print(f"scale: {WHOLE} agents with all their actions …", flush=True)
    with enrolled(WHOLE) as (url, _, process, directory):
        before = process.cpu_times()
        with idle(url, WHOLE, directory, "--whole") as whole_seconds:
            whole_cpu = _spent(process, before)
        time.sleep(SETTLE_SECONDS)
        before = process.cpu_times()
        with idle(url, WHOLE, directory, "--named") as back_seconds:
            back_cpu = _spent(process, before)
    return {
        "agents": agents,
        "accepted_seconds": accepted_seconds,
        "accepted_cpu_seconds": accepted_cpu,
        "empty_bytes": empty,
        "known_bytes": known,
        "connected_bytes": max(connected, after),
        "beats_cpu_percent": beats,
        "beat_seconds": BEAT_SECONDS,
        "list_ms": lists,
        "whole_agents": WHOLE,
        "whole_seconds": whole_seconds,
        "whole_cpu_seconds": whole_cpu,
        "back_seconds": back_seconds,
        "back_cpu_seconds": back_cpu,
    }


def _settled(process: psutil.Process) -> int:
    time.sleep(SETTLE_SECONDS)
    return int(process.memory_info().rss)


def _cpu_share(process: psutil.Process, seconds: float) -> float:
    """Return how much of a core it takes, in percent."""
    before, started = process.cpu_times(), time.perf_counter()
    time.sleep(seconds)
    return 100 * _spent(process, before) / (time.perf_counter() - started)


def _spent(process: psutil.Process, before: Any) -> float:
    """Return the seconds of processor time since *before*."""
    after = process.cpu_times()
    return float(after.user + after.system - before.user - before.system)


def _lists(url: str, token: str, seconds: float) -> Iterator[float]:
    """Ask for the first page of agents now and then; yields the milliseconds."""
    headers = {"Authorization": f"Bearer {token}"}
    until = time.monotonic() + seconds
    with httpx2.Client(base_url=url, headers=headers, timeout=30) as client:
        while time.monotonic() < until:
            started = time.perf_counter()
            client.get("/api/agents", params={"limit": 100}).raise_for_status()
            yield (time.perf_counter() - started) * 1000
            time.sleep(LIST_PAUSE_SECONDS)


def per_agent_kib(found: Json) -> tuple[float, float]:
    """Return what an agent takes in memory: to be known, and to be connected."""
    agents = found["agents"]
    known = (found["known_bytes"] - found["empty_bytes"]) / agents / KIB
    connected = (found["connected_bytes"] - found["known_bytes"]) / agents / KIB
    return known, connected


def tables(found: Json) -> str:
    """Return what was measured, as Markdown."""
    known, connected = per_agent_kib(found)
    lists, share = found["list_ms"], found["beats_cpu_percent"]
    beats_a_second = found["agents"] / found["beat_seconds"]
    whole_ms = 1000 * found["whole_cpu_seconds"] / found["whole_agents"]
    back_ms = 1000 * found["back_cpu_seconds"] / found["whole_agents"]
    rows = [
        ("memory of an agent that is connected", f"{connected:.1f} KiB"),
        ("and of its place in the registry", f"{known:.1f} KiB"),
        ("until all are welcomed", f"{found['accepted_seconds']:.1f} s"),
        ("all beats", f"{share:.1f} % of a core, {share * 10_000 / beats_a_second:.0f} µs each"),
        (
            "`GET /api/agents?limit=100` meanwhile",
            f"p50 {median(lists):.1f} ms, p99 {percentile(lists, 99):.1f} ms",
        ),
        (
            "to welcome one that announces all a real agent can do",
            f"{whole_ms:.1f} ms of the processor",
        ),
        ("and one that comes back and names it", f"{back_ms:.2f} ms of the processor"),
    ]
    return table((f"{found['agents']} idle agents", "measured"), rows)


def targets(found: Json) -> list[Target]:
    """Return what was to be shown."""
    page = percentile(found["list_ms"], 99)
    seconds = found["accepted_seconds"]
    return [
        Target(
            "memory of an idle agent, its registry entry included",
            sum(per_agent_kib(found)),
            30,
            unit="KiB",
        ),
        Target("all of them accepted", seconds, 8, unit="s"),
        Target("all beats, of a core", found["beats_cpu_percent"], 8, unit="%"),
        Target("p99 of `GET /api/agents?limit=100` meanwhile", page, 20, unit="ms"),
    ]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--agents", type=int, default=AGENTS)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long they beat")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    arguments = parser.parse_args()
    found = measure(arguments.agents, arguments.seconds)
    print("\n" + tables(found) + "\n\n" + targets_table(targets(found)))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
