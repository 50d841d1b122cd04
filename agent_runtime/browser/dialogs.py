"""The JavaScript dialogs of one page: answered by policy, or left open for whoever is to decide.

An open dialog stops its page: nothing that needs the page can go on before it is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import msgspec
from playwright.async_api import Dialog

from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.text import printable
from xagent_protocol.ids import PageId
from xagent_protocol.outcomes import DialogState

_MAX_MESSAGE: Final = 2_000

OPEN: Final = "open"


class DialogAnswer(StrEnum):
    """What to do with a dialog."""

    ACCEPT = "accept"
    DISMISS = "dismiss"
    LEAVE = "leave"


_DONE: Final = {True: "accepted", False: "dismissed"}


class DialogPolicy(msgspec.Struct, frozen=True):
    """What becomes of each kind of dialog; *prompt_text* is what an accepted prompt is told.

    An alert only informs and a beforeunload stands in the way of what was asked for, so both are
    accepted; a confirm or a prompt asks for a decision that nobody here may make.
    """

    alert: DialogAnswer = DialogAnswer.ACCEPT
    beforeunload: DialogAnswer = DialogAnswer.ACCEPT
    confirm: DialogAnswer = DialogAnswer.DISMISS
    prompt: DialogAnswer = DialogAnswer.DISMISS
    prompt_text: str | None = None

    def answer_to(self, kind: str) -> DialogAnswer:
        """Return what to do with a dialog of Playwright's *kind*."""
        answer = getattr(self, kind, DialogAnswer.DISMISS)
        assert isinstance(answer, DialogAnswer)
        return answer


LEAVE_ALL: Final = DialogPolicy(*[DialogAnswer.LEAVE] * 4)
"""What holds while a person drives the page: they decide themselves."""


class Dialogs:
    """What one page has shown."""

    def __init__(self, page_id: PageId, on_open: Callable[[], None]) -> None:
        """Begin with nothing shown; *on_open* is called when one is left open."""
        self._page_id = page_id
        self._on_open = on_open
        self._open: Dialog | None = None
        self.shown = 0
        """How many there were so far."""
        self.last: DialogState | None = None

    @property
    def open(self) -> DialogState | None:
        """The one that stops the page."""
        return self.last if self._open is not None else None

    async def meet(self, dialog: Dialog, policy: DialogPolicy) -> None:
        """Do with *dialog* what *policy* says, at once."""
        answer = policy.answer_to(dialog.type)
        self.shown += 1
        if answer is DialogAnswer.LEAVE:
            self._open = dialog
            self.last = self._state(dialog, OPEN)
            self._on_open()
            return
        accepts = answer is DialogAnswer.ACCEPT
        self.last = self._state(dialog, _DONE[accepts])
        try:
            await (dialog.accept(policy.prompt_text) if accepts else dialog.dismiss())
        except CALL_FAILED:
            return  # it closed with its page

    async def answer(self, *, accept: bool, prompt_text: str | None) -> DialogState | None:
        """Answer the open dialog and return how; null if there is none, or none any more."""
        dialog, self._open = self._open, None
        if dialog is None:
            return None
        self.last = self._state(dialog, _DONE[accept])
        try:
            await (dialog.accept(prompt_text) if accept else dialog.dismiss())
        except CALL_FAILED:
            return None
        return self.last

    def forget(self) -> None:
        """Note that the page is on another document, which has no dialog of the one before."""
        self._open = None

    def _state(self, dialog: Dialog, action: str) -> DialogState:
        return DialogState(
            dialog.type,
            printable(dialog.message)[:_MAX_MESSAGE],
            action,
            self._page_id,
            printable(dialog.default_value)[:_MAX_MESSAGE],
        )
