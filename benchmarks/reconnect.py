"""How soon a whole fleet is back after its orchestrator was killed, and what that costs.

Whole agents with browsers of paper are connected, the orchestrator is killed by SIGKILL and
started again on the same data. Meanwhile a client asks for the list of agents without a pause,
as a dashboard would. Agents on the orchestrator's own machine wait at most 5 s between two
dials, others 30 s.

    python -m benchmarks.reconnect [--agents N] [--down SECONDS] [--json FILE]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx2
import psutil

from benchmarks.processes import free_port, orchestrator, running

PAGE: Final = 200
GIVE_UP_SECONDS: Final = 300.0
BAR: Final = 50


@dataclass
class Watch:
    """What a client saw that listed the agents again and again."""

    client: httpx2.Client
    milliseconds: list[float] = field(default_factory=list)
    refused: int = 0

    def connected(self) -> list[dict[str, Any]] | None:
        """Return the agents that are connected, or null if nobody answered."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            asked = {"limit": PAGE} | ({"cursor": cursor} if cursor else {})
            started = time.perf_counter()
            try:
                answer = self.client.get("/api/agents", params=asked)
                answer.raise_for_status()
            except httpx2.HTTPError:
                self.refused += 1
                return None
            self.milliseconds.append((time.perf_counter() - started) * 1000)
            page = answer.json()
            found += [one for one in page["items"] if one["contact"]["connected"]["value"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    def until_connected(self, agents: int) -> list[dict[str, Any]]:
        """Ask until all *agents* are connected."""
        give_up_at = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < give_up_at:
            found = self.connected()
            if found is not None and len(found) >= agents:
                return found
        raise RuntimeError(f"the agents were not all connected after {GIVE_UP_SECONDS:g} s")


@contextlib.contextmanager
def watching(url: str, token: str) -> Iterator[Watch]:
    """Open a client of the orchestrator at *url*."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx2.Client(base_url=url, headers=headers, timeout=10) as client:
        yield Watch(client)


def measure(agents: int, down_seconds: float) -> dict[str, Any]:
    """Kill an orchestrator of *agents*, start it again after a while, and watch them come."""
    with contextlib.ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = free_port()
        with orchestrator(directory, port=port) as (url, token):
            fleet = ["benchmarks.paper_agents", url, str(agents), str(directory)]
            stack.enter_context(running(fleet, log=directory / "agents.log"))
            print(f"{agents} agents enrol and connect …", flush=True)
            with watching(url, token) as watch:
                watch.until_connected(agents)
            orchestrator_process().kill()
        (directory / "orchestrator.json").unlink()
        time.sleep(down_seconds)
        stack.enter_context(orchestrator(directory, port=port))
        served_at = time.time()
        with watching(url, token) as watch:
            found = watch.until_connected(agents)
        all_live_seconds = time.time() - served_at
        spent = orchestrator_process().cpu_times()
    came = sorted(
        datetime.fromisoformat(one["session"]["started_at"]).timestamp() - served_at
        for one in found
    )
    return {
        "agents": agents,
        "down_seconds": down_seconds,
        "all_live_seconds": all_live_seconds,
        "came_after_seconds": came,
        "orchestrator_cpu_seconds": spent.user + spent.system,
        "lists": len(watch.milliseconds),
        "lists_refused": watch.refused,
        "list_p50_ms": statistics.median(watch.milliseconds),
        "list_p99_ms": statistics.quantiles(watch.milliseconds, n=100)[98],
    }


def orchestrator_process() -> psutil.Process:
    """Return the orchestrator that this process has started."""
    children = psutil.Process().children()
    (found,) = [child for child in children if "orchestrator" in child.cmdline()]
    return found


def report(found: dict[str, Any]) -> None:
    """Print how many came in each half second, and the figures."""
    halves = Counter(int(max(0.0, seconds) * 2) for seconds in found["came_after_seconds"])
    most = max(halves.values())
    print("\nseconds after the orchestrator was there again, and how many agents came")
    for half in range(max(halves) + 1):
        count = halves.get(half, 0)
        print(f"{half / 2:5.1f}  {count:4d}  {'█' * round(BAR * count / most)}")
    print(
        f"\n{found['agents']} agents, orchestrator away for {found['down_seconds']:g} s: "
        f"all live {found['all_live_seconds']:.1f} s after it was there again; "
        f"it spent {found['orchestrator_cpu_seconds']:.1f} s of processor time by then.\n"
        f"GET /api/agents meanwhile: {found['lists']} answered, {found['lists_refused']} refused, "
        f"p50 {found['list_p50_ms']:.0f} ms, p99 {found['list_p99_ms']:.0f} ms "
        f"(pages of {PAGE})."
    )


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--down", type=float, default=5.0, help="seconds without an orchestrator")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    arguments = parser.parse_args()
    found = measure(arguments.agents, arguments.down)
    report(found)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
