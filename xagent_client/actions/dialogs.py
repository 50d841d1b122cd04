"""The dialogs of pages (alert, beforeunload, confirm, prompt). None of these waits for the page.

Made from the agents' own actions by `python -m docs.generator`: edit those, not this.
"""

from __future__ import annotations

from typing import Literal, Unpack

from xagent_client import results
from xagent_client.asking import Asking, How
from xagent_client.exchange import Call
from xagent_client.verbs import verb


class DialogsActions(Asking):
    """The dialogs of pages (alert, beforeunload, confirm, prompt). None of these waits for the page."""

    @verb
    def dialog(self, **how: Unpack[How]) -> Call[results.ShownDialog]:
        """Say what dialog the page shows, or showed last."""
        return self._result("dialog", {}, how, results.ShownDialog)

    @verb
    def handle_dialog(
        self,
        accept: bool,
        *,
        prompt_text: str | None = None,
        **how: Unpack[How],
    ) -> Call[results.DialogState]:
        """Answer the dialog that stops the page, by OK or by Cancel.

        Args:
            prompt_text: What a prompt is told.
        """
        return self._result(
            "handle_dialog",
            {"accept": accept, "prompt_text": prompt_text},
            how,
            results.DialogState,
        )

    @verb
    def dialog_policy(
        self,
        *,
        alert: Literal["accept", "dismiss", "leave"] | None = None,
        beforeunload: Literal["accept", "dismiss", "leave"] | None = None,
        confirm: Literal["accept", "dismiss", "leave"] | None = None,
        prompt: Literal["accept", "dismiss", "leave"] | None = None,
        prompt_text: str | None = None,
        **how: Unpack[How],
    ) -> Call[results.DialogPolicy]:
        """Say what becomes of dialogs from now on, on every page, and return all of the policy.

        `leave` keeps a dialog open: the command that opened it, and every other that needs the
        page, fails with `dialog_open` until `handle_dialog` answers it. At first alert and
        beforeunload are accepted, confirm and prompt dismissed. What is left out stays as it is.

        Args:
            alert: What to do with a dialog.
            beforeunload: What to do with a dialog.
            confirm: What to do with a dialog.
            prompt: What to do with a dialog.
            prompt_text: What an accepted prompt is told.
        """
        return self._result(
            "dialog_policy",
            {
                "alert": alert,
                "beforeunload": beforeunload,
                "confirm": confirm,
                "prompt": prompt,
                "prompt_text": prompt_text,
            },
            how,
            results.DialogPolicy,
        )
