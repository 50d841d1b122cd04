"""The secrets of one agent while it runs: fetched to be typed, and masked from then on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from agent_runtime.secrets.errors import SecretUnknown
from agent_runtime.secrets.masking import Masking
from agent_runtime.secrets.secret import Secret
from agent_runtime.secrets.store import Entry, SecretStore
from agent_runtime.secrets.totp import Totp
from agent_runtime.secrets.typed_fields import TypedFields

_MARGIN_SECONDS: Final = 2.0
"""A code that is good for less would be over before the site looks at it."""

_CODE_SECONDS: Final = 600.0
"""How long a code is masked: as long as a page may still show it, though it is long over."""


class Vault:
    """What the store holds, as far as this process has seen it.

    Values in the file are masked from the agent's start, for a page may show what an earlier life
    typed; those in a keyring from their first use on, since fetching one may ask a person.
    """

    def __init__(
        self, store: SecretStore | None = None, *, now: Callable[[], float] = time.time
    ) -> None:
        """Use *store*, or hold no secret at all; *now* is the time by which codes are made."""
        self._store = store
        self._now = now
        self.masking = Masking()
        self.typed_fields = TypedFields()

    def load(self) -> None:
        """Mask what the file holds already.

        Raises:
            SecretsUnavailable: it cannot be read.
        """
        if self._store is not None:
            self._learn_entries(self._store.entries().values())

    async def entries(self) -> tuple[Entry, ...]:
        """Return what there is, by name.

        Raises:
            SecretsUnavailable: it cannot be read.
        """
        entries = await self._read()
        return tuple(entries[name] for name in sorted(entries))

    async def secret(self, name: str) -> Secret:
        """Return the secret *name*; whoever gets it may type it, and do nothing else with it.

        Raises:
            SecretUnknown: there is none; the message names the nearest.
            SecretsUnavailable: it cannot be read.
        """
        await self._read()
        if self._store is None:
            raise SecretUnknown(f"there is no secret {name!r}: this agent keeps none")
        secret = await asyncio.to_thread(self._store.secret, name)
        self.masking.learn(name, secret.texts())
        return secret

    async def code(self, secret: Secret) -> str:
        """Return a code of *secret*, a key of one-time codes; waits for one that is good a while.

        Raises:
            SecretInvalid: it is no such key.
        """
        totp = Totp.read(secret.value)
        margin = min(_MARGIN_SECONDS, totp.period / 4)
        while (left := totp.seconds_left(self._now())) < margin:  # noqa: ASYNC110 (time has no event)
            await asyncio.sleep(left)
        code = totp.code(self._now())
        self.masking.learn(secret.name, [code], seconds=_CODE_SECONDS)
        return code

    async def _read(self) -> Mapping[str, Entry]:
        if self._store is None:
            return {}
        entries = await asyncio.to_thread(self._store.entries)
        self._learn_entries(entries.values())
        return entries

    def _learn_entries(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            if entry.value is not None:
                secret = Secret(entry.name, entry.kind, entry.value, entry.hosts)
                self.masking.learn(entry.name, secret.texts())
