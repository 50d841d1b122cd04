"""Taking a page over by hand for a while, and handing it back.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Unpack

from xagent_client import results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class ControlActions(Asking):
    """Taking a page over by hand for a while, and handing it back."""

    @verb
    def control(self, **how: Unpack[How]) -> Call[results.Control]:
        """Say whether a person drives the page."""
        return self._result("control", {}, how, results.Control)

    @verb
    def take_control(
        self,
        holder: str,
        *,
        seconds: float | None = None,
        interrupt: bool | None = None,
        **how: Unpack[How],
    ) -> Call[results.TakenControl]:
        """Take the page over by hand, under the `control_token` that the command is sent with.

        Until it is handed back no command moves or reads the page, but those with the same token:
        they fail with `human_has_control` or wait, as their `if_controlled` says. One person at a
        time. Dialogs stay open meanwhile, and nothing is recorded.

        Args:
            holder: Who takes it; others are told this, and behind it in parentheses the credential
                that asked.
            seconds: It ends after so long without anything done under it.
            interrupt: Stop the command that runs on the page, instead of waiting for it.
        """
        return self._result(
            "take_control",
            {"holder": holder, "seconds": seconds, "interrupt": interrupt},
            how,
            results.TakenControl,
        )

    @verb
    def extend_control(
        self, *, seconds: float | None = None, **how: Unpack[How]
    ) -> Call[results.TakenControl]:
        """Keep the page for longer; whatever is done under the lease extends it as well.

        Args:
            seconds: It ends after so long without anything done under it.
        """
        return self._result("extend_control", {"seconds": seconds}, how, results.TakenControl)

    @verb
    def return_control(self, note: str | None = None, **how: Unpack[How]) -> Call[results.Control]:
        """Hand the page back to commands; those that waited are told the note.

        Args:
            note: What whoever goes on should know.
        """
        return self._result("return_control", {"note": note}, how, results.Control)
