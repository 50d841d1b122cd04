"""What was asked before, found again."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.dashboard.conftest import somebody
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


async def test_who_asked_is_told_and_looked_for(page: Page, fleet: Fleet) -> None:
    fleet.run("crowd-0062", "echo")
    mine = await ask_by_hand(page, fleet, "crowd-0062", "echo")
    await page.goto("/history?agent=crowd-0062")
    rows = page.locator(".history-row")
    await expect(rows).to_have_count(2)
    await expect(rows.nth(0).locator(".row-by")).to_have_text("you")
    await expect(rows.nth(1).locator(".row-by")).to_have_text("token")

    await page.get_by_label("Asked by").fill("token")
    await page.get_by_label("Asked by").press("Enter")
    await expect(rows).to_have_count(1)
    assert page.url.endswith("/history?agent=crowd-0062&by=token")
    await ask_by_hand(page, fleet, "crowd-0062", "echo")
    fleet.run("crowd-0062", "echo")
    await expect(rows).to_have_count(2)
    await expect(page.locator(".row-by").get_by_text("you")).to_have_count(0)

    await page.goto(f"/commands/{mine['request_id']}")
    link = page.locator(".facts").get_by_role("link", name=f"you ({mine['requested_by']})")
    await link.click()
    await expect(page.get_by_label("Asked by")).to_have_value(mine["requested_by"])
    await expect(rows.first).to_contain_text("you")


async def ask_by_hand(page: Page, fleet: Fleet, agent: str, action: str) -> dict[str, Any]:
    """Ask for an action as the person who signed in."""
    headers = {"Origin": fleet.url, "Sec-Fetch-Site": "same-origin", "X-Xagent": "dashboard"}
    path = f"/api/agents/{agent}/commands"
    answer = await page.request.post(path, data={"action": action}, headers=headers)
    told: dict[str, Any] = await answer.json()
    return told


async def test_times_are_chosen_by_keyboard_and_stand_in_the_address(
    page: Page, fleet: Fleet
) -> None:
    fleet.run("crowd-0061", "echo")
    await page.goto("/agents/crowd-0061/history")
    rows = page.locator(".history-row")
    await expect(rows).to_have_count(1)

    await page.get_by_label("Time", exact=True).focus()
    await page.keyboard.press("ArrowDown")

    await expect(page).to_have_url(re.compile(r"/history\?time=hour$"))
    await expect(rows).to_have_count(1)
    await expect(page.get_by_text("That is all.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_label("Time", exact=True)).to_have_value("hour")
    fleet.run("crowd-0061", "echo")
    await expect(rows).to_have_count(2)


async def test_moments_are_the_same_for_whoever_opens_the_link(
    chromium: Browser, fleet: Fleet
) -> None:
    command = fleet.run("crowd-0061", "echo", request_id="moment")
    async with somebody(chromium, fleet, timezone_id="Asia/Tokyo") as context:
        page = await context.new_page()
        await page.goto("/history?agent=crowd-0061")
        await page.get_by_label("Time", exact=True).select_option("From … to …")
        # Whoever asks for a span is shown today first.
        await expect(page.get_by_label("From", exact=True)).to_have_value(re.compile("T00:00$"))

        await page.get_by_label("From", exact=True).fill("2026-01-01T09:00")
        await page.get_by_label("To", exact=True).fill("2026-01-02T09:00")

        await expect(page.get_by_text("No command is like that.")).to_be_visible()
        query = "agent=crowd-0061&from=2026-01-01T00%3A00%3A00Z&to=2026-01-02T00%3A00%3A00Z"
        assert page.url.endswith(f"/history?{query}")

    async with somebody(chromium, fleet, timezone_id="UTC") as context:
        page = await context.new_page()
        await page.goto(f"/history?{query}")
        await expect(page.get_by_label("From", exact=True)).to_have_value("2026-01-01T00:00")
        await expect(page.get_by_text("No command is like that.")).to_be_visible()
        await page.get_by_label("From", exact=True).fill(command["created_at"][:19])
        await page.get_by_label("To", exact=True).fill("")
        await expect(page.locator("a[href='/commands/moment']")).to_be_visible()


async def test_a_history_looks_on_past_pages_on_which_nothing_is(page: Page, fleet: Fleet) -> None:
    command = fleet.run("crowd-0064", "echo")
    pages = Pages(page)
    await pages.begin()
    await page.goto("/history?action=rare")
    told = page.locator(".history-told")
    await pages.give(cursor="3")

    await expect(told).to_have_text("Looking further back …")
    await pages.give(cursor="2")
    await expect(told).to_have_text("Looking further back …")
    await pages.give(command, cursor="1")
    await expect(page.locator(".history-row")).to_have_count(1)
    await expect(told).to_have_text("Looking further back …")
    await pages.give()

    await expect(told).to_have_text("That is all.")
    assert pages.cursors == ["", "3", "2", "1"]


async def test_what_happens_while_the_list_is_fetched_is_in_it(page: Page, fleet: Fleet) -> None:
    await page.goto("/history?agent=crowd-0063")
    await expect(page.get_by_text("No command is like that.")).to_be_visible()
    pages = Pages(page, r"/api/agents/crowd-0063/commands\?")
    await pages.begin()
    rows = page.locator(".history-row")

    await page.get_by_label("Time", exact=True).select_option("Last hour")
    fleet.run("crowd-0063", "echo", request_id="meanwhile")
    await expect(rows).to_have_count(1)
    await pages.give()

    await expect(page.get_by_text("That is all.")).to_be_visible()
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("Succeeded")


async def test_a_search_is_stopped_and_taken_up_again(page: Page) -> None:
    pages = Pages(page)
    await pages.begin()
    await page.goto("/history?action=rare")
    told = page.locator(".history-told")
    await pages.give(cursor="3")

    await page.get_by_role("button", name="Stop looking").press("Enter")
    await pages.give(cursor="2")
    await expect(told).to_have_text("Nothing was found so far.")
    assert pages.cursors == ["", "3"]
    further = page.get_by_role("button", name="Look further back")
    await expect(further).to_be_focused()
    await further.press("Enter")
    await pages.give()

    await expect(told).to_have_text("No command is like that.")
    assert pages.cursors == ["", "3", "2"]


class Pages:
    """Stands where a history of millions would answer, one page after the other, when told to."""

    def __init__(self, page: Page, path: str = r"/api/commands\?.*action=rare") -> None:
        self._page = page
        self._path = re.compile(path)
        self._asked: asyncio.Queue[Route] = asyncio.Queue()
        self.cursors: list[str] = []

    async def begin(self) -> None:
        """Hold every request for a page of the history."""
        await self._page.route(self._path, self._asked.put)

    async def give(self, *commands: dict[str, Any], cursor: str | None = None) -> None:
        """Answer the next request."""
        async with asyncio.timeout(10):
            route = await self._asked.get()
        found = re.search(r"cursor=(\w+)", route.request.url)
        self.cursors.append(found[1] if found else "")
        await route.fulfill(
            content_type="application/json",
            body=json.dumps({"items": commands, "next_cursor": cursor}),
        )


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
