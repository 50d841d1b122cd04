"""The dialogs of pages (alert, beforeunload, confirm, prompt). None of these waits for the page."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.registry import action
from agent_runtime.actions.steering import steering
from agent_runtime.browser.dialogs import DialogAnswer, DialogPolicy
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import DialogState, Effect


class ShownDialog(msgspec.Struct, frozen=True):
    """The open dialog of the page, or else the last that was answered; null if there was none."""

    dialog: DialogState | None


@action(family="dialogs", reads=True, on_page=False, example={})
async def dialog(call: Call) -> ShownDialog:
    """Say what dialog the page shows, or showed last."""
    tab = call.open_tab = await call.browser.tab(call.command.page)
    return ShownDialog(tab.dialogs.open or tab.dialogs.last)


@action(family="dialogs", reads=False, on_page=False, example={"accept": True})
async def handle_dialog(
    call: Call,
    *,
    accept: bool,
    prompt_text: Annotated[str, Meta(description="What a prompt is told.")] | None = None,
) -> DialogState:
    """Answer the dialog that stops the page, by OK or by Cancel."""
    tab = call.open_tab = await call.browser.tab(call.command.page)
    await steering(call, tab)
    if prompt_text is not None and not accept:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS, "prompt_text: a prompt that is dismissed is told nothing"
        )
    answered = await tab.dialogs.answer(accept=accept, prompt_text=prompt_text)
    if answered is None:
        raise ActionFailed(
            ErrorCode.NOT_ACTIONABLE,
            f"page {tab.id} shows no dialog: what it showed last is in `dialog`",
            effect=Effect.NONE,
        )
    return answered


@action(family="dialogs", reads=False, on_page=False, example={"confirm": "leave"})
async def dialog_policy(
    call: Call,
    *,
    alert: DialogAnswer | None = None,
    beforeunload: DialogAnswer | None = None,
    confirm: DialogAnswer | None = None,
    prompt: DialogAnswer | None = None,
    prompt_text: Annotated[str, Meta(description="What an accepted prompt is told.")] | None = None,
) -> DialogPolicy:
    """Say what becomes of dialogs from now on, on every page, and return all of the policy.

    `leave` keeps a dialog open: the command that opened it, and every other that needs the page,
    fails with `dialog_open` until `handle_dialog` answers it. At first alert and beforeunload are
    accepted, confirm and prompt dismissed. What is left out stays as it is.
    """
    given = {
        "alert": alert,
        "beforeunload": beforeunload,
        "confirm": confirm,
        "prompt": prompt,
        "prompt_text": prompt_text,
    }
    tabs = call.browser.tabs
    tabs.dialog_policy = msgspec.structs.replace(
        tabs.dialog_policy, **{name: value for name, value in given.items() if value is not None}
    )
    return tabs.dialog_policy
