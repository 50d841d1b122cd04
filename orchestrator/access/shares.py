"""Links by which somebody without a token may look at one agent for a while.

The secret of the link is also what the browser that came by it holds, so ending a share ends all
that it opened. Kept are digests, in memory only: when the orchestrator starts again, shares are
over as sign-ins are.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from orchestrator.access.keys import digest
from orchestrator.access.principal import Principal, PrincipalKind
from orchestrator.clock import now_ms
from orchestrator.errors import ShareUnknown
from orchestrator.fresh_ids import uuid7
from xagent_protocol.ids import AgentId

SHORTEST_SECONDS: Final = 60
USUAL_SECONDS: Final = 3600
LONGEST_SECONDS: Final = 7 * 24 * 3600
MOST: Final = 1000


@dataclass(frozen=True)
class Share:
    """One link, without its secret; both times in milliseconds since the epoch."""

    share_id: str
    agent_id: AgentId
    created_at: int
    expires_at: int


@dataclass(frozen=True)
class _Kept:
    share: Share
    name: str
    ends_at: float


class Shares:
    """The links that are good; beyond `MOST` the oldest goes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with none."""
        self._clock = clock
        self._by_digest: dict[str, _Kept] = {}

    def make(self, agent_id: AgentId, seconds: float) -> tuple[str, Share]:
        """Return the secret of a new link to an agent, and what there is to say of it."""
        self._forget_ended()
        secret, now = secrets.token_urlsafe(32), now_ms()
        share = Share(uuid7(), agent_id, now, now + int(seconds * 1000))
        name = digest(secret)
        self._by_digest[name] = _Kept(share, name, self._clock() + seconds)
        if len(self._by_digest) > MOST:
            del self._by_digest[next(iter(self._by_digest))]
        return secret, share

    def all(self) -> Sequence[Share]:
        """Return those that are good, newest first."""
        self._forget_ended()
        return [each.share for each in reversed(self._by_digest.values())]

    def find(self, secret: str) -> tuple[Share, int] | None:
        """Return the share of a link and the seconds that are left of it, if it is good."""
        kept = self._good(digest(secret))
        return None if kept is None else (kept.share, int(kept.ends_at - self._clock()))

    def principal_of(self, secret: str) -> Principal | None:
        """Return who came by the link of that secret, if it is good."""
        kept = self._good(digest(secret))
        if kept is None:
            return None
        return Principal(
            PrincipalKind.SHARE,
            kept.share.agent_id,
            expires_at=kept.share.expires_at,
            lasts=partial(self._lasts, kept.name),
        )

    def end(self, share_id: str) -> Share:
        """Let a link, and whoever came by it, open nothing any more.

        Raises:
            ShareUnknown: there is none of that id, or none any more.
        """
        self._forget_ended()
        for name, kept in self._by_digest.items():
            if kept.share.share_id == share_id:
                del self._by_digest[name]
                return kept.share
        raise ShareUnknown(f"There is no share {share_id[:64]!r}; it may have ended.")

    def _good(self, name: str) -> _Kept | None:
        kept = self._by_digest.get(name)
        return None if kept is None or self._clock() >= kept.ends_at else kept

    def _lasts(self, name: str) -> bool:
        return self._good(name) is not None

    def _forget_ended(self) -> None:
        now = self._clock()
        for name, kept in tuple(self._by_digest.items()):
            if now >= kept.ends_at:
                del self._by_digest[name]
