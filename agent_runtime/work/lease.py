"""How long the orchestrator still counts on this agent: one lease from its last word.

Once the lease is over the orchestrator may have called commands lost that wait here. Whatever has
begun goes on, but nothing may begin until a welcome has brought both to agree again.
"""

from __future__ import annotations

import math


class Lease:
    """Pure bookkeeping on its callers' clock; before the first welcome nothing is held back."""

    def __init__(self) -> None:
        """Begin without an end."""
        self._ends_at = math.inf

    def extend(self, ends_at: float) -> None:
        """Note a word of the orchestrator's: the lease now ends at *ends_at*."""
        self._ends_at = ends_at

    def is_over(self, now: float) -> bool:
        """Say whether nothing may begin."""
        return now >= self._ends_at
