"""What kept a connection from its destination lately, so that whoever went there can be told.

A browser says of its proxy no more than that it made no connection.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import inf
from typing import Final

from agent_runtime.policy.destination import Destination

_KEPT: Final = 200


@dataclass(frozen=True)
class Obstacle:
    """*setting* is the flag that closes *destination*, *net_error* what a browser would say."""

    destination: Destination
    sentence: str
    setting: str | None = None
    net_error: str | None = None

    @property
    def details(self) -> dict[str, object]:
        """What a program reads of it."""
        if self.setting is None:
            return {"net_error": self.net_error}
        return {"host": str(self.destination), "setting": self.setting}


class Obstacles:
    """The last ones met, and when, on the clock of whoever notes them."""

    def __init__(self) -> None:
        """Begin empty."""
        self._last: deque[tuple[float, Obstacle]] = deque(maxlen=_KEPT)

    def note(self, obstacle: Obstacle, now: float) -> None:
        """Remember that *obstacle* was met."""
        self._last.append((now, obstacle))

    def on_the_way_to(self, destination: Destination, since: float = -inf) -> Obstacle | None:
        """Return the last one met on the way to that host and port, and not before *since*."""
        for when, obstacle in reversed(self._last):
            if when < since:
                return None
            if obstacle.destination.is_at(destination):
                return obstacle
        return None
