"""Scrolling."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_PAGE_ENDS = {"max_x": 2000 - 1280, "max_y": 3000 - 720}
_LIST_ENDS = {"max_x": 0, "max_y": 900}


@pytest.mark.parametrize(
    ("params", "stands"),
    [
        ({"dy": 500}, {"x": 0, "y": 500, **_PAGE_ENDS}),
        ({"dx": 300, "dy": 9000}, {"x": 300, "y": 2280, **_PAGE_ENDS}),
        ({"dy": -100}, {"x": 0, "y": 0, **_PAGE_ENDS}),
        ({"dy": 50, "target": "#list"}, {"x": 0, "y": 50, **_LIST_ENDS}),
        ({"dy": 50, "target": "#plain"}, {"x": 0, "y": 50, **_PAGE_ENDS}),
        ({"dx": 50, "target": "#list"}, {"x": 50, "y": 0, **_PAGE_ENDS}),
    ],
)
async def test_the_wheel_turns_what_is_under_the_mouse_and_says_where_it_stands(
    asker: Asker, site: Site, params: dict[str, Any], stands: dict[str, float]
) -> None:
    await asker.get("goto", url=site.url("/scrolling"))

    assert await asker.get("scroll", **params) == stands


async def test_a_page_whose_window_scrolls_by_its_body_is_told_of_the_window(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/scrolling"))
    await asker.get("evaluate", expression="document.body.style.overflow = 'auto'")

    assert await asker.get("scroll", dy=500) == {"x": 0, "y": 500, **_PAGE_ENDS}


async def test_a_box_inside_a_shadow_root_is_found(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/scrolling"))
    script = """
      const host = document.body.appendChild(document.createElement('div'));
      host.style = 'position:fixed;inset:100px;background:white';
      host.attachShadow({mode: 'open'}).innerHTML = '<div style="height:300px;overflow:auto">'
        + '<p style="height:400px;margin:0">tall</p></div>';
      1
    """
    await asker.get("evaluate", expression=script)

    assert await asker.get("scroll", dy=30) == {"x": 0, "y": 30, "max_x": 0, "max_y": 100}


async def test_an_element_comes_into_view(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/scrolling"))

    await asker.get("scroll_into_view", target="#far")

    at = await asker.get("evaluate", expression="far.getBoundingClientRect().top")
    assert isinstance(at, int | float)
    assert 0 <= at < 720


@pytest.mark.parametrize(
    ("action", "params", "code", "named"),
    [
        ("scroll", {}, "invalid_params", "dx or dy"),
        ("scroll", {"dy": 0}, "invalid_params", "dx or dy"),
        ("scroll", {"dy": "down"}, "invalid_params", "$.dy"),
        ("scroll", {"dy": 1e9}, "invalid_params", "$.dy"),
        ("scroll", {"dy": 1, "target": "#nowhere"}, "selector_not_found", "#nowhere"),
        ("scroll_into_view", {}, "invalid_params", "target"),
        ("scroll_into_view", {"target": "#nowhere"}, "selector_not_found", "#nowhere"),
    ],
)
async def test_what_cannot_be_scrolled_is_named(
    asker: Asker, site: Site, action: str, params: dict[str, Any], code: str, named: str
) -> None:
    await asker.get("goto", url=site.url("/scrolling"))

    outcome = await asker.ask(action, **params, timeout=0.3)

    assert code_of(outcome) == code
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert named in outcome.error.message
