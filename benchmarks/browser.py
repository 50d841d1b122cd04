"""What a command costs beside the same call in Playwright's own process, and beside rivals.

One real agent under a real orchestrator, and one browser for each rival, all of the same Chromium
on the same local page, in two arrangements: in blocks, where each has the machine to itself for a
while; and, we and the direct call only, one by one in turns, where both meet the same caches and
the same load. The client posts on one kept connection.

A click, a navigation and a picture wait for frames of their browser, 16.7 ms apart. Called without
a pause, they begin where the frame before has just ended, so that whoever is a little later waits
for one frame more, or rides on one for nothing. So a pause goes before each of them, of all lengths
up to a frame in shuffled order, and what is added by us is the difference of the means.

    python -m benchmarks.browser [--rounds N] [--alone] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from playwright.async_api import async_playwright

from agent_runtime.browser.find import find_browser
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
from benchmarks.one_agent import Xagent, agent, site
from benchmarks.rivals import DIRECT, RIVALS, Calls, Rival, Site

CALLS: Final = {"evaluate": 60, "title": 60, "click": 40, "goto": 16, "screenshot": 16}
"""Actions, and how often each is called in a round."""
FRAME_SECONDS: Final = 1 / 60
IN_FRAMES: Final = frozenset({"click", "goto", "screenshot"})
"""Actions that wait for frames."""

OURS: Final = "xagent"
BOUNDS: Final = {"evaluate": 1.4, "title": 1.5, "goto": 1.05, "screenshot": 0.7}
"""What of a direct call's time an action is to take at most."""

IN_BLOCKS: Final = "in blocks"
IN_TURNS: Final = "one by one"


class Measured(msgspec.Struct):
    """One action of one contestant in one arrangement: of each round a figure, in milliseconds.

    *around* is what a posted call takes besides the call of Playwright itself; 0 for others.
    """

    action: str
    arrangement: str
    contestant: str
    p50: list[float] = []
    mean: list[float] = []
    around: list[float] = []


class Contestants:
    """All that are called, each by the name of the action."""

    def __init__(self, client: Xagent, rivals: Mapping[str, Calls], url: str) -> None:
        """Call *client* and *rivals*."""
        self._client = client
        self._rivals = rivals
        self.names = (OURS, *rivals)
        self._params: dict[str, dict[str, Any]] = {
            "evaluate": {"expression": "1+1"},
            "title": {},
            "click": {"target": "button"},
            "goto": {"url": url},
            "screenshot": {},
        }

    async def call(self, name: str, action: str) -> tuple[float, float]:
        """Return how long a call took, and how long it took besides Playwright's own, in ms."""
        started = time.perf_counter()
        if name == OURS:
            its_own = self._client.run(action, self._params[action])
            took = (time.perf_counter() - started) * 1000
            return took, took - its_own
        await self._rivals[name][action]()
        return (time.perf_counter() - started) * 1000, 0.0


async def measure_with(rounds: int, client: Xagent, url: str, rivals: Sequence[Rival]) -> Json:
    """Return what each round showed; one more, and shorter, goes before to warm all up."""
    async with async_playwright() as playwright, contextlib.AsyncExitStack() as stack:
        bundled = Path(playwright.chromium.executable_path)
        executable = (await find_browser(None, bundled)).path
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ground = Site(url, executable, playwright, directory)
        opened: dict[str, Calls] = {}
        absent: dict[str, str] = {}
        for rival in rivals:
            if lacking := rival.lacks():
                absent[rival.name] = f"not here; it lacks {lacking}"
                continue
            try:
                opened[rival.name] = await stack.enter_async_context(rival.open(ground))
            except (
                Exception
            ) as error:  # it is theirs, and the others are to be measured all the same
                absent[rival.name] = f"it did not start: {error}".partition("\n")[0]
        client.run("goto", {"url": url})
        contestants = Contestants(client, opened, url)
        found: dict[tuple[str, str, str], Measured] = {}
        await _round(contestants, {}, calls=lambda action: CALLS[action] // 4, number=0)
        for number in range(rounds):
            await _round(contestants, found, calls=CALLS.__getitem__, number=number)
            print(f"browser: round {number + 1} of {rounds}", flush=True)
    return {"measured": msgspec.to_builtins(list(found.values())), "absent": absent}


async def _round(
    contestants: Contestants, found: dict[Any, Measured], *, calls: Any, number: int
) -> None:
    names = contestants.names
    turn = number % len(names)
    in_blocks = (*names[turn:], *names[:turn])
    for action in CALLS:
        count = calls(action)
        await _run(
            contestants, found, action, IN_BLOCKS, [n for n in in_blocks for _ in range(count)]
        )
        await _run(contestants, found, action, IN_TURNS, one_by_one(count))


async def _run(
    contestants: Contestants,
    found: dict[Any, Measured],
    action: str,
    arrangement: str,
    order: Sequence[str],
) -> None:
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in order}
    pauses = {name: _pauses(order.count(name)) for name in taken}
    for name in order:
        if action in IN_FRAMES:
            await asyncio.sleep(pauses[name].pop())
        taken[name].append(await contestants.call(name, action))
    for name, calls in taken.items():
        key = (action, arrangement, name)
        measured = found.setdefault(key, Measured(*key))
        measured.p50.append(median(took for took, _ in calls))
        measured.mean.append(statistics.mean(took for took, _ in calls))
        measured.around.append(median(around for _, around in calls))


