"""What the orchestrator costs beside relays that promise nothing.

Null agents answer at once, so all that is measured is the way there and back: HTTP, validation,
journal (committed before the send and before the answer), WebSocket. The others run in the same
minutes on the same machine, in turns; believe the ratios, not the absolute figures.

With `--against`, the orchestrator of another checkout takes its turns in between: what a change
costs is told by the ratio of the two in the same minutes.

    python -m benchmarks.relay [--rounds N] [--seconds S] [--against DIR] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psutil

from benchmarks.figures import (
    Json,
    Target,
    median,
    milliseconds,
    ratio,
    table,
    targets_table,
    times,
)
from benchmarks.load import Load, burst, has_wrk
from benchmarks.processes import free_port, orchestrator, running, wait_for_port

CONNECTIONS: Final = (1, 16, 64)
AGENTS: Final = (1, 100)
FIGURES: Final = ("per_second", "p50_ms", "p99_ms")

BARE: Final = "bare Starlette"
OURS: Final = "xagent"
OTHER: Final = "other xagent"
NAIVE: Final = "naive FastAPI"
FLOOR: Final = "httptools + picows"


@dataclass(frozen=True)
class Rival:
    """A relay of our own to compare with; *needs* are modules that it cannot do without."""

    name: str
    module: str
    what: str
    needs: tuple[str, ...] = ()

    @property
    def is_here(self) -> bool:
        """Whether it can run."""
        return all(find_spec(module) is not None for module in self.needs)


RIVALS: Final = (
    Rival(BARE, "benchmarks.bare_relay", "no journal, no checks; the baseline"),
    Rival(NAIVE, "benchmarks.naive_relay", "one socket, pydantic, no journal", ("fastapi",)),
    Rival(FLOOR, "benchmarks.floor_relay", "Python's floor: no framework at all", ("picows",)),
)
INSTALL: Final = "not here: `make bench` installs it, or `pip install -r requirements-bench.lock`"


@dataclass
class Server:
    """One server under load, and what its bursts showed by connections."""

    name: str
    url: str
    token: str
    process: psutil.Process
    loads: dict[int, list[Load]] = field(default_factory=dict)
    cpu_ms: dict[int, list[float]] = field(default_factory=dict)

    def put_under_load(self, agents: int, connections: int, seconds: float) -> None:
        """Run a burst and keep what it showed."""
        before = _cpu_seconds(self.process)
        load = burst(
            self.url, agents=agents, token=self.token, connections=connections, seconds=seconds
        )
        self.loads.setdefault(connections, []).append(load)
        spent = _cpu_seconds(self.process) - before
        self.cpu_ms.setdefault(connections, []).append(spent * 1000 / max(1, load.requests))


@contextlib.contextmanager
def servers(agents: int, against: Path | None = None) -> Iterator[list[Server]]:
    """Run all servers that are here, each with *agents* null agents."""
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = [
            stack.enter_context(_rival(each, agents, directory)) for each in RIVALS if each.is_here
        ]
        checkouts = {OURS: None} if against is None else {OURS: None, OTHER: against.absolute()}
        for name, checkout in checkouts.items():
            found.append(stack.enter_context(_xagent(name, checkout, agents, directory)))
        yield found


@contextlib.contextmanager
def _rival(rival: Rival, agents: int, directory: Path) -> Iterator[Server]:
    log = directory / "rivals.log"
    port, agents_port = free_port(), free_port()
    ports = [str(port), str(agents_port)] if rival.name == FLOOR else [str(port)]
    with running([rival.module, *ports], log=log) as process:
        for each in ports:
            wait_for_port(int(each))
        # With the process of a rival come none of the agents, which are the same for all.
        null = ["benchmarks.null_agents", "bare", f"http://127.0.0.1:{ports[-1]}", str(agents)]
        with running(null, log=log, ready_lines=agents):
            yield Server(rival.name, f"http://127.0.0.1:{port}", "", psutil.Process(process.pid))


@contextlib.contextmanager
def _xagent(name: str, checkout: Path | None, agents: int, directory: Path) -> Iterator[Server]:
    own = directory / name.replace(" ", "-")
    own.mkdir()
    with orchestrator(own, checkout=checkout) as (url, token):
        found = psutil.Process(int(json.loads((own / "orchestrator.json").read_text())["pid"]))
        null = ["benchmarks.null_agents", "xagent", url, str(agents), str(own / "token")]
        # With agents of its own: the wire of another checkout may be another.
        with running(null, log=own / "agents.log", ready_lines=agents, checkout=checkout):
            yield Server(name, url, token, found)


def _cpu_seconds(process: psutil.Process) -> float:
    spent = process.cpu_times()
    return float(spent.user + spent.system)


def measure(rounds: int, seconds: float, against: Path | None = None) -> Json:
    """Put all servers under load in turns; returns every figure of every round."""
    found: list[Json] = []
    for agents in AGENTS:
        with servers(agents, against) as here:
            for server in here:
                burst(server.url, agents=agents, token=server.token, connections=16, seconds=1)
            for number in range(rounds):
                for connections in CONNECTIONS:
                    # Each goes first as often as any other.
                    turn = number % len(here)
                    for server in (*here[turn:], *here[:turn]):
                        server.put_under_load(agents, connections, seconds)
                print(f"relay: {agents} agents, round {number + 1} of {rounds}", flush=True)
            found += [
                _figures(server, agents, connections)
                for connections in CONNECTIONS
                for server in here
            ]
    return {"load": "wrk" if has_wrk() else "asyncio", "seconds": seconds, "servers": found}


def _figures(server: Server, agents: int, connections: int) -> Json:
    loads = server.loads[connections]
    return {
        "server": server.name,
        "agents": agents,
        "connections": connections,
        "failures": sum(load.failures for load in loads),
        "cpu_ms": server.cpu_ms[connections],
        **{name: [getattr(load, name) for load in loads] for name in FIGURES},
    }


def tables(found: Json) -> str:
    """Return what was measured, as Markdown."""
    header = (
        *("agents", "in flight", "server", "commands/s", "× bare", "p50", "× bare", "p99"),
        *("CPU each", "failed"),
    )
    rows: list[tuple[object, ...]] = []
    for one in found["servers"]:
        bare = _of(found, BARE, one["agents"], one["connections"])
        rows.append(
            (
                *(one["agents"], one["connections"], one["server"]),
                f"{median(one['per_second']):.0f}",
                times(ratio(one["per_second"], bare["per_second"])),
                milliseconds(median(one["p50_ms"])),
                times(ratio(one["p50_ms"], bare["p50_ms"])),
                milliseconds(median(one["p99_ms"])),
                f"{median(one['cpu_ms']) * 1000:.0f} µs",
                one["failures"],
            )
        )
    measured = {one["server"] for one in found["servers"]}
    rows += [
        ("", "", rival.name, INSTALL, *[""] * 6) for rival in RIVALS if rival.name not in measured
    ]
    return table(header, rows)


def targets(found: Json) -> list[Target]:
    """Return what was to be shown, as far as it was measured."""
    ours, bare, naive = (_of(found, name, 100, 64) for name in (OURS, BARE, NAIVE))
    alone, bare_alone = _of(found, OURS, 100, 1), _of(found, BARE, 100, 1)
    shown = [
        Target(
            "durable commands/s, 64 in flight, beside the bare relay",
            ratio(ours["per_second"], bare["per_second"]),
            1.0,
            at_most=False,
        ),
        Target("its p99 beside the bare relay's", ratio(ours["p99_ms"], bare["p99_ms"]), 1.0),
        Target(
            "p50 of one command at a time, beside the bare relay",
            ratio(alone["p50_ms"], bare_alone["p50_ms"]),
            1.4,
        ),
    ]
    if naive:
        beside = ratio(ours["per_second"], naive["per_second"])
        what = "durable commands/s, 64 in flight, beside the naive FastAPI relay"
        shown.insert(1, Target(what, beside, 3.0, at_most=False))
    return shown


def changes(found: Json) -> str:
    """Return what became of the other checkout's figures."""
    rows = []
    for one in found["servers"]:
        if one["server"] == OTHER:
            ours = _of(found, OURS, one["agents"], one["connections"])
            rows.append(
                (
                    *(one["agents"], one["connections"]),
                    *(times(ratio(ours[name], one[name])) for name in (*FIGURES, "cpu_ms")),
                )
            )
    header = ("agents", "in flight", "commands/s", "p50", "p99", "CPU each")
    return table(header, rows)


def _of(found: Json, server: str, agents: int, connections: int) -> Json:
    """Return one server's figures, or nothing if it was not here."""
    wanted = {"server": server, "agents": agents, "connections": connections}
    return next((one for one in found["servers"] if wanted.items() <= one.items()), {})


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--against", type=Path, help="a checkout to measure beside this one")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    arguments = parser.parse_args()
    print(f"load: {'wrk' if has_wrk() else 'asyncio (wrk is not installed)'}", flush=True)
    found = measure(arguments.rounds, arguments.seconds, arguments.against)
    print("\n" + tables(found) + "\n\n" + targets_table(targets(found)))
    if arguments.against:
        print(f"\nBeside {arguments.against}:\n\n{changes(found)}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
