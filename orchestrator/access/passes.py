"""What sign-ins and shares ask of whoever keeps them over a restart."""

from __future__ import annotations

from typing import Final, Protocol


class Keeper(Protocol):
    """Records passes; `orchestrator.store.passes` is the one on the database."""

    def put(self, name: str, content: str, *, ends_at: int) -> None:
        """Record one, or what is new of it; *ends_at* in milliseconds since the epoch."""

    def drop(self, name: str) -> None:
        """Forget one."""


class _NotKept:
    def put(self, name: str, content: str, *, ends_at: int) -> None:
        """Keep nothing."""

    def drop(self, name: str) -> None:
        """Have nothing to forget."""


NOT_KEPT: Final[Keeper] = _NotKept()
"""For a life that has no next one."""
