"""How long the orchestrator still counts on this agent: one lease from its last word.

Once the lease is over the orchestrator may have called commands lost that wait here. Whatever has
begun goes on, but nothing may begin until a welcome has brought both to agree again.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from agent_runtime.clock import sleepless


class Lease:
    """Pure bookkeeping; before the first welcome nothing is held back."""

    def __init__(self, clock: Callable[[], float] = sleepless) -> None:
        """Begin without an end."""
        self._clock = clock
        self._ends_at = math.inf

    def extend(self, seconds: float) -> None:
        """Note a word of the orchestrator's: the lease now ends in *seconds*."""
        self._ends_at = self._clock() + seconds

    @property
    def is_over(self) -> bool:
        """Whether nothing may begin."""
        return self._clock() >= self._ends_at
