"""Taking a page over by hand for a while, and handing it back."""

from __future__ import annotations

import unicodedata
from typing import Annotated

import msgspec
from msgspec import Meta

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.registry import action
from agent_runtime.browser.control import Lease
from agent_runtime.browser.tab import Tab
from xagent_protocol.errors import ErrorCode

Seconds = Annotated[
    float, Meta(gt=0, le=3600, description="It ends after so long without anything done under it.")
]


class Control(msgspec.Struct, frozen=True):
    """Who drives the page by hand, and for how many seconds more; null if commands do."""

    holder: str | None
    seconds: float | None


class TakenControl(msgspec.Struct, frozen=True):
    """The lease, the *number*th of its page, that ends in *seconds* unless it is used."""

    holder: str
    seconds: float
    number: int


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
    holder: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=100,
            description="Who takes it; others are told this, and behind it in parentheses the "
            "credential that asked.",
        ),
    ],
    seconds: Seconds = 60,
    interrupt: Annotated[
        bool, Meta(description="Stop the command that runs on the page, instead of waiting for it.")
    ] = False,
) -> TakenControl:
    """Take the page over by hand, under the `control_token` that the command is sent with.

    Until it is handed back no command moves or reads the page, but those with the same token: they
    fail with `human_has_control` or wait, as their `if_controlled` says. One person at a time.
    Dialogs stay open meanwhile, and nothing is recorded.
    """
    tab = call.open_tab = await call.browser.tab(call.command.page)
    digest = _digest(call)
    if (lease := tab.control.lease) is not None:
        return _taken(tab.control.take(lease.holder, digest, seconds))
    holder = _named(holder, call.command.requested_by)
    _check_unrecorded(call, tab)
    tab.control.refuse_spent(digest)
    if not tab.turn.locked() or not interrupt:
        async with tab.turn:
            return _taken(_take(call, tab, holder, digest, seconds))
    with tab.taking_over(holder):
        async with tab.turn:
            return _taken(_take(call, tab, holder, digest, seconds))


@action(family="control", reads=False, on_page=False, example={"seconds": 60})
async def extend_control(call: Call, *, seconds: Seconds = 60) -> TakenControl:
    """Keep the page for longer; whatever is done under the lease extends it as well."""
    tab = call.open_tab = await call.browser.tab(call.command.page)
    return _taken(tab.control.renew(_digest(call), seconds))


@action(family="control", reads=False, on_page=False, example={"note": "signed in"})
async def return_control(
    call: Call,
    *,
    note: Annotated[
        str, Meta(max_length=1000, description="What whoever goes on should know.")
    ] = "",
) -> Control:
    """Hand the page back to commands; those that waited are told the note."""
    tab = call.open_tab = await call.browser.tab(call.command.page)
    lease = tab.control.give_back(_digest(call), note)
    return Control(lease.holder, None)


def _take(call: Call, tab: Tab, holder: str, digest: str, seconds: float) -> Lease:
    _check_unrecorded(call, tab)
    return tab.control.take(holder, digest, seconds)


def _named(holder: str, credential: str | None) -> str:
    """Return what a holder says of themselves, and what the orchestrator says of them.

    The latter alone stands in parentheses and at the end: nobody can say it of themselves, nor
    turn the text around.
    """
    if credential is None:
        return holder  # an older orchestrator
    said = "".join(each for each in holder if _is_plain(each)).strip()
    return f"{said} ({credential})" if said else credential


def _is_plain(character: str) -> bool:
    return character.isprintable() and unicodedata.category(character) not in ("Ps", "Pe")


def _digest(call: Call) -> str:
    if call.command.control_digest is None:
        raise ActionFailed(
            ErrorCode.INVALID_PARAMS, "control_token: needed, beside `action` and `params`"
        )
    return call.command.control_digest


def _check_unrecorded(call: Call, tab: Tab) -> None:
    for records in call.browser.recorders:
        if (recording := records(tab)) is not None:
            raise ActionFailed(
                ErrorCode.BLOCKED_BY_POLICY,
                f"{recording} records page {tab.id} and would keep what is typed: stop it first",
            )


def _taken(lease: Lease) -> TakenControl:
    return TakenControl(lease.holder, lease.seconds_left, lease.number)
