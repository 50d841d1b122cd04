"""Which processes an agent may call its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from agent_runtime.browser.mark import Mark, driver_of
from agent_runtime.browser.orphans import end_orphans

MINE = Mark(Path("/agents/shop-1/profile"), "install-1", "life-2")
PROFILE = f"--user-data-dir={MINE.profile}"


async def test_only_what_carries_profile_install_and_life_is_of_this_life() -> None:
    async with (
        process(PROFILE, MINE.switch) as mine,
        process(PROFILE, "--xagent-agent=install-1/life-1") as earlier,
        process(PROFILE, "--xagent-agent=install-10/life-2"),
        process(PROFILE),
        process(f"{PROFILE}-2", MINE.switch),
        process(MINE.switch),
        process(f"{PROFILE} {MINE.switch}"),
    ):
        of_this_life = {one.pid for one in MINE.browsers()}
        of_any_life = {one.pid for one in MINE.browsers_of_any_life()}

    assert of_this_life == {mine}
    assert of_any_life == {mine, earlier}


async def test_a_parent_that_is_no_driver_is_none_of_our_business() -> None:
    async with process(PROFILE, MINE.switch) as mine:
        orphan = psutil.Process(mine)
        driver = driver_of(orphan)
        await asyncio.to_thread(end_orphans, [orphan], 0.0)

        assert driver is None
        assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[int]:
    """Run a program with these arguments; gives its pid."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-S", "-c", "print(flush=True); input()", *arguments),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert running.stdout is not None
    await running.stdout.readline()
    yield running.pid
    await running.communicate(b"\n")
