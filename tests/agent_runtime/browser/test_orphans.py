"""What becomes of a real Chromium when its agent is killed, and of the next agent."""

from __future__ import annotations

import asyncio
import os
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from agent_runtime.browser import Browser, BrowserSettings
from agent_runtime.browser.launch import Patience
from agent_runtime.browser.processes import lives
from tests.agent_runtime.actions.asking import eventually, running_browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="SIGKILL and SIGSTOP"),
]

AGENT = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    from agent_runtime.browser import Browser, BrowserSettings
    from agent_runtime.browser.launch import Patience

    async def main():
        patience = Patience(orphan=float(sys.argv[2]))
        settings = BrowserSettings(Path(sys.argv[1]), patience=patience)
        async with Browser(settings, on_change=lambda: None):
            print("running", flush=True)
            await asyncio.sleep(600)

    asyncio.run(main())
""")


async def test_a_killed_agent_takes_its_browser_with_it_and_the_next_has_the_profile_at_once(
    tmp_path: Path,
) -> None:
    async with agent(tmp_path, orphan_seconds=60) as killed:
        family = browser_of(killed)
        killed.kill()

        async with running_browser(tmp_path) as browser:
            assert [tab.id for tab in browser.tabs] == ["p2"]

    assert len(family) > 2, "a driver, a Chromium and its children"
    await eventually(lambda: not any(lives(one) for one in family))


async def test_killed_with_all_that_it_started_it_comes_back_at_once(tmp_path: Path) -> None:
    """F16: the lock that the killed Chromium left is proven stale."""
    async with agent(tmp_path, orphan_seconds=60) as killed:
        for one in (killed, *descendants(killed)):
            one.kill()
        assert (tmp_path / "profile" / "SingletonLock").is_symlink()

        async with running_browser(tmp_path) as browser:
            assert [tab.id for tab in browser.tabs] == ["p2"]


async def test_what_hangs_does_not_outlive_a_killed_agent_for_long(tmp_path: Path) -> None:
    """Neither sees its pipe close, and nobody starts the agent again."""
    async with agent(tmp_path, orphan_seconds=0.1) as killed:
        family = descendants(killed)
        for one in browser_of(killed):
            one.suspend()

        killed.kill()

        await eventually(lambda: not any(lives(one) for one in family))


async def test_what_hangs_is_ended_by_the_next_life_of_its_agent(tmp_path: Path) -> None:
    async with agent(tmp_path, orphan_seconds=60) as killed:
        family = browser_of(killed)
        for one in family:
            one.suspend()
        killed.kill()

        settings = BrowserSettings(tmp_path, patience=Patience(orphan=0.1))
        async with Browser(settings, on_change=lambda: None) as browser:
            assert [tab.id for tab in browser.tabs] == ["p2"]
            assert not any(lives(one) for one in family)


@asynccontextmanager
async def agent(directory: Path, *, orphan_seconds: float) -> AsyncIterator[psutil.Process]:
    """Run a browser in a process of its own; whatever is left of it at the end is killed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", AGENT, str(directory), f"{orphan_seconds}"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"running\n"
    running = psutil.Process(process.pid)
    family = [running, *descendants(running)]
    try:
        yield running
    finally:
        for one in family:
            if lives(one):
                one.kill()
        await process.communicate()


def descendants(process: psutil.Process) -> list[psutil.Process]:
    """Return all that *process* started."""
    return process.children(recursive=True)


def browser_of(agent: psutil.Process) -> list[psutil.Process]:
    """Return the driver and what it started, without the guard, which waits for its time."""
    (driver,) = (one for one in agent.children() if one.cmdline()[-1] == "run-driver")
    return [driver, *descendants(driver)]
