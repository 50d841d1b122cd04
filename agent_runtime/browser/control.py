"""Who drives a page: commands, or for a while one person, under a lease.

A lease is known by the digest of its token, and it is checked here, where the browser is: what
somebody sends under another token, however late it comes, moves nothing. A lease ends when it is
handed back or when nothing was done under it for its time, whichever comes first; its token never
opens another.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from agent_runtime.browser.errors import HumanHasControl, NotInControl, TokenUsed

SPENT_TOKENS: Final = 1_000


@dataclass(frozen=True)
class Lease:
    """One stay at the wheel; *expires_at* on the loop's clock, *number* grows with each."""

    holder: str
    digest: str
    seconds: float
    expires_at: float
    number: int

    @property
    def seconds_left(self) -> float:
        """How long it lasts from now; not positive when it is over."""
        return self.expires_at - asyncio.get_running_loop().time()


@dataclass(frozen=True)
class HandBack:
    """How the last lease ended; without a *note*, if its time was over."""

    holder: str
    note: str = ""


class Control:
    """The lease of one page."""

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        """Begin with commands in control; *on_change* is called when that is another."""
        self._on_change = on_change
        self._lease: Lease | None = None
        self._given = 0
        self._spent: deque[str] = deque(maxlen=SPENT_TOKENS)
        self._changed = asyncio.Event()
        self.last: HandBack | None = None

    @property
    def lease(self) -> Lease | None:
        """The one that holds now."""
        if self._lease is not None and self._lease.seconds_left <= 0:
            self._end()
        return self._lease

    def take(self, holder: str, digest: str, seconds: float) -> Lease:
        """Give *holder* the wheel, or let them keep it who ask again by the same token.

        Raises:
            HumanHasControl: somebody else has it; the message says who, and for how long.
            TokenUsed: it was the token of a lease that is over.
        """
        if self.holds(digest):
            return self.renew(digest, seconds)
        self.refuse()
        self.refuse_spent(digest)
        self._given += 1
        self._lease = Lease(holder, digest, seconds, _in(seconds), self._given)
        self._on_change()
        return self._lease

    def refuse(self) -> None:
        """Raise `HumanHasControl` if somebody has it."""
        if (lease := self.lease) is not None:
            raise HumanHasControl(
                f"{lease.holder} has control for another {lease.seconds_left:.0f} s: "
                "wait, or ask them to hand it back",
                {"holder": lease.holder, "seconds": round(lease.seconds_left, 1)},
            )

    def refuse_spent(self, digest: str) -> None:
        """Raise `TokenUsed` if it was the token of a lease that is over."""
        if digest in self._spent:
            raise TokenUsed("control_token: its lease is over; make another token")

    def renew(self, digest: str, seconds: float | None = None) -> Lease:
        """Let the lease of *digest* last its time, or *seconds*, from now.

        Raises:
            NotInControl: it is over, or was never given.
        """
        lease = self.check(digest)
        seconds = lease.seconds if seconds is None else seconds
        self._lease = replace(lease, seconds=seconds, expires_at=_in(seconds))
        return self._lease

    def give_back(self, digest: str, note: str = "") -> Lease:
        """End the lease of *digest* and return it; raises `NotInControl`."""
        lease = self.check(digest)
        self._end(note)
        return lease

    def check(self, digest: str) -> Lease:
        """Return the lease of *digest*.

        Raises:
            NotInControl: it is over, or was never given.
        """
        lease = self.lease
        if lease is None or not self.holds(digest):
            raise NotInControl("that lease is over: take control again")
        return lease

    def holds(self, digest: str) -> bool:
        """Say whether the lease of *digest* holds now."""
        lease = self.lease
        return lease is not None and hmac.compare_digest(lease.digest, digest)

    async def wait_until_free(self) -> None:
        """Wait until nobody holds a lease; cancelling this is safe."""
        while (lease := self.lease) is not None:
            self._changed.clear()
            try:
                async with asyncio.timeout_at(lease.expires_at):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _end(self, note: str = "") -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            self._spent.append(lease.digest)
            self.last = HandBack(lease.holder, note)
        self._changed.set()
        self._on_change()


def _in(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds
