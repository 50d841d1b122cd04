"""What the orchestrator costs beside a relay that promises nothing.

Null agents answer at once, so all that is measured is the way there and back: HTTP, validation,
journal (committed before the send and before the answer), WebSocket. The bare relay runs in the
same minutes on the same machine, in turns; believe the ratios, not the absolute figures.

    python -m benchmarks.relay [--rounds N] [--seconds S] [--json FILE]
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


@contextlib.contextmanager
def targets(agents: int) -> Iterator[list[Target]]:
    """Run both servers, each with *agents* null agents."""
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        log = directory / "benchmark.log"
        port = free_port()
        bare = f"http://127.0.0.1:{port}"
        stack.enter_context(running(["benchmarks.bare_relay", str(port)], log=log))
        wait_for_port(port)
        null = "benchmarks.null_agents"
        stack.enter_context(running([null, "bare", bare, str(agents)], log=log, ready_lines=agents))
        url, token = stack.enter_context(orchestrator(directory))
        token_file = str(directory / "token")
        stack.enter_context(
            running([null, "xagent", url, str(agents), token_file], log=log, ready_lines=agents)
        )
        yield [Target("bare relay", bare, token, agents), Target("xagent", url, token, agents)]


def measure(rounds: int, seconds: float) -> dict[tuple[str, int, int], list[Load]]:
    """Return the bursts by (server, agents, connections), the servers in turns."""
    found: dict[tuple[str, int, int], list[Load]] = {}
    for agents in AGENTS:
        with targets(agents) as both:
            for target in both:
                burst(target.url, agents=agents, token=target.token, connections=16, seconds=1)
            for round_number in range(rounds):
                for connections in CONNECTIONS:
                    # Each goes first as often as the other.
                    for target in both if round_number % 2 else reversed(both):
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
            bare = found["bare relay", agents, connections]
            ours = found["xagent", agents, connections]
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


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--json", type=Path, help="write the table there, too")
    arguments = parser.parse_args()
    print(f"load: {'wrk' if has_wrk() else 'asyncio (wrk is not installed)'}", flush=True)
    rows = report(measure(arguments.rounds, arguments.seconds))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
