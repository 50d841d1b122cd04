"""Every view by the rules of axe-core, in light and in dark, and as wide as a telephone."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

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


Scheme = Literal["light", "dark"]
STILL: Final[dict[str, Any]] = {"reduced_motion": "reduce", "bypass_csp": True}
"""How a page is looked at: nothing moves, and axe may be put into it."""

SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


@SCHEMES
async def test_axe_finds_nothing_in_any_view_and_nothing_is_wider_than_a_telephone(
    chromium: Browser, fleet: Fleet, scheme: Scheme
) -> None:
    looks = Looks()
    async with somebody(chromium, fleet, color_scheme=scheme, **STILL) as context:
        page = await context.new_page()
        for view, seen in (await views(fleet)).items():
            await page.set_viewport_size(DESK)
            await page.goto(view)
            await expect(page.get_by_text(seen).first).to_be_attached()
            await looks.at(page, view)
        await page.set_viewport_size(DESK)
        await page.keyboard.press("Control+K")
        await expect(page.get_by_role("option").first).to_be_visible()
        await looks.at(page, "the palette")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()
        await looks.at(page, "the keys")

    assert looks.wrong == {}


@SCHEMES
async def test_axe_finds_nothing_while_a_person_has_control(
    chromium: Browser, fleet: Fleet, scheme: Scheme
) -> None:
    looks = Looks()
    async with somebody(chromium, fleet, color_scheme=scheme, **STILL) as context:
        driver = await context.new_page()
        await take_control(driver, "You have control")
        await looks.at(driver, "who drives")
        other = await context.new_page()
        await take_control(other, "has control for")
        await looks.at(other, "who does not")
        await other.close()
        await driver.get_by_role("button", name="Hand back").click()
        await expect(driver.get_by_role("button", name="Take control")).to_be_visible()

    assert looks.wrong == {}


@SCHEMES
async def test_axe_finds_nothing_in_what_leads_in_nor_in_what_a_visitor_sees(
    chromium: Browser, fleet: Fleet, scheme: Scheme
) -> None:
    looks = Looks()
    with fleet.client() as client:
        share = client.post("/api/agents/beta/shares", json={"expires_in": 600}).json()
    async with await chromium.new_context(
        base_url=fleet.url, color_scheme=scheme, viewport=DESK, bypass_csp=True
    ) as context:
        page = await context.new_page()
        await page.goto("/sign-in")
        await looks.at(page, "sign-in")
        await page.set_viewport_size(DESK)
        await page.get_by_label("Token").fill("wrong")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        await looks.at(page, "sign-in, refused")
        await page.goto(share["url"])
        await looks.at(page, "a share")
        await page.set_viewport_size(DESK)
        await page.get_by_role("button").click()
        await expect(page.get_by_text("You are watching")).to_be_visible()
        await looks.at(page, "a visitor")

    assert looks.wrong == {}


async def take_control(page: Page, told: str) -> None:
    """Ask to drive the page of beta, and wait until that is answered."""
    await page.set_viewport_size(DESK)
    await page.goto("/agents/beta")
    await page.get_by_role("button", name="Take control").click()
    await expect(page.get_by_text(told)).to_be_visible()


class Looks:
    """What is wrong with the views that were looked at."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._axe = axe()
        self.wrong: dict[str, Any] = {}

    async def at(self, page: Page, view: str) -> None:
        """Look at a view by all of axe's rules, and at how wide it is in a hand."""
        await page.evaluate(self._axe)
        found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        if found["violations"]:
            self.wrong[view] = [
                (each["id"], [node["target"] for node in each["nodes"]][:3])
                for each in found["violations"]
            ]
        await page.set_viewport_size(PHONE)
        if await page.evaluate(TOO_WIDE):
            self.wrong[f"{view} in a hand"] = "too wide"
