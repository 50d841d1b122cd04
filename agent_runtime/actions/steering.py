"""Whose turn it is on a page: commands take turns, and none comes while a person drives it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from agent_runtime.actions.call import Call
from agent_runtime.browser.tab import Tab
from xagent_protocol.messages import WAIT


@contextlib.asynccontextmanager
async def turn(call: Call, tab: Tab) -> AsyncIterator[None]:
    """Hold the page's turn, which is given to nobody while a person drives the page.

    Except to their own commands; others wait, before they take it, or are refused.

    Raises:
        HumanHasControl, NotInControl
    """
    while True:
        await steering(call, tab)
        async with tab.turn:
            if tab.control.lease is not None and call.command.control_digest is None:
                continue  # taken over while this waited for its turn
            _check(call, tab)
            yield
            return


async def steering(call: Call, tab: Tab) -> None:
    """Let *call* do something to *tab* outside of any turn, as soon as it may.

    Raises:
        HumanHasControl, NotInControl
    """
    if tab.control.lease is not None and call.command.control_digest is None:
        if call.command.if_controlled != WAIT:
            tab.control.refuse()
        await tab.control.wait_until_free()
        if (last := tab.control.last) is not None:
            said = f": {last.note}" if last.note else ""
            call.notices += (f"waited until {last.holder} handed page {tab.id} back{said}",)
    _check(call, tab)


def _check(call: Call, tab: Tab) -> None:
    if call.command.control_digest is not None:
        tab.control.renew(call.command.control_digest)
