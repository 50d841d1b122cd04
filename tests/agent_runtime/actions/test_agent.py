"""The browser as a whole, restarted on request."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, eventually, running_browser
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]


async def test_a_restart_keeps_profile_and_pages_under_new_ids(tmp_path: Path, site: Site) -> None:
    async with running_browser(tmp_path) as browser:
        asker = Asker(browser)
        await asker.get("goto", url=site.url("/sign-in?user=ada"))
        await asker.get("goto", url=site.url("/account"))
        await asker.get("new_page", url=site.url("/form"), label="form")
        await asker.get("new_page", url=site.url("/form"), isolated=True)

        restarted = await asker.ask("restart_browser")

        assert restarted.error is None
        assert restarted.notices[0].startswith("The browser was restarted on request")
        assert browser.epoch == 2
        assert [(tab.page.url, tab.label) for tab in browser.tabs] == [
            (site.url("/account"), None),
            (site.url("/form"), "form"),
        ]
        assert {tab.id for tab in browser.tabs}.isdisjoint({"p1", "p2", "p3"})
        assert await asker.get("inner_text", target="#session") == "ada"
        assert await asker.get("title", page="form") == "Form"
        assert code_of(await asker.ask("title", page="p1")) == "page_closed"


async def test_what_runs_during_a_restart_says_so(tmp_path: Path) -> None:
    async with running_browser(tmp_path) as browser:
        asker = Asker(browser)
        main = browser.tabs.main
        assert main is not None
        async with asyncio.TaskGroup() as group:
            waiting = group.create_task(
                asker.ask("evaluate", expression="new Promise(() => {})", timeout=30)
            )
            await eventually(main.turn.locked)
            await asker.get("restart_browser")

        outcome = waiting.result()
        assert (code_of(outcome), outcome.effect) == ("browser_restarted", Effect.PARTIAL)
        assert await asker.get("evaluate", expression="1") == 1
