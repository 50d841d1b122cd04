"""Taking a page over by hand for a while, and handing it back."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from agent_runtime.actions.call import Call
from agent_runtime.actions.registry import action
from agent_runtime.browser.control import Lease

Seconds = Annotated[float, Meta(gt=0, le=3600, description="How long from now.")]

Token = Annotated[str, Meta(min_length=1, max_length=128, description="That of `take_control`.")]


class Control(msgspec.Struct, frozen=True):
    """Who drives the page by hand, and for how many seconds more; null if commands do."""

    holder: str | None
    seconds: float | None


class TakenControl(msgspec.Struct, frozen=True):
    """The lease; its *token* goes with whatever its holder does to the page."""

    token: str
    holder: str
    seconds: float


@action(family="control", reads=True, on_page=False, example={})
async def control(call: Call) -> Control:
    """Say whether a person drives the page."""
    tab = call.open_tab = await call.browser.tab(call.command.page)
    lease = tab.control.lease
    return Control(None, None) if lease is None else Control(lease.holder, lease.seconds_left)


@action(family="control", reads=False, on_page=False, example={"holder": "Ada", "seconds": 60})
async def take_control(
    call: Call,
    *,
    holder: Annotated[str, Meta(min_length=1, max_length=100, description="Who takes it.")],
    seconds: Seconds = 60,
    interrupt: Annotated[
        bool, Meta(description="Stop the command that runs on the page, instead of waiting for it.")
    ] = False,
) -> TakenControl:
    """Take the page over by hand; until it is handed back no command moves it.

    Commands for the page fail with `human_has_control` or wait, as their `if_controlled` says;
    those with the lease's token as `control_token` are its holder's own. One person at a time.
    """
    tab = call.open_tab = await call.browser.tab(call.command.page)
    tab.control.refuse()
    if interrupt and tab.turn.locked():
        tab.take_over()
    async with tab.turn:
        return _taken(tab.control.take(holder, seconds))


@action(family="control", reads=False, on_page=False, example={"token": "1-…", "seconds": 60})
async def extend_control(call: Call, *, token: Token, seconds: Seconds = 60) -> TakenControl:
    """Keep the page for longer."""
    tab = call.open_tab = await call.browser.tab(call.command.page)
    return _taken(tab.control.extend(token, seconds))


@action(family="control", reads=False, on_page=False, example={"token": "1-…", "note": "signed in"})
async def return_control(
    call: Call,
    *,
    token: Token,
    note: Annotated[
        str, Meta(max_length=2000, description="What whoever goes on should know.")
    ] = "",
) -> Control:
    """Hand the page back to commands; the note stands in the history."""
    tab = call.open_tab = await call.browser.tab(call.command.page)
    lease = tab.control.give_back(token)
    return Control(lease.holder, None)


def _taken(lease: Lease) -> TakenControl:
    return TakenControl(lease.token, lease.holder, lease.seconds_left)
