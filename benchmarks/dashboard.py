"""How soon the first view of the dashboard can be used, and how much is loaded for it.

A real orchestrator with agents that only play, and a fresh browser profile for each look, so that
nothing comes from a cache. Usable is the moment at which the page itself notes that the first
agents are on it.

    python -m benchmarks.dashboard [--agents N] [--rounds N]
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from pathlib import Path
from typing import Any, Final

from playwright.async_api import Browser, async_playwright

from agent_runtime.browser.find import find_browser
from benchmarks.processes import orchestrator, running

USABLE_MS: Final = 1000
LOADED_BYTES: Final = 150_000

MEASURE: Final = """() => {
    const files = performance.getEntriesByType('resource').filter(
        each => each.name.includes('/dashboard/'));
    const [page] = performance.getEntriesByType('navigation');
    return {
        bytes: files.reduce((sum, each) => sum + each.transferSize, page.transferSize),
        usable: performance.getEntriesByName('x-usable')[0].startTime,
    };
}"""


async def look(browser: Browser, url: str, token: str) -> dict[str, Any]:
    """Sign in with a fresh profile, open the fleet, and return what that took."""
    async with await browser.new_context(base_url=url) as context:
        await context.request.post("/sign-in", form={"token": token}, headers={"Origin": url})
        page = await context.new_page()
        await page.goto("/")
        await page.get_by_role("listitem").first.wait_for()
        measured: dict[str, Any] = await page.evaluate(MEASURE)
        return measured


async def measure(url: str, token: str, rounds: int) -> list[dict[str, Any]]:
    """Look so many times, after one look that is not counted."""
    async with async_playwright() as playwright:
        found = await find_browser(None, Path(playwright.chromium.executable_path))
        async with await playwright.chromium.launch(executable_path=found.path) as browser:
            await look(browser, url, token)
            return [await look(browser, url, token) for _ in range(rounds)]


def main() -> int:
    """Measure and report; the exit status says whether it is within the budget."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, orchestrator(Path(name)) as (url, token):
        null = ["benchmarks.null_agents", "xagent", url, str(arguments.agents)]
        log = Path(name) / "agents.log"
        file = str(Path(name) / "token")
        with running([*null, file], log=log, ready_lines=arguments.agents):
            looks = asyncio.run(measure(url, token, arguments.rounds))
    usable = statistics.median(each["usable"] for each in looks)
    loaded = max(each["bytes"] for each in looks)
    print(
        f"{arguments.agents} agents: usable after {usable:.0f} ms (median of {len(looks)}; "
        f"{USABLE_MS} allowed), {loaded / 1000:.0f} kB loaded ({LOADED_BYTES // 1000} allowed)"
    )
    return 0 if usable < USABLE_MS and loaded < LOADED_BYTES else 1


if __name__ == "__main__":
    raise SystemExit(main())
