"""A picture drawn again."""

from __future__ import annotations

import pytest

from agent_runtime.actions.box import Box
from agent_runtime.actions.capture import PictureType
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.retouch import retouch
from agent_runtime.browser.tab import Tab
from tests.agent_runtime.actions.asking import Asker
from tests.agent_runtime.actions.pictures import colors_of, different_pixels, size_of
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_picture_that_nothing_is_done_to_stays_the_same(asker: Asker, site: Site) -> None:
    tab = await _on(asker, site, "/shop")
    picture = await tab.page.screenshot()

    types: tuple[PictureType, ...] = ("png", "webp")
    for type in types:
        drawn, scale = await retouch(tab, picture, is_css=True, type=type, quality=None)
        assert await different_pixels(asker, picture, drawn) == 0
        assert scale == 1


async def test_a_lower_quality_is_smaller(asker: Asker, site: Site) -> None:
    tab = await _on(asker, site, "/shop")
    picture = await tab.page.screenshot()

    types: tuple[PictureType, ...] = ("jpeg", "webp")
    for type in types:
        usual, _ = await retouch(tab, picture, is_css=True, type=type, quality=None)
        low, _ = await retouch(tab, picture, is_css=True, type=type, quality=5)
        assert len(low) < len(usual)


async def test_a_number_stays_inside_of_the_picture(asker: Asker, site: Site) -> None:
    tab = await _on(asker, site, "/index")
    picture = await tab.page.screenshot(clip={"x": 600, "y": 300, "width": 60, "height": 40})
    boxes = [Box(0, 0, 20, 20), Box(-30, -30, 500, 500), Box(50, 30, 30, 30)]

    drawn, _ = await retouch(tab, picture, boxes=boxes, is_css=True, type="png", quality=None)

    assert await size_of(asker, drawn) == (60, 40)
    corner = (await colors_of(asker, drawn, (1, 39)))[0]
    assert corner[3] == 255


async def test_what_the_browser_cannot_draw_is_explained(asker: Asker, site: Site) -> None:
    tab = await _on(asker, site, "/index")

    with pytest.raises(ActionFailed, match="too large") as caught:
        await retouch(tab, b"beyond any canvas", is_css=True, type="png", quality=None)

    assert caught.value.code == "result_too_large"
    assert caught.value.effect is Effect.NONE


async def _on(asker: Asker, site: Site, path: str) -> Tab:
    await asker.get("goto", url=site.url(path))
    tab = asker.browser.tabs.main
    assert tab is not None
    return tab
