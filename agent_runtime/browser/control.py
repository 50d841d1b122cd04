"""Who drives a page: commands, or for a while one person, under a lease.

The lease carries a token that only grows, and it is checked here, where the browser is: what
somebody sends under an older token, however late it comes, moves nothing. A lease ends when it is
given back or when its time is over, whichever comes first.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from dataclasses import dataclass

from agent_runtime.browser.errors import HumanHasControl, NotInControl


@dataclass(frozen=True)
class Lease:
    """One stay at the wheel; *expires_at* on the loop's clock."""

    holder: str
    token: str
    expires_at: float

    @property
    def seconds_left(self) -> float:
        """How long it lasts from now; not positive when it is over."""
        return self.expires_at - asyncio.get_running_loop().time()


class Tokens:
    """Makes tokens: a number that grows, so that they have an order, and a part nobody guesses."""

    def __init__(self) -> None:
        """Begin anew."""
        self._numbers = itertools.count(1)

    def next(self) -> str:
        """Return a token above all before."""
        return f"{next(self._numbers)}-{secrets.token_urlsafe(16)}"


class Control:
    """The lease of one page."""

    def __init__(self, tokens: Tokens) -> None:
        """Begin with commands in control; *tokens* are the agent's."""
        self._tokens = tokens
        self._lease: Lease | None = None
        self._changed = asyncio.Event()

    @property
    def lease(self) -> Lease | None:
        """The one that holds now."""
        if self._lease is not None and self._lease.seconds_left <= 0:
            self._end()
        return self._lease

    def take(self, holder: str, seconds: float) -> Lease:
        """Give *holder* the wheel.

        Raises:
            HumanHasControl: somebody has it; the message says who, and for how long.
        """
        self.refuse()
        self._lease = Lease(holder, self._tokens.next(), _in(seconds))
        return self._lease

    def refuse(self) -> None:
        """Raise `HumanHasControl` if somebody has it."""
        if (lease := self.lease) is not None:
            raise HumanHasControl(
                f"{lease.holder} has control for another {lease.seconds_left:.0f} s: "
                "wait, or ask them to hand it back",
                {"holder": lease.holder, "seconds": round(lease.seconds_left, 1)},
            )

    def extend(self, token: str, seconds: float) -> Lease:
        """Let the lease of *token* last *seconds* from now; raises `NotInControl`."""
        lease = self.check(token)
        self._lease = Lease(lease.holder, lease.token, _in(seconds))
        return self._lease

    def give_back(self, token: str) -> Lease:
        """End the lease of *token* and return it; raises `NotInControl`."""
        lease = self.check(token)
        self._end()
        return lease

    def check(self, token: str) -> Lease:
        """Return the lease of *token*.

        Raises:
            NotInControl: it is over, or was never given.
        """
        lease = self.lease
        if lease is None or not secrets.compare_digest(lease.token, token):
            raise NotInControl("that lease is over: take control again")
        return lease

    async def wait_until_free(self) -> None:
        """Wait until nobody holds a lease; cancelling this is safe."""
        while (lease := self.lease) is not None:
            self._changed.clear()
            try:
                async with asyncio.timeout_at(lease.expires_at):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _end(self) -> None:
        self._lease = None
        self._changed.set()


def _in(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds
