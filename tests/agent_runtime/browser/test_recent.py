"""Numbers for what is remembered only for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from agent_runtime.browser.recent import Recent


class Window:
    """Shows what it is told to, at once or late."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.shown = ""
        self.is_late = False
        self.arrived = asyncio.Event()

    async def fetch(self) -> Sequence[str]:
        """Return what is shown now, which may be old by the time it arrives."""
        shown = self.shown
        if self.is_late:
            await self.arrived.wait()
        return list(shown)

    def recent(self) -> Recent[str]:
        """Number what is shown."""
        return Recent(self.fetch, key=lambda entry: entry)

    async def numbers(self, recent: Recent[str], shown: str) -> list[int]:
        """Show this, and return its numbers."""
        self.shown = shown
        return [number for number, _ in await recent.entries()]


async def test_an_entry_keeps_its_number_while_others_come_and_go() -> None:
    window = Window()
    recent = window.recent()

    assert await window.numbers(recent, "abc") == [1, 2, 3]
    assert await window.numbers(recent, "abcd") == [1, 2, 3, 4]
    assert await window.numbers(recent, "cdef") == [3, 4, 5, 6]


async def test_what_has_nothing_in_common_with_before_is_new() -> None:
    window = Window()
    recent = window.recent()

    assert await window.numbers(recent, "abc") == [1, 2, 3]
    assert await window.numbers(recent, "xyz") == [4, 5, 6]
    assert await window.numbers(recent, "") == []
    assert await window.numbers(recent, "xyz") == [7, 8, 9]


async def test_equal_entries_are_counted() -> None:
    window = Window()
    recent = window.recent()

    assert await window.numbers(recent, "aa") == [1, 2]
    assert await window.numbers(recent, "aaa") == [1, 2, 3]


async def test_two_that_ask_at_once_see_the_same_numbers() -> None:
    """Though the first is answered late, with what is old by then."""
    window = Window()
    recent = window.recent()
    window.shown, window.is_late = "abc", True

    async with asyncio.TaskGroup() as group:
        first = group.create_task(recent.entries())
        await asyncio.sleep(0)
        window.shown, window.is_late = "abcd", False
        second = group.create_task(recent.entries())
        await asyncio.sleep(0)
        window.arrived.set()

    assert list(first.result()) == [(1, "a"), (2, "b"), (3, "c")]
    assert list(second.result())[-1] == (4, "d")
