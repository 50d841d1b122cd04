"""How long to wait before the next dial; chance is injected, so that tests can choose it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

FIRST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 30.0


class Backoff:
    """The first retry goes at once; then the bound doubles, with full jitter below it.

    Full jitter (uniform between nothing and the bound) spreads a fleet that lost its
    orchestrator in one moment over the whole interval.
    """

    def __init__(
        self,
        uniform: Callable[[float, float], float],
        *,
        first_seconds: float = FIRST_SECONDS,
        longest_seconds: float = LONGEST_SECONDS,
    ) -> None:
        """Start fresh; *uniform* returns a number between its two arguments."""
        self._uniform = uniform
        self._first = first_seconds
        self._longest = longest_seconds
        self._failures = 0

    def next_seconds(self, *, at_least: float = 0.0) -> float:
        """Return the wait before the next dial: *at_least*, and the jitter on top of it."""
        failures, self._failures = self._failures, self._failures + 1
        if failures == 0 and not at_least:
            return 0.0
        # Bounded before it is raised to a power: weeks offline must not overflow a float.
        bound = min(self._longest, self._first * 2.0 ** min(max(failures - 1, 0), 30))
        return at_least + self._uniform(0.0, bound)

    def reset(self, *, at_once: bool) -> None:
        """Note a dial that led somewhere; the next one goes *at_once*, or after a short wait."""
        self._failures = 0 if at_once else 1
