"""Whether one agent stays as small as it was: memory and processes over many commands and restarts.

One real agent under a real orchestrator. Commands of many kinds, pages that come and go, and now
and then a restart of the browser; after each round the memory (PSS: what is shared counts in part)
and the number of the agent's processes.

    python -m benchmarks.soak [--commands N] [--restarts N] [--rounds N]
"""

from __future__ import annotations

import argparse
import gc
import itertools
import time
from collections.abc import Iterator
from typing import Any

import psutil

from benchmarks.one_agent import Xagent, agent, site

MIB = 1024 * 1024


def mixed(client: Xagent, url: str) -> Iterator[int]:
    """Ask for one thing after another, for ever; gives how many commands each thing was."""
    outline = {"max_chars": 2000}
    for number in itertools.count():
        match number % 10:
            case 0:
                client.run("goto", {"url": f"{url}?{number}"})
            case 1:
                client.run("screenshot", {})
            case 2:
                client.run("snapshot", outline)
            case 3:
                client.run("click", {"target": "button"})
            case 4:
                client.run("batch", {"steps": [{"action": "title"}, {"action": "content"}]})
            case 5:
                page = client.ask("new_page", {"url": url, "isolated": number % 20 == 5})
                client.ask("close_page", {}, page=page["result"]["id"])
                yield 1
            case 6:
                # What fails must leave as little behind as what does not.
                client.ask("click", {"target": "#nowhere"}, timeout=0.2)
            case 7:
                client.ask("evaluate", {"expression": "'x'.repeat(300000)"})
            case _:
                client.run("evaluate", {"expression": f"{number} + 1"})
        yield 1


def main() -> None:
    """Soak and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--commands", type=int, default=2000)
    parser.add_argument("--restarts", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=10)
    arguments = parser.parse_args()
    with site() as url, agent() as client:
        asking = mixed(client, url)
        print("\n| commands | restarts | processes | Python | driver | Chromium |")
        print("|---|---|---|---|---|---|")
        done = restarts = 0
        for number in range(arguments.rounds + 1):
            while done < number * arguments.commands // arguments.rounds:
                done += next(asking)
            while restarts < number * arguments.restarts // arguments.rounds:
                client.run("restart_browser", {})
                restarts += 1
            client.run("goto", {"url": url})
            _report(done, restarts)


def _report(done: int, restarts: int) -> None:
    gc.collect()
    time.sleep(1.0)  # a browser that was just started is still growing
    family = _agent_process().children(recursive=True)
    python, driver, chromium = _pss([_agent_process()]), 0.0, 0.0
    for process in family:
        if "run-driver" in process.cmdline():
            driver += _pss([process])
        elif "chrom" in process.name():
            chromium += _pss([process])
    print(
        f"| {done} | {restarts} | {len(family) + 1} | {python:.0f} MiB | {driver:.0f} MiB "
        f"| {chromium:.0f} MiB |",
        flush=True,
    )


def _agent_process() -> psutil.Process:
    for process in psutil.Process().children():
        if "agent_runtime" in process.cmdline():
            return process
    raise RuntimeError("the agent is gone")


def _pss(processes: list[psutil.Process]) -> float:
    total = 0
    for process in processes:
        try:
            info: Any = process.memory_full_info()
        except psutil.Error:
            continue
        total += info.pss
    return total / MIB


if __name__ == "__main__":
    main()
