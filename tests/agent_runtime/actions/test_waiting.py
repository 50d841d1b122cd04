"""What is said of conditions that are not met; the rest is tried by `wait_for`."""

from __future__ import annotations

import asyncio

import pytest

from agent_runtime.actions.agent_permissions import Permissions
from agent_runtime.actions.call import ActionLimits, Call
from agent_runtime.actions.errors import ActionTimedOut
from agent_runtime.actions.waiting import Waiting
from agent_runtime.secrets.vault import Vault
from tests.agent_runtime.actions.asking import Asker
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


class _Impatient(Call):
    """Gives Playwright little time, and has much left to explain why that was not enough."""

    @property
    def patience_ms(self) -> float:
        return 50.0


def _call(asker: Asker) -> Call:
    deadline = asyncio.get_running_loop().time() + 10
    return _Impatient(
        asker.command("wait_for"),
        asker.browser,
        asker.artifacts,
        ActionLimits(),
        deadline,
        asker.performer,
        Vault(),
        Permissions(),
        open_tab=asker.browser.tabs.main,
    )


async def test_a_text_that_is_there_but_hidden_is_said_to_be(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/happenings"))

    for text, said in (("behind the curtain", "there, but hidden"), ("nowhere", "is at http")):
        with Waiting(_call(asker)) as waiting:
            waiting.text(text)
            with pytest.raises(ActionTimedOut, match=said):
                await waiting.all()


async def test_of_several_that_did_not_come_each_is_named(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/happenings"))

    with Waiting(_call(asker)) as waiting:
        waiting.element("#never", "visible", None)
        waiting.text("nowhere")
        waiting.console("x")
        with pytest.raises(ActionTimedOut) as raised:
            await waiting.first()

    for word in ("#never", "nowhere", "console message"):
        assert word in str(raised.value)
