"""What the orchestrator costs beside a relay that promises nothing.

Null agents answer at once, so all that is measured is the way there and back: HTTP, validation,
journal (committed before the send and before the answer), WebSocket. The bare relay runs in the
same minutes on the same machine, in turns; believe the ratios, not the absolute figures.

With `--against`, the orchestrator of another checkout takes its turns in between: what a change
costs is told by the ratio of the two in the same minutes.

    python -m benchmarks.relay [--rounds N] [--seconds S] [--against DIR] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.load import Load, burst, has_wrk
from benchmarks.processes import free_port, orchestrator, running, wait_for_port

CONNECTIONS: Final = (1, 16, 64)
AGENTS: Final = (1, 100)


@dataclass(frozen=True)
class Target:
    """One server under load."""

    name: str
    url: str
    token: str
    agents: int


BARE: Final = "bare relay"
OURS: Final = "xagent"
OTHER: Final = "other xagent"


@contextlib.contextmanager
def targets(agents: int, against: Path | None = None) -> Iterator[list[Target]]:
    """Run all servers, each with *agents* null agents."""
    with contextlib.ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory())
        log = Path(name) / "benchmark.log"
        port = free_port()
        bare = f"http://127.0.0.1:{port}"
        stack.enter_context(running(["benchmarks.bare_relay", str(port)], log=log))
        wait_for_port(port)
        null = "benchmarks.null_agents"
        stack.enter_context(running([null, "bare", bare, str(agents)], log=log, ready_lines=agents))
        found = [Target(BARE, bare, "", agents)]
        checkouts = {OURS: None} if against is None else {OURS: None, OTHER: against.absolute()}
        for target, checkout in checkouts.items():
            directory = Path(name) / target.replace(" ", "-")
            directory.mkdir()
            url, token = stack.enter_context(orchestrator(directory, checkout=checkout))
            arguments = [null, "xagent", url, str(agents), str(directory / "token")]
            # With agents of its own: the wire may be another.
            stack.enter_context(running(arguments, log=log, ready_lines=agents, checkout=checkout))
            found.append(Target(target, url, token, agents))
        yield found


def measure(
    rounds: int, seconds: float, against: Path | None
) -> dict[tuple[str, int, int], list[Load]]:
    """Return the bursts by (server, agents, connections), the servers in turns."""
    found: dict[tuple[str, int, int], list[Load]] = {}
    for agents in AGENTS:
        with targets(agents, against) as servers:
            for target in servers:
                burst(target.url, agents=agents, token=target.token, connections=16, seconds=1)
            for round_number in range(rounds):
                for connections in CONNECTIONS:
                    # Each goes first as often as the other.
                    for target in servers if round_number % 2 else reversed(servers):
                        load = burst(
                            target.url,
                            agents=agents,
                            token=target.token,
                            connections=connections,
                            seconds=seconds,
                        )
                        found.setdefault((target.name, agents, connections), []).append(load)
                print(f"agents {agents}: round {round_number + 1} of {rounds}", flush=True)
    return found


def median(loads: list[Load], field: str) -> float:
    """Return the median of one figure over the bursts."""
    return float(statistics.median(getattr(load, field) for load in loads))


def report(found: dict[tuple[str, int, int], list[Load]]) -> list[dict[str, float]]:
    """Print the table and return it."""
    rows: list[dict[str, float]] = []
    print(
        "\n| agents | in flight | bare req/s | xagent req/s | ratio | bare p50 | xagent p50 "
        "| ratio | bare p99 | xagent p99 | failed |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for agents in AGENTS:
        for connections in CONNECTIONS:
            bare = found[BARE, agents, connections]
            ours = found[OURS, agents, connections]
            row = {
                "agents": agents,
                "connections": connections,
                "bare_per_second": median(bare, "per_second"),
                "xagent_per_second": median(ours, "per_second"),
                "bare_p50_ms": median(bare, "p50_ms"),
                "xagent_p50_ms": median(ours, "p50_ms"),
                "bare_p99_ms": median(bare, "p99_ms"),
                "xagent_p99_ms": median(ours, "p99_ms"),
                "failures": sum(load.failures for load in bare + ours),
            }
            throughput = row["xagent_per_second"] / row["bare_per_second"]
            latency = row["xagent_p50_ms"] / row["bare_p50_ms"]
            rows.append(row)
            print(
                f"| {agents} | {connections} | {row['bare_per_second']:.0f} "
                f"| {row['xagent_per_second']:.0f} | **{throughput:.2f}** "
                f"| {row['bare_p50_ms']:.2f} ms | {row['xagent_p50_ms']:.2f} ms "
                f"| **{latency:.2f}** | {row['bare_p99_ms']:.1f} ms "
                f"| {row['xagent_p99_ms']:.1f} ms | {row['failures']:.0f} |"
            )
    return rows


def report_other(found: dict[tuple[str, int, int], list[Load]]) -> None:
    """Print what changed since the other checkout; each ratio is the median over the rounds."""
    print("\n| agents | in flight | other req/s | xagent req/s | ratio | failed |")
    print("|---|---|---|---|---|---|")
    for agents in AGENTS:
        for connections in CONNECTIONS:
            other = found[OTHER, agents, connections]
            ours = found[OURS, agents, connections]
            pairs = zip(ours, other, strict=True)
            ratio = statistics.median(a.per_second / b.per_second for a, b in pairs)
            print(
                f"| {agents} | {connections} | {median(other, 'per_second'):.0f} "
                f"| {median(ours, 'per_second'):.0f} | **{ratio:.2f}** "
                f"| {sum(load.failures for load in ours + other)} |"
            )


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--against", type=Path, help="a checkout to measure beside this one")
    parser.add_argument("--json", type=Path, help="write the table there, too")
    arguments = parser.parse_args()
    print(f"load: {'wrk' if has_wrk() else 'asyncio (wrk is not installed)'}", flush=True)
    found = measure(arguments.rounds, arguments.seconds, arguments.against)
    rows = report(found)
    if arguments.against:
        report_other(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
