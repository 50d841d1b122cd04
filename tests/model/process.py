"""One life of one program: it runs, is stopped and goes on, or is killed between two steps.

It can be killed within a step, too, at the places that matter: before and after each commit, each
frame, each effect. What the rest of that step does is void, because everything it could do to the
world goes through `cross` first.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Callable, Coroutine
from enum import StrEnum
from typing import Any, Final

from tests.model.loop import Clock, SteppedLoop

BURIAL_ROUNDS: Final = 4
"""How often a task may wait for something again after it was told to end."""


class Place(StrEnum):
    """Where the inside of a process touches the world."""

    BEFORE_COMMIT = "before a commit"
    AFTER_COMMIT = "after a commit"
    BEFORE_FRAME = "before a frame"
    AFTER_FRAME = "after a frame"
    BEFORE_BEGIN = "before the first effect"
    AFTER_BEGIN = "after the first effect"


class Killed(BaseException):
    """Raised in a process that is dead, so that the step it is in goes no further."""


class Process:
    """One life; *name* is for the reader of a history."""

    def __init__(self, name: str, clock: Clock, skew: float, on_bug: Callable[[str], None]) -> None:
        """Come to life; *on_bug* hears of errors that no living program should have."""
        self.name = name
        self.is_dead = False
        self.is_stopped = False
        self.loop = SteppedLoop(clock, skew, self._note_error)
        self._on_bug = on_bug
        self._on_death: list[Callable[[], None]] = []
        self._dies_at: tuple[Place, int] | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def can_run(self) -> bool:
        """Whether it takes steps."""
        return not self.is_dead and not self.is_stopped

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin a task of this process, which keeps it for as long as its loop is kept."""
        self._tasks.add(self.loop.create_task(work))

    def at_death(self, act: Callable[[], None]) -> None:
        """Have *act* done by the world, once, in the moment of death."""
        self._on_death.append(act)

    def die(self) -> None:
        """Be killed here and now; idempotent."""
        if self.is_dead:
            return
        self.is_dead = True
        for act in self._on_death:
            act()

    def die_at(self, place: Place, passage: int) -> None:
        """Be killed at the *passage*-th crossing of *place* from now."""
        self._dies_at = (place, passage)

    def spare(self) -> None:
        """Let it live on, whatever was meant to kill it."""
        self._dies_at = None

    def cross(self, place: Place) -> None:
        """Pass a place; raises `Killed` if this life ends here, or has ended."""
        if self._dies_at is not None and self._dies_at[0] is place:
            left = self._dies_at[1] - 1
            self._dies_at = (place, left)
            if left <= 0:
                self.die()
        if self.is_dead:
            raise Killed

    def note_bug(self, story: str) -> None:
        """Tell of an error that no living program should have."""
        self._on_bug(f"{self.name}: {story}")

    def bury(self) -> None:
        """Let the coroutines of a dead process end, unheard, before they are collected."""
        self.die()
        with warnings.catch_warnings():
            # What they would begin on their way out finds nobody who takes it.
            warnings.simplefilter("ignore", RuntimeWarning)
            for _ in range(BURIAL_ROUNDS):
                while self.loop.is_ready():
                    self.loop.step()
                for task in asyncio.all_tasks(self.loop):
                    task.cancel()
        self.loop.close()

    def _note_error(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not self.is_dead and not isinstance(error, Killed):
            self.note_bug(f"{context.get('message')}: {error!r}")
