"""The lock of a command."""

from __future__ import annotations

import asyncio

from orchestrator.dispatch.turn import Turn


def test_only_one_takes_it_at_a_time() -> None:
    turn = Turn()

    assert turn.try_take()
    assert not turn.try_take()
    turn.give_back()
    assert turn.try_take()


async def test_who_waits_gets_it_in_the_order_of_asking() -> None:
    turn = Turn()
    turn.try_take()
    got: list[int] = []

    async def take(number: int) -> None:
        async with turn:
            got.append(number)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        for number in range(4):
            tasks.create_task(take(number))
        await asyncio.sleep(0)
        turn.give_back()
        assert not turn.try_take()

    assert got == [0, 1, 2, 3]
    assert turn.try_take()


async def test_a_cancelled_waiter_passes_it_on() -> None:
    """Even if it was handed over in the very moment of the cancellation."""
    turn = Turn()
    turn.try_take()
    got: list[str] = []

    async def take(name: str) -> None:
        async with turn:
            got.append(name)

    async with asyncio.TaskGroup() as tasks:
        early = tasks.create_task(take("early"))
        late = tasks.create_task(take("late"))
        tasks.create_task(take("patient"))
        await asyncio.sleep(0)
        early.cancel()
        await asyncio.sleep(0)
        turn.give_back()
        late.cancel()

    assert got == ["patient"]
    assert turn.try_take()
