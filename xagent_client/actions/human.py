"""Wait for a person to do by hand what no command can. None of this waits for the page.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Unpack

from xagent_client import results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class HumanActions(Asking):
    """Wait for a person to do by hand what no command can. None of this waits for the page."""

    @verb
    def request_human(self, reason: str, **how: Unpack[How]) -> Call[results.Released]:
        """Ask for a person, and wait until somebody says `release_human`.

        Give the command as much timeout as a person needs: when it is over, so is the request.
        Other commands go on meanwhile, on the same page too. The command's page is the one to look
        at.

        Args:
            reason: What the person is to do, and why.
        """
        return self._result("request_human", {"reason": reason}, how, results.Released)

    @verb
    def release_human(
        self,
        note: str | None = None,
        *,
        request: str | None = None,
        **how: Unpack[How],
    ) -> Call[results.ReleasedRequest]:
        """Say that a person has done what was asked; the command that waits for it goes on.

        Args:
            note: What whoever asked should know.
            request: Needed if several are open.
        """
        return self._result(
            "release_human", {"note": note, "request": request}, how, results.ReleasedRequest
        )
