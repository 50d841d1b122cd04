"""Showing which element is meant."""

from __future__ import annotations

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_an_element_is_framed_until_the_frame_is_taken_away(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))
    main = asker.browser.tabs.main
    assert main is not None
    plain = await main.page.screenshot()

    await asker.get("highlight", target="#pad")
    framed = await main.page.screenshot()
    await asker.get("click", target="#pad")
    await asker.get("hide_highlight")
    await asker.get("hide_highlight")

    assert framed != plain
    assert await main.page.screenshot() == plain
    assert "click pad" in str(await asker.get("evaluate", expression="seen"))


@pytest.mark.parametrize(
    ("target", "code"),
    [("#nowhere", "selector_not_found"), (".box", "selector_ambiguous"), ("", "invalid_params")],
)
async def test_what_is_not_one_element_is_not_framed(
    asker: Asker, site: Site, target: str, code: str
) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    assert code_of(await asker.ask("highlight", target=target, timeout=0.3)) == code
