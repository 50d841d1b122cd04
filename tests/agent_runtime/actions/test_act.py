"""Acting on elements."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_click_is_one_click(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/buttons"))
    before = site.hits["/count"]

    await asker.get("click", target="#counter")

    await asker.get("wait_for", text="1")
    assert await asker.get("inner_text", target="#counter") == "1"
    assert site.hits["/count"] == before + 1


async def test_a_click_waits_until_its_element_shows(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/buttons"))

    assert await asker.get("click", target="#later") is None


async def test_a_click_takes_its_options(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/buttons"))
    await asker.get(
        "evaluate",
        expression="addEventListener('click', e => { window.seen = [e.shiftKey, e.detail] })",
    )

    await asker.get(
        "click",
        target="#counter",
        modifiers=["Shift"],
        click_count=2,
        position={"x": 2, "y": 2},
    )

    assert await asker.get("evaluate", expression="seen") == [True, 2]


async def test_fill_replaces_and_press_presses(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("fill", target="#name", value="old")
    await asker.get("fill", target="#name", value="new")

    await asker.get("press", target="#name", key="Enter")

    assert await asker.get("evaluate", expression="document.getElementById('name').value") == "new"
    assert await asker.get("inner_text", target="#said") == "entered"


async def test_press_without_a_target_goes_to_the_focus(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("click", target="#name")

    await asker.get("press", key="a")

    assert await asker.get("evaluate", expression="document.getElementById('name').value") == "a"


async def test_an_unknown_key_is_invalid(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    assert code_of(await asker.ask("press", key="Bogus")) == "invalid_params"
    assert code_of(await asker.ask("press", target="#name", key="Bogus")) == "invalid_params"


async def test_hover_moves_the_mouse_over(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    await asker.get("hover", target="#menu")

    assert await asker.get("inner_text", target="#menu") == "hovered"


@pytest.mark.parametrize(
    ("choice", "value"),
    [({"value": "g"}, "g"), ({"label": "blue"}, "b"), ({"index": 0}, "r"), ({"value": ["b"]}, "b")],
)
async def test_an_option_is_chosen_by_value_label_or_index(
    asker: Asker, site: Site, choice: dict[str, Any], value: str
) -> None:
    await asker.get("goto", url=site.url("/form"))

    assert await asker.get("select_option", target="#colour", **choice) == [value]


async def test_an_option_that_is_not_there_is_not_chosen(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    missing = await asker.ask("select_option", target="#colour", value="x", timeout=0.6)
    none = await asker.ask("select_option", target="#colour")
    elsewhere = await asker.ask("select_option", target="#name", value="x")

    assert code_of(missing) == "not_actionable"
    assert code_of(none) == "invalid_params"
    assert code_of(elsewhere) == "not_actionable"