def one_by_one(calls: int) -> list[str]:
    """Return who is called: A B B A, so that each follows itself as often as the other."""
    pair = (DIRECT, OURS)
    return [name for call in range(calls) for name in (pair if call % 2 else reversed(pair))]


def _pauses(calls: int) -> list[float]:
    """Return a pause for each call, evenly spread over a frame, so that chance adds nothing."""
    pauses = [number * FRAME_SECONDS / calls for number in range(calls)]
    random.shuffle(pauses)
    return pauses


def measure(rounds: int, *, alone: bool = False) -> Json:
    """Measure beside every rival that is here, or *alone* beside the direct call."""
    rivals = [rival for rival in RIVALS if not alone or rival.name == DIRECT]
    with site() as url, agent() as client:
        return asyncio.run(measure_with(rounds, client, url, rivals))


def tables(found: Json) -> str:
    """Return what was measured, as Markdown."""
    names = list(dict.fromkeys(one["contestant"] for one in found["measured"]))
    header = ("action", *(f"{name}" for name in sorted(names, key=_place)))
    rows = []
    for action in CALLS:
        direct = _of(found, action, IN_BLOCKS, DIRECT)
        cells = [action]
        for name in sorted(names, key=_place):
            one = _of(found, action, IN_BLOCKS, name)
            beside = times(ratio(one["p50"], direct["p50"]))
            shown = milliseconds(median(one["p50"]))
            cells.append(shown if name == DIRECT else f"**{beside}** {shown}")
        rows.append(tuple(cells))
    beside = table(("action", "in blocks", "added", "one by one", "added", "around"), _added(found))
    absent = "".join(f"\n- {name}: {why}" for name, why in found["absent"].items())
    return (
        "Each in a block of its own, beside the direct call:\n\n"
        + table(header, rows)
        + (f"\n\nNot measured:\n{absent}" if absent else "")
        + "\n\nWhat we add to the direct call:\n\n"
        + beside
    )


def _added(found: Json) -> list[tuple[str, ...]]:
    rows = []
    for action in CALLS:
        cells = [action]
        for arrangement in (IN_BLOCKS, IN_TURNS):
            ours, direct = (_of(found, action, arrangement, name) for name in (OURS, DIRECT))
            pairs = zip(ours["mean"], direct["mean"], strict=True)
            added = median(one - other for one, other in pairs)
            cells += [times(ratio(ours["p50"], direct["p50"])), f"{added:+.2f} ms"]
        around = median(_of(found, action, IN_BLOCKS, OURS)["around"])
        rows.append((*cells, milliseconds(around)))
    return rows


def targets(found: Json) -> list[Target]:
    """Return what was to be shown."""
    shown = []
    for action, bound in BOUNDS.items():
        ours, direct = (_of(found, action, IN_BLOCKS, name) for name in (OURS, DIRECT))
        beside = ratio(ours["p50"], direct["p50"])
        shown.append(Target(f"`{action}` through POST beside direct Playwright", beside, bound))
    rivals = {one["contestant"] for one in found["measured"]} - {OURS, DIRECT}
    for name in sorted(rivals, key=_place):
        worst = max(
            ratio(
                _of(found, action, IN_BLOCKS, OURS)["p50"],
                _of(found, action, IN_BLOCKS, name)["p50"],
            )
            for action in CALLS
        )
        shown.append(Target(f"the slowest action beside {name}", worst, 1.0))
    return shown


def _place(name: str) -> int:
    return [DIRECT, OURS, *(rival.name for rival in RIVALS[1:])].index(name)


def _of(found: Json, action: str, arrangement: str, contestant: str) -> Json:
    wanted = {"action": action, "arrangement": arrangement, "contestant": contestant}
    return next(one for one in found["measured"] if wanted.items() <= one.items())


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--alone", action="store_true", help="beside the direct call only")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    arguments = parser.parse_args()
    found = measure(arguments.rounds, alone=arguments.alone)
    print("\n" + tables(found) + "\n\n" + targets_table(targets(found)))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
