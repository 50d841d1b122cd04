"""What a page that never answers costs the other pages of its browser.

One real agent under a real orchestrator: the time of `title` on one page, while the browser is idle
and while a script on another page never ends; and when the command that hangs is over, against its
timeout.

    python -m benchmarks.wedged [--calls N] [--timeout SECONDS]
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time

from benchmarks.one_agent import Xagent, agent, site


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--timeout", type=float, default=5.0)
    arguments = parser.parse_args()
    with site() as url, agent() as client:
        client.run("goto", {"url": url})
        other = str(client.ask("new_page", {"url": url})["result"]["id"])
        _time_titles(client, other, arguments.calls)
        idle = _time_titles(client, other, arguments.calls)
        hanging = _Hanging(client, arguments.timeout)
        beside = _time_titles(client, other, arguments.calls)
        was_hanging = hanging.is_alive()
        hanging.join()
        usable = client.ask("title", {})
    print("\n| `title` of the other page | p50 | p99 |")
    print("|---|---|---|")
    for name, times in (("idle", idle), ("beside an endless script", beside)):
        print(f"| {name} | {statistics.median(times):.2f} ms | {_p99(times):.2f} ms |")
    print(f"\nratio of the p50: {statistics.median(beside) / statistics.median(idle):.2f}")
    if not was_hanging:
        print("the script was over before all calls were made: give a longer --timeout")
    print(
        f"the script: {hanging.state} after {hanging.seconds:.2f} s of {arguments.timeout:g} s; "
        f"its page then: {usable['state']}"
    )


class _Hanging(threading.Thread):
    """A script without end on the main page, asked for by a client of its own."""

    def __init__(self, client: Xagent, timeout: float) -> None:
        super().__init__()
        self._client = client.another()
        self._timeout = timeout
        self.state = ""
        self.seconds = 0.0
        self.start()
        while not client.in_flight():
            time.sleep(0.01)

    def run(self) -> None:
        started = time.perf_counter()
        answer = self._client.ask("evaluate", {"expression": "for (;;);"}, timeout=self._timeout)
        self.seconds = time.perf_counter() - started
        self.state = str(answer["state"])


def _time_titles(client: Xagent, page: str, calls: int) -> list[float]:
    times = []
    for _ in range(calls):
        started = time.perf_counter()
        client.ask("title", {}, page=page)
        times.append((time.perf_counter() - started) * 1000)
    return times


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


if __name__ == "__main__":
    main()
