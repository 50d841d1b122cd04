"""Links by which somebody without a token may look at one agent for a while.

The secret of the link is also what the browser that came by it holds, so ending a share ends all
that it opened. Kept are digests; they outlive a restart, and a new token ends them all.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

import msgspec

from orchestrator.access.keys import digest
from orchestrator.access.passes import NOT_KEPT, Keeper
from orchestrator.access.principal import Principal, PrincipalKind
from orchestrator.errors import ShareUnknown
from orchestrator.fresh_ids import uuid7
from xagent_protocol.ids import AgentId

SHORTEST_SECONDS: Final = 60
USUAL_SECONDS: Final = 3600
LONGEST_SECONDS: Final = 7 * 24 * 3600
MOST: Final = 1000


class Share(msgspec.Struct, frozen=True):
    """One link, without its secret; both times in milliseconds since the epoch."""

    share_id: str
    agent_id: AgentId
    created_at: int
    expires_at: int


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Share).decode


class Shares:
    """The links that are good; beyond `MOST` the one that ends first goes."""

    def __init__(self, clock: Callable[[], float] = time.time, keeper: Keeper = NOT_KEPT) -> None:
        """Begin with none; *clock* tells seconds since the epoch, *keeper* records for later."""
        self._clock = clock
        self._keeper = keeper
        self._by_digest: dict[str, Share] = {}

    def load(self, kept: Iterable[tuple[str, str]]) -> None:
        """Take up what an earlier life recorded."""
        self._by_digest.update((name, _decode(content)) for name, content in kept)

    def make(self, agent_id: AgentId, seconds: float) -> tuple[str, Share]:
        """Return the secret of a new link to an agent, and what there is to say of it."""
        self._forget_ended()
        secret, now = secrets.token_urlsafe(32), self._now()
        share = Share(uuid7(), agent_id, now, now + int(seconds * 1000))
        name = digest(secret)
        self._by_digest[name] = share
        self._keeper.put(name, _encode(share).decode(), ends_at=share.expires_at)
        if len(self._by_digest) > MOST:
            self._forget(min(self._by_digest, key=lambda one: self._by_digest[one].expires_at))
        return secret, share

    def all(self) -> Sequence[Share]:
        """Return those that are good, newest first."""
        self._forget_ended()
        by_age = sorted(
            self._by_digest.values(), key=lambda share: (share.created_at, share.share_id)
        )
        return by_age[::-1]

    def find(self, secret: str) -> tuple[Share, int] | None:
        """Return the share of a link and the seconds that are left of it, if it is good."""
        share = self._good(digest(secret))
        return None if share is None else (share, (share.expires_at - self._now()) // 1000)

    def principal_of(self, secret: str) -> Principal | None:
        """Return who came by the link of that secret, if it is good."""
        name = digest(secret)
        share = self._good(name)
        if share is None:
            return None
        return Principal(
            PrincipalKind.SHARE,
            share.agent_id,
            expires_at=share.expires_at,
            lasts=partial(self._lasts, name),
        )

    def end(self, share_id: str) -> Share:
        """Let a link, and whoever came by it, open nothing any more.

        Raises:
            ShareUnknown: there is none of that id, or none any more.
        """
        self._forget_ended()
        for name, share in self._by_digest.items():
            if share.share_id == share_id:
                self._forget(name)
                return share
        raise ShareUnknown(f"There is no share {share_id[:64]!r}; it may have ended.")

    def _good(self, name: str) -> Share | None:
        share = self._by_digest.get(name)
        return None if share is None or self._now() >= share.expires_at else share

    def _lasts(self, name: str) -> bool:
        return self._good(name) is not None

    def _forget_ended(self) -> None:
        now = self._now()
        for name, share in tuple(self._by_digest.items()):
            if now >= share.expires_at:
                self._forget(name)

    def _forget(self, name: str) -> None:
        del self._by_digest[name]
        self._keeper.drop(name)

    def _now(self) -> int:
        return int(self._clock() * 1000)
