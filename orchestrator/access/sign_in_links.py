"""Links that sign one browser in, once, within five minutes.

Whoever may have one made holds the user's token, or a browser that signed in to control. Kept are
digests, in memory, as long as the links are good.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from orchestrator.access.keys import digest
from orchestrator.clock import now_ms

LIFETIME_SECONDS: Final = 300.0
CODE_BYTES: Final = 16
"""Enough for five minutes and ten tries in each; and the link fits on a line of a terminal."""

MOST: Final = 1000


@dataclass(frozen=True)
class _Link:
    can_control: bool
    ends_at: float


class SignInLinks:
    """The links that nobody has used yet; beyond `MOST` the oldest goes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with none."""
        self._clock = clock
        self._by_digest: dict[str, _Link] = {}

    def make(self, *, can_control: bool) -> tuple[str, int]:
        """Return the code of a new link, and when it ends, in milliseconds since the epoch."""
        code = secrets.token_urlsafe(CODE_BYTES)
        self._by_digest[digest(code)] = _Link(can_control, self._clock() + LIFETIME_SECONDS)
        if len(self._by_digest) > MOST:
            del self._by_digest[next(iter(self._by_digest))]
        return code, now_ms() + int(LIFETIME_SECONDS * 1000)

    def is_good(self, code: str) -> bool:
        """Say whether a link would sign somebody in, and leave it as it is."""
        link = self._by_digest.get(digest(code))
        return link is not None and self._clock() < link.ends_at

    def use(self, code: str) -> bool | None:
        """Use a link up, and return whether it lets control; null if it is not good."""
        link = self._by_digest.pop(digest(code), None)
        if link is None or self._clock() >= link.ends_at:
            return None
        return link.can_control
