"""Scripts of ours in a world of their own."""

from __future__ import annotations

import pytest

from agent_runtime.actions.isolated import ScriptTooSlow, run_isolated
from agent_runtime.actions.javascript import ScriptFailed
from agent_runtime.browser.tab import Tab
from tests.agent_runtime.actions.asking import Asker
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_document_is_shared_and_nothing_else(asker: Asker, site: Site) -> None:
    tab = await _on(asker, site, "/strict")
    await asker.get("evaluate", expression="window.mine = 1; JSON.stringify = () => 'trap'; 0")

    assert await run_isolated(tab, "() => document.title", None) == "Strict"
    assert await run_isolated(tab, "given => [typeof mine, given]", {"a": [1, "é\ud800"]}) == [
        "undefined",
        {"a": [1, "é\ud800"]},
    ]


async def test_a_promise_is_awaited_and_an_error_raised(asker: Asker, site: Site) -> None:
    tab = await _on(asker, site, "/form")

    assert await run_isolated(tab, "async () => 7", None) == 7
    with pytest.raises(ScriptFailed, match="TypeError: so"):
        await run_isolated(tab, "() => { throw new TypeError('so') }", None)


async def test_a_script_without_end_is_stopped_and_the_page_goes_on(
    asker: Asker, site: Site
) -> None:
    tab = await _on(asker, site, "/form")

    with pytest.raises(ScriptTooSlow):
        await run_isolated(tab, "() => { while (true) {} }", None, limit_ms=50)

    assert await asker.get("evaluate", expression="location.pathname") == "/form"


async def _on(asker: Asker, site: Site, path: str) -> Tab:
    await asker.get("goto", url=site.url(path))
    tab = asker.browser.tabs.main
    assert tab is not None
    return tab
