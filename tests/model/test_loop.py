"""A loop that is driven from outside, on a clock that is set from outside."""

from __future__ import annotations

import asyncio

import pytest

from tests.model.loop import Clock, SteppedLoop
from tests.model.process import Killed, Place, Process


def _loop(clock: Clock) -> SteppedLoop:
    return SteppedLoop(clock, 100.0, lambda context: None)


def test_nothing_happens_until_a_step_is_taken() -> None:
    heard: list[int] = []
    loop = _loop(Clock())

    loop.call_soon(heard.append, 1)
    loop.call_soon(heard.append, 2)
    assert heard == []
    loop.step()

    assert heard == [1]
    loop.close()


def test_a_timer_is_due_when_the_clock_says_so_and_not_before() -> None:
    clock = Clock()
    loop = _loop(clock)
    loop.call_later(3600.0, lambda: None)

    assert loop.next_due() == pytest.approx(clock.now + 3600.0)
    assert not loop.is_ready()
    clock.now += 3600.0
    assert loop.is_ready()
    loop.close()


def test_a_dead_process_touches_nothing_any_more() -> None:
    touched: list[str] = []
    process = Process("one", Clock(), 0.0, touched.append)

    async def live() -> None:
        process.cross(Place.BEFORE_FRAME)
        touched.append("a frame")
        await asyncio.sleep(0)
        process.cross(Place.BEFORE_FRAME)
        touched.append("another frame")

    process.begin(live())
    process.loop.step()
    process.die()
    process.bury()

    assert touched == ["a frame"]
    with pytest.raises(Killed):
        process.cross(Place.BEFORE_COMMIT)


def test_a_process_dies_at_the_place_and_passage_that_were_named() -> None:
    deaths: list[str] = []
    process = Process("one", Clock(), 0.0, deaths.append)
    process.at_death(lambda: deaths.append("dead"))
    process.die_at(Place.AFTER_COMMIT, 2)

    process.cross(Place.AFTER_COMMIT)
    process.cross(Place.BEFORE_COMMIT)
    assert not deaths
    with pytest.raises(Killed):
        process.cross(Place.AFTER_COMMIT)

    assert deaths == ["dead"]
    process.bury()
