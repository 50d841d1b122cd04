"""Type what only the agent knows: passwords, and codes that change with the time.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Unpack

from xagent_client import results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class SecretsActions(Asking):
    """Type what only the agent knows: passwords, and codes that change with the time."""

    @verb
    def secrets(self, **how: Unpack[How]) -> Call[results.KnownSecrets]:
        """List the secrets that can be typed: their names, kinds and hosts, never their values."""
        return self._result("secrets", {}, how, results.KnownSecrets)

    @verb
    def fill_secret(
        self,
        target: str,
        name: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Replace the text of a field by a secret that the agent keeps, without being told its value.

        A secret that is bound to hosts is typed only into a document of one of them. In every
        answer its value is replaced by `[secret:NAME]`, and pictures of the page leave the field
        out.

        Args:
            name: Which one; `secrets` lists their names.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing("fill_secret", {"target": target, "name": name, "frame": frame}, how)

    @verb
    def totp(
        self,
        target: str,
        name: str,
        *,
        frame: str | None = None,
        **how: Unpack[How],
    ) -> Call[None]:
        """Fill a field with the one-time code (TOTP) of the moment, made from a key the agent keeps.

        If the code is good for less than two seconds, the next one is waited for. Hosts and answers
        are as with `fill_secret`.

        Args:
            name: Which one; `secrets` lists their names.

        Raises:
            SelectorNotFound: nothing matches.
            SelectorAmbiguous: more than one element does.
            StaleRef: the ref's document is gone.
        """
        return self._nothing("totp", {"target": target, "name": name, "frame": frame}, how)
