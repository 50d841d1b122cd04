"""What was asked before, found again."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.end_to_end.fleet import Fleet

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_commands_are_listed_newest_first_and_what_comes_is_added(
    page: Page, fleet: Fleet
) -> None:
    fleet.run("crowd-0002", "echo")
    await page.goto("/history?agent=crowd-0002")
    rows = page.locator(".history-row")
    await expect(rows).to_have_count(1)

    fleet.run("crowd-0002", "fail")

    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("Failed")
    await expect(rows.first).to_contain_text("selector_not_found")


async def test_filters_stand_in_the_address(page: Page, fleet: Fleet) -> None:
    fleet.run("crowd-0003", "echo")
    fleet.run("crowd-0003", "fail")
    await page.goto("/history")
    await page.get_by_label("Agent", exact=True).fill("crowd-0003")
    await page.get_by_label("Agent", exact=True).press("Enter")
    await page.get_by_label("State").select_option("Failed")
    rows = page.locator(".history-row")
    await expect(rows).to_have_count(1)

    await page.reload()

    await expect(rows).to_have_count(1)
    assert page.url.endswith("/history?agent=crowd-0003&state=failed")


async def test_more_are_fetched_as_one_scrolls(page: Page, fleet: Fleet) -> None:
    with fleet.client() as client:
        for _ in range(60):
            client.post("/api/agents/crowd-0004/commands", json={"action": "echo"})
    await page.set_viewport_size({"width": 1200, "height": 300})
    await page.goto("/agents/crowd-0004/history")
    rows = page.locator(".history-row")
    await expect(rows).to_have_count(50)

    await rows.last.scroll_into_view_if_needed()

    await expect(rows).to_have_count(60)


async def test_a_command_has_an_address_and_is_repeated_from_a_form_that_is_filled_in(
    page: Page, fleet: Fleet
) -> None:
    command = fleet.run("alpha", "evaluate", params={"expression": "6 * 7"})
    await page.goto("/history?action=evaluate&agent=alpha")
    await page.locator(".history-row").first.click()
    await expect(page.get_by_text(command["request_id"])).to_be_visible()
    await expect(page.locator(".command-main .json").first).to_have_text("42")

    await page.get_by_role("link", name="Repeat").click()

    await expect(page.get_by_label("expression")).to_have_value("6 * 7")
    await page.get_by_role("button", name="Run", exact=True).click()
    await expect(page.locator(".outcome .json")).to_have_text("42")


async def test_a_page_of_a_command_says_how_it_ends_when_it_does(page: Page, fleet: Fleet) -> None:
    held = fleet.run("crowd-0005", "hold", wait=0)
    await page.goto(f"/commands/{held['request_id']}")
    await expect(page.get_by_text("It is not over yet")).to_be_visible()

    await page.get_by_role("button", name="Cancel").click()

    await expect(page.locator(".pill").get_by_text("Cancelled")).to_be_visible()


async def test_a_trace_leads_to_the_viewer(page: Page, fleet: Fleet) -> None:
    command = fleet.run("alpha", "title", record="trace")
    await page.goto(f"/commands/{command['request_id']}")

    link = page.get_by_role("link", name="Open the trace")

    trace = command["artifacts"][0]["artifact_id"]
    await expect(link).to_have_attribute("href", f"/traces/{trace}")
