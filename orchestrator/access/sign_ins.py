"""Who signed in with a browser, because its address bar cannot send a token.

A browser that was given the token once holds a random secret in a cookie; here is kept its
digest, in memory only: when the orchestrator starts again, say with a new token, everybody signs
in anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from orchestrator.access.keys import digest, new_secret

IDLE_SECONDS: Final = 12 * 3600.0
LONGEST_SECONDS: Final = 7 * 24 * 3600.0
MOST: Final = 1000

_PREFIX: Final = "xagent_browser_"


@dataclass(frozen=True)
class _SignIn:
    """Both times by the clock; *ends_at* is set off by each use, *ends_for_good_at* by none."""

    ends_at: float
    ends_for_good_at: float


class SignIns:
    """The browsers that are signed in; beyond `MOST` the one that was used longest ago goes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with none."""
        self._clock = clock
        self._by_digest: dict[str, _SignIn] = {}
        """The one that was used last is the last."""

    def __len__(self) -> int:
        """How many are kept, ended or not."""
        return len(self._by_digest)

    def begin(self) -> str:
        """Sign a browser in, and return the secret that it is to hold."""
        secret = new_secret(_PREFIX)
        now = self._clock()
        self._by_digest[digest(secret)] = _SignIn(now + IDLE_SECONDS, now + LONGEST_SECONDS)
        if len(self._by_digest) > MOST:
            del self._by_digest[next(iter(self._by_digest))]
        return secret

    def holds(self, secret: str) -> bool:
        """Say whether *secret* is of a browser that is signed in, which counts as its use."""
        name = digest(secret)
        known = self._by_digest.pop(name, None)
        now = self._clock()
        if known is None or now >= known.ends_at:
            return False
        ends_at = min(now + IDLE_SECONDS, known.ends_for_good_at)
        self._by_digest[name] = _SignIn(ends_at, known.ends_for_good_at)
        return True

    def end(self, secret: str) -> None:
        """Sign a browser out; does nothing if it is not signed in."""
        self._by_digest.pop(digest(secret), None)
