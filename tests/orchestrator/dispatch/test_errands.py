"""Work that is done whoever asked for it."""

from __future__ import annotations

import asyncio

import pytest

from orchestrator.dispatch.errands import Errands
from tests.orchestrator.deadline import until


async def test_work_is_done_to_its_end_though_its_caller_is_cancelled() -> None:
    done: list[str] = []
    may_end = asyncio.Event()

    async def work() -> None:
        await may_end.wait()
        done.append("work")

    async with Errands() as errands, asyncio.TaskGroup() as tasks:
        caller = tasks.create_task(errands.unharmed(work()))
        await asyncio.sleep(0)
        caller.cancel()
        await until(caller.cancelled)
        may_end.set()

    assert done == ["work"]


async def test_the_caller_hears_what_was_raised() -> None:
    async def work() -> None:
        raise ValueError("so it is")

    async with Errands() as errands:
        with pytest.raises(ValueError, match="so it is"):
            await errands.unharmed(work())


async def test_an_errand_that_fails_ends_no_other() -> None:
    done: list[str] = []

    async def fail() -> None:
        raise ValueError("a bug")

    async def work() -> None:
        await asyncio.sleep(0)
        done.append("work")

    async with Errands() as errands:
        errands.spawn(fail())
        errands.spawn(work())

    assert done == ["work"]


async def test_errands_end_with_their_owner() -> None:
    async def run() -> None:
        async with Errands() as errands:
            errands.spawn(asyncio.Event().wait())  # type: ignore[arg-type]  # any result will do
            await asyncio.Event().wait()

    async with asyncio.timeout(1), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(run())
        await asyncio.sleep(0)
        running.cancel()

    assert running.cancelled()
