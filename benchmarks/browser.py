"""What a command costs beside the same call in Playwright's own process.

One real agent under a real orchestrator, and one browser driven directly, both of the same
Chromium on the same local page, in two arrangements: one by one in turns, where both meet the
same caches and the same load; and in blocks, where each has the machine to itself for a while.
Two browsers and four Pythons do not fit into the caches of a small machine together, so the
first is slower for both. The client posts on one kept connection.

A click, a navigation and a picture wait for frames of their browser, 16.7 ms apart. Called without
a pause, they begin where the frame before has just ended, so that whoever is a little later waits
for one frame more, or rides on one for nothing. So a pause goes before each of them, of all lengths
up to a frame in shuffled order, and what is added by us is the difference of the means.

    python -m benchmarks.browser [--rounds N] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from playwright.async_api import Page, async_playwright

from agent_runtime.browser.find import find_browser
from benchmarks.one_agent import Xagent, agent, site

CALLS: Final = {"evaluate": 60, "title": 60, "click": 40, "goto": 16, "screenshot": 16}
"""Actions, and how often each is called in a round."""
FRAME_SECONDS: Final = 1 / 60
IN_FRAMES: Final = frozenset({"click", "goto", "screenshot"})
"""Actions that wait for frames."""


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


class Round(msgspec.Struct, frozen=True):
    """One action in one arrangement and one round, in milliseconds.

    *direct* and *posted* are medians, *added* is the difference of the means, and *around* the
    median of what a posted call takes besides the call of Playwright itself.
    """

    direct: float
    posted: float
    added: float
    around: float


Rounds = dict[tuple[str, str], list[Round]]


async def measure(rounds: int, client: Xagent, url: str) -> Rounds:
    """Return every round but the first, which warms both up."""
    params: dict[str, dict[str, Any]] = {
        "evaluate": {"expression": "1+1"},
        "title": {},
        "click": {"target": "button"},
        "goto": {"url": url},
        "screenshot": {},
    }
    found: Rounds = {(action, name): [] for action in CALLS for name in ARRANGEMENTS}
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
                for (action, name), rounds_of_it in found.items():
                    theirs, ours, around = [], [], []
                    pauses = {True: _pauses(action), False: _pauses(action)}
                    for is_direct in ARRANGEMENTS[name](CALLS[action]):
                        if action in IN_FRAMES:
                            await asyncio.sleep(pauses[is_direct].pop())
                        started = time.perf_counter()
                        if is_direct:
                            await direct[action]()
                            theirs.append((time.perf_counter() - started) * 1000)
                        else:
                            took_ms = client.run(action, params[action])
                            ours.append((time.perf_counter() - started) * 1000)
                            around.append(ours[-1] - took_ms)
                    if number:
                        rounds_of_it.append(_round(theirs, ours, around))
            await context.close()
    return found


def _pauses(action: str) -> list[float]:
    """Return a pause for each call, evenly spread over a frame, so that chance adds nothing."""
    pauses = [number * FRAME_SECONDS / CALLS[action] for number in range(CALLS[action])]
    random.shuffle(pauses)
    return pauses


def _round(theirs: list[float], ours: list[float], around: list[float]) -> Round:
    median, mean = statistics.median, statistics.mean
    return Round(median(theirs), median(ours), mean(ours) - mean(theirs), median(around))


def report(found: Rounds) -> list[dict[str, float | str]]:
    """Print the table and return it: of each figure the median of the rounds."""
    rows: list[dict[str, float | str]] = []
    print(
        "\n| action | arrangement | direct Playwright | POST to xagent | ratio | added | around |"
    )
    print("|---|---|---|---|---|---|---|")
    for (action, name), rounds in found.items():
        direct = statistics.median(one.direct for one in rounds)
        posted = statistics.median(one.posted for one in rounds)
        ratio = statistics.median(one.posted / one.direct for one in rounds)
        added = statistics.median(one.added for one in rounds)
        around = statistics.median(one.around for one in rounds)
        print(
            f"| {action} | {name} | {direct:.2f} ms | {posted:.2f} ms | **{ratio:.2f}** "
            f"| {added:+.2f} ms | {around:.2f} ms |"
        )
        rows.append(
            {
                "action": action,
                "arrangement": name,
                "direct_ms": direct,
                "xagent_ms": posted,
                "ratio": ratio,
                "added_ms": added,
                "around_ms": around,
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
