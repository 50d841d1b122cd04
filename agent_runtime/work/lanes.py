"""Who may begin, and who waits: one at a time within a lane, lanes side by side.

A lane is named by the page its commands act on. Pure bookkeeping: no task, no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Generic, TypeVar

_JobT = TypeVar("_JobT", bound=Hashable)


class Lanes(Generic[_JobT]):
    """Lanes exist while somebody is in them, so pages that are gone leave nothing behind."""

    def __init__(self) -> None:
        """Begin with every lane free."""
        self._waiting: dict[str, deque[_JobT]] = {}

    def enter(self, lane: str | None, job: _JobT) -> bool:
        """Say whether *job* may begin now; if not, `leave` will name it when it may.

        Without a lane everybody may begin at once.
        """
        if lane is None:
            return True
        if lane in self._waiting:
            self._waiting[lane].append(job)
            return False
        self._waiting[lane] = deque()
        return True

    def leave(self, lane: str | None) -> _JobT | None:
        """Note that the lane's current job is over, and return the one that may begin now."""
        if lane is None:
            return None
        if waiting := self._waiting[lane]:
            return waiting.popleft()
        del self._waiting[lane]
        return None

    def withdraw(self, lane: str | None, job: _JobT) -> bool:
        """Take *job* out of the waiting; false if it was not waiting (any more)."""
        try:
            self._waiting[lane or ""].remove(job)
        except (KeyError, ValueError):
            return False
        return True
