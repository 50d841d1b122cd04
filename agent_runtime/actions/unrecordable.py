"""Pages that must not be recorded now: a secret stands in them, or a person is typing there.

A recording would hold it as the page does, in plain text, and so would what is sent when the form
is: so neither is recorded, as no secret is typed, and nobody takes over, where something records.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.browser.errors import CALL_FAILED
from agent_runtime.browser.tab import Tab
from xagent_protocol.errors import ErrorCode

_PATIENCE_SECONDS: Final = 1.0


async def check_recordable(call: Call, tabs: Iterable[Tab]) -> None:
    """Raise `blocked_by_policy` if a secret stands in one of *tabs*.

    And `human_has_control` if somebody else drives one.
    """
    for tab in tabs:
        lease = tab.control.lease
        if lease is not None and lease.digest != call.command.control_digest:
            tab.control.refuse()
        if await _holds_secret(call, tab):
            raise ActionFailed(
                ErrorCode.BLOCKED_BY_POLICY,
                f"a secret that was typed stands in page {tab.id}, and a recording would hold it: "
                "begin once the page has gone elsewhere",
            )


def beside(call: Call, tab: Tab) -> list[Tab]:
    """Return the pages that are recorded with *tab*: those of its context."""
    return [one for one in call.browser.tabs if one.page.context is tab.page.context]


async def _holds_secret(call: Call, tab: Tab) -> bool:
    for field in call.vault.typed_fields.locators(tab.page):
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                if await field.count():
                    return True
        except (TimeoutError, *CALL_FAILED):
            return True  # it may: a page that does not answer does not say
    return False
