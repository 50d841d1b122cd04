"""Every view by the rules of axe-core, in light and in dark, and as wide as a telephone."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.dashboard.actors import MALLORY
from tests.dashboard.conftest import somebody
from tests.end_to_end.fleet import Fleet

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]

DESK: ViewportSize = {"width": 1000, "height": 600}
"""Wide enough for the wide form of every view, and no card more than that needs."""
PHONE: ViewportSize = {"width": 390, "height": 844}

TOO_WIDE = "document.documentElement.scrollWidth > innerWidth"


def axe() -> str:
    """Return the program that looks for what somebody could not see, read or reach."""
    found = find_spec("axe_playwright_python")
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / "axe.min.js").read_text()


async def views(fleet: Fleet) -> dict[str, str]:
    """Return each view's address, and what is to be seen before it is looked at."""
    failed = fleet.run(MALLORY, "fail")
    ran = fleet.run("alpha", "screenshot")
    return {
        "/": "crowd-0000",
        "/?view=list": "crowd-0000",
        "/?q=nobody-is-called-so": "Show all agents",
        "/agents/alpha": "The same from",
        "/agents/alpha/run?action=set_cookies": "The same from",
        "/agents/alpha/history": "screenshot",
        "/agents/alpha/about": "Registration",
        "/history": "mallory",
        f"/commands/{failed['request_id']}": "selector_not_found",
        f"/commands/{ran['request_id']}": "screenshot.png",
        "/commands/none": "No such command",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_any_view_and_nothing_is_wider_than_a_telephone(
    chromium: Browser, fleet: Fleet, scheme: Literal["light", "dark"]
) -> None:
    source = axe()
    # Colours are all that is different in the dark.
    rules = ["color-contrast"] if scheme == "dark" else []
    async with somebody(
        chromium, fleet, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True
    ) as context:
        page = await context.new_page()
        found: dict[str, object] = {}
        for view, seen in (await views(fleet)).items():
            await page.set_viewport_size(DESK)
            await page.goto(view)
            await expect(page.get_by_text(seen).first).to_be_attached()
            found[view] = await violations(page, source, rules)
            await page.set_viewport_size(PHONE)
            found[f"{view} in a hand"] = await page.evaluate(TOO_WIDE)
        await page.keyboard.press("Control+K")
        await expect(page.get_by_role("option").first).to_be_visible()
        found["the palette"] = await violations(page, source, rules)

        assert {view: wrong for view, wrong in found.items() if wrong} == {}


async def violations(page: Page, source: str, rules: list[str]) -> list[Any]:
    """Return what axe finds by *rules*, or by all if there are none, short."""
    await page.evaluate(source)
    found = await page.evaluate(
        "rules => axe.run(document, {resultTypes: ['violations'], "
        "...(rules.length ? {runOnly: rules} : {})})",
        rules,
    )
    return [
        (each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found["violations"]
    ]
