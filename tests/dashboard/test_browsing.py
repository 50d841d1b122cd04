"""An agent's browser, used through its tabs and its address bar."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.end_to_end.fleet import Fleet
from tests.site.server import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_pages_are_tabs_and_the_address_bar_leads_where_one_wants(
    page: Page, site: Site, fleet: Fleet
) -> None:
    await page.goto("/agents/alpha")
    tabs = page.get_by_role("tab")
    await expect(tabs.first).to_be_visible()
    before = await tabs.count()
    await page.get_by_role("button", name="New page").click()
    await expect(tabs).to_have_count(before + 1)
    await expect(tabs.last).to_have_attribute("aria-selected", "true")

    address = page.get_by_label("Address")
    await address.fill(site.url("/article"))
    await address.press("Enter")
    await expect(address).to_have_value(site.url("/article"))
    await address.fill(site.url("/form").removeprefix("http://"))
    await address.press("Enter")
    await expect(address).to_have_value(site.url("/form"))
    await page.get_by_role("button", name="Back").click()
    await expect(address).to_have_value(site.url("/article"))
    await tabs.last.focus()
    await page.keyboard.press("Delete")

    await expect(tabs).to_have_count(before)
    pages = fleet.get("/api/agents/alpha")["browser"]["pages"]
    assert site.url("/article") not in [each["url"] for each in pages]


async def test_what_goes_wrong_on_the_way_is_said_beside_the_address(page: Page) -> None:
    await page.goto("/agents/alpha")
    address = page.get_by_label("Address")
    await address.fill("javascript:alert(1)")

    await address.press("Enter")

    await expect(page.locator(".browse-status.is-wrong code")).to_be_visible()


async def test_a_request_for_a_person_is_answered_with_a_note(page: Page, fleet: Fleet) -> None:
    asked = fleet.run("alpha", "request_human", wait=0, params={"reason": "Read the code aloud."})
    await page.goto("/agents/alpha")
    await expect(page.get_by_text("Read the code aloud.")).to_be_visible()

    await page.get_by_label("Note").fill("It was 4711.")
    await page.get_by_role("button", name="Done, go on").click()

    await expect(page.get_by_text("Read the code aloud.")).to_have_count(0)
    ended = fleet.get(f"/api/commands/{asked['request_id']}", wait=10)
    assert ended["result"]["note"] == "It was 4711."
