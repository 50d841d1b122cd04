"""Who signed in with a browser, because its address bar cannot send a token.

A browser that was given the token once holds a random secret in a cookie; here is kept its
digest. It outlives a restart, so that an open page comes back by itself; a new token ends it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

import msgspec

from orchestrator.access.keys import digest, new_secret
from orchestrator.access.passes import NOT_KEPT, Keeper
from orchestrator.access.principal import Principal, PrincipalKind

IDLE_SECONDS: Final = 12 * 3600.0
LONGEST_SECONDS: Final = 7 * 24 * 3600.0
MOST: Final = 1000

NOTED_SECONDS: Final = 600.0
"""How much of its use is forgotten at most when the orchestrator is killed."""

_PREFIX: Final = "xagent_browser_"


class _SignIn(msgspec.Struct, frozen=True):
    """Times in seconds since the epoch: each use puts *ends_at* off, none *ends_for_good_at*.

    *noted* is the *ends_at* that was recorded last.
    """

    can_control: bool
    ends_at: float
    ends_for_good_at: float
    noted: float


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(_SignIn).decode


class SignIns:
    """The browsers that are signed in; beyond `MOST` the one that was used longest ago goes."""

    def __init__(self, clock: Callable[[], float] = time.time, keeper: Keeper = NOT_KEPT) -> None:
        """Begin with none; *keeper* records what there is for the next life."""
        self._clock = clock
        self._keeper = keeper
        self._by_digest: dict[str, _SignIn] = {}
        """The one that was used last is the last."""

    def load(self, kept: Iterable[tuple[str, str]]) -> None:
        """Take up what an earlier life recorded."""
        self._by_digest.update((name, _decode(content)) for name, content in kept)

    def __len__(self) -> int:
        """How many are kept, ended or not."""
        return len(self._by_digest)

    def begin(self, *, can_control: bool = True) -> str:
        """Sign a browser in, to control or only to look; return the secret that it is to hold."""
        secret, now = new_secret(_PREFIX), self._clock()
        ends_at = now + IDLE_SECONDS
        begun = _SignIn(can_control, ends_at, now + LONGEST_SECONDS, noted=ends_at)
        self._note(digest(secret), begun)
        if len(self._by_digest) > MOST:
            self._forget(next(iter(self._by_digest)))
        return secret

    def holds(self, secret: str) -> bool:
        """Say whether *secret* is of a browser that is signed in, which counts as its use."""
        return self._use(digest(secret))

    def principal_of(self, secret: str) -> Principal | None:
        """Return who holds *secret*, if a browser that is signed in does; counts as its use."""
        name = digest(secret)
        if not self._use(name):
            return None
        known = self._by_digest[name]
        return Principal(
            PrincipalKind.PERSON,
            can_control=known.can_control,
            expires_at=int(known.ends_for_good_at * 1000),
            # The digest is of 256 random bits: the beginning of it helps nobody to guess them.
            name=f"sign-in {name[:8]}",
            # A page that is open and shows what happens is in use.
            lasts=partial(self._use, name),
        )

    def end(self, secret: str) -> None:
        """Sign a browser out; does nothing if it is not signed in."""
        self._forget(digest(secret))

    def _use(self, name: str) -> bool:
        known = self._by_digest.pop(name, None)
        if known is None:
            return False
        now = self._clock()
        if now >= known.ends_at:
            self._keeper.drop(name)
            return False
        ends_at = min(now + IDLE_SECONDS, known.ends_for_good_at)
        used = msgspec.structs.replace(known, ends_at=ends_at)
        if ends_at >= known.noted + NOTED_SECONDS:
            self._note(name, msgspec.structs.replace(used, noted=ends_at))
        else:
            self._by_digest[name] = used
        return True

    def _note(self, name: str, known: _SignIn) -> None:
        self._by_digest[name] = known
        self._keeper.put(name, _encode(known).decode(), ends_at=int(known.ends_at * 1000))

    def _forget(self, name: str) -> None:
        if self._by_digest.pop(name, None) is not None:
            self._keeper.drop(name)
