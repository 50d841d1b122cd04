"""One command that is not over, and who waits for it.

Who waits is a callback, not a future: a caller can be answered in the very commit that makes the
answer true, without a task or a round of the event loop in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from orchestrator.dispatch.turn import Turn
from orchestrator.errors import RequestIdReused
from orchestrator.store.records import CommandRecord

log: Final = structlog.get_logger(__name__)

Tell = Callable[[CommandRecord | Exception], None]
"""Hears what became of a command, or why that cannot be said; called once, on the loop."""


class PendingCommand:
    """One open command.

    *record* is what callers see; *durable* what the journal holds, which may not know that it is
    `running`, because that step need not be durable by itself. *turn* is taken by whoever moves
    the command, for as long as the move is being committed. *failure* says why it could not be
    recorded.
    """

    __slots__ = (
        "_waiters",
        "durable",
        "expires_at",
        "failure",
        "is_recorded",
        "order",
        "overdue_at",
        "record",
        "turn",
    )

    def __init__(self, record: CommandRecord, order: int, expires_at: float) -> None:
        """Open a command; *expires_at* ends its time in the queue, on the monotonic clock."""
        self.record = record
        self.durable = record
        self.order = order
        self.expires_at = expires_at
        self.overdue_at: float | None = None
        self.turn = Turn()
        self.is_recorded = False
        self.failure: Exception | None = None
        self._waiters: list[Waiter] | None = None

    def add(self, waiter: Waiter) -> None:
        """Let *waiter* be told of the end."""
        if self._waiters is None:
            self._waiters = [waiter]
        else:
            self._waiters.append(waiter)

    def remove(self, waiter: Waiter) -> None:
        """Let go of *waiter*; does nothing if that has happened."""
        if self._waiters and waiter in self._waiters:
            self._waiters.remove(waiter)

    def tell(self, record: CommandRecord) -> None:
        """Tell everyone who waits that *record* is what they wait for."""
        waiters, self._waiters = self._waiters, None
        if waiters is not None:
            for waiter in waiters:
                waiter.hear(record)

    def fail(self, failure: Exception) -> None:
        """Tell everyone who waits, or will, that there is no such command."""
        self.failure = failure
        waiters, self._waiters = self._waiters, None
        if waiters is not None:
            for waiter in waiters:
                waiter.hear(failure)

    def tell_who_is_due(self) -> None:
        """Tell those whose time was up before the command was recorded."""
        if self._waiters:
            for waiter in [waiter for waiter in self._waiters if waiter.is_due]:
                waiter.take_as_it_stands()

    def let_go(self) -> None:
        """Let nobody wait any longer than for the journal."""
        if self._waiters:
            for waiter in list(self._waiters):
                waiter.take_as_it_stands()


class Waiter:
    """One who waits for a command: told once, and after `drop` never.

    *is_due* is true once it waits for nothing but the journal.
    """

    __slots__ = ("_entry", "_fingerprint", "_tell", "_timer", "is_due")

    def __init__(
        self,
        entry: PendingCommand,
        tell: Tell,
        *,
        fingerprint: str | None = None,
        give_up_at: float | None = None,
    ) -> None:
        """Wait until the command is over, or until *give_up_at* on the loop's clock, or not at all.

        *tell* is never called before this returns, and never before the command is in the
        journal. It hears `RequestIdReused` if the command turns out to be of another
        *fingerprint*; null takes any.
        """
        self._entry = entry
        self._fingerprint = fingerprint
        self._tell: Tell | None = tell
        self.is_due = False
        loop = asyncio.get_running_loop()
        self._timer: asyncio.Handle = (
            loop.call_soon(self.take_as_it_stands)
            if give_up_at is None
            else loop.call_at(give_up_at, self.take_as_it_stands)
        )
        entry.add(self)

    def drop(self) -> None:
        """Wait no longer, and be told nothing; the command is unaffected. Idempotent."""
        if self._tell is not None:
            self._tell = None
            self._timer.cancel()
            self._entry.remove(self)

    def take_as_it_stands(self) -> None:
        """Hear of the command now; if it is not recorded yet, as soon as it is."""
        entry = self._entry
        if entry.is_recorded:
            entry.remove(self)
            self.hear(entry.record)
        elif entry.failure is not None:
            entry.remove(self)
            self.hear(entry.failure)
        else:
            self.is_due = True

    def hear(self, outcome: CommandRecord | Exception) -> None:
        """Be told of the command, or why there is none; its entry has let go already."""
        if (
            self._fingerprint is not None
            and not isinstance(outcome, Exception)
            and outcome.fingerprint != self._fingerprint
        ):
            outcome = reused(outcome)
        tell, self._tell = self._tell, None
        if tell is None:
            return  # dropped by one who was told before it
        self._timer.cancel()
        try:
            tell(outcome)
        except Exception:
            # One caller's bug must not keep the others waiting, nor stop the move that ends here.
            log.exception("waiter.tell_failed")


def reused(record: CommandRecord) -> RequestIdReused:
    """Return the refusal of a request id that belongs to *record*."""
    return RequestIdReused(
        f"The request id {record.request_id!r} belongs to another command "
        f"({record.action!r} on {record.agent_id!r}); nothing was recorded. Use a new id."
    )
