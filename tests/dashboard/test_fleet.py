"""The fleet, as a person sees it."""

from __future__ import annotations

import asyncio
import re

import pytest
from playwright.async_api import Page, Request, Route, expect

from tests.dashboard.actors import NASTY
from tests.dashboard.conftest import CROWD
from tests.end_to_end.fleet import Fleet
from tests.site.server import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]

ALL = CROWD + 3


async def test_every_agent_is_shown_with_its_page_and_its_state(page: Page) -> None:
    await page.goto("/")

    await expect(page.get_by_role("status").get_by_text(f"{ALL} agents")).to_be_visible()
    card = page.get_by_role("listitem").filter(has_text="crowd-0000")
    await expect(card.get_by_text("Ready", exact=True)).to_be_visible()
    await expect(card.get_by_text("shop.test/0")).to_be_visible()
    await expect(card.get_by_text("zone:south")).to_be_visible()
    await expect(page).to_have_title("Fleet · Xagent")


async def test_a_picture_on_the_wall_is_neither_cut_at_a_side_nor_out_of_proportion(
    page: Page, fleet: Fleet, site: Site
) -> None:
    wide = {"width": 1600, "height": 400}
    fleet.run("beta", "goto", params={"url": site.url("/form")})
    fleet.run("beta", "set_viewport_size", params=wide)
    await page.goto("/?q=beta")
    canvas = page.locator("x-thumbnail canvas:visible")
    await expect(canvas).to_have_js_property("height", 80)

    left, top, shown, whole = await canvas.evaluate(
        """canvas => {
            const box = canvas.getBoundingClientRect();
            const card = canvas.parentElement.getBoundingClientRect();
            const scale = Math.min(box.width / canvas.width, box.height / canvas.height);
            return [box.left - card.left, box.top - card.top, canvas.width * scale, card.width];
        }"""
    )

    fleet.run("beta", "set_viewport_size", params={"width": 1280, "height": 720})
    assert (left, top) == (0, 0)
    assert shown == pytest.approx(whole)
    assert await canvas.evaluate("canvas => getComputedStyle(canvas).objectFit") == "contain"


async def test_only_what_is_seen_is_in_the_page_and_the_last_agent_is_reached_by_scrolling(
    page: Page,
) -> None:
    await page.goto("/")
    cards = page.get_by_role("listitem")
    await expect(cards.first).to_be_visible()

    assert await cards.count() < 60
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")

    last = cards.filter(has_text="mallory")
    await expect(last).to_be_in_viewport()
    assert await last.get_attribute("aria-posinset") == str(ALL)


async def test_what_is_filtered_by_stands_in_the_address_and_outlives_a_reload(page: Page) -> None:
    await page.goto("/")
    await page.get_by_label("Filter agents").fill("orders")
    await page.get_by_label("Label").select_option("zone:south")
    await page.get_by_role("button", name="Ready").click()
    await page.get_by_role("button", name="List").click()
    told = page.get_by_text(f"{CROWD // 10} of {ALL} agents")
    await expect(told).to_be_visible()

    await page.reload()

    await expect(told).to_be_visible()
    assert page.url.endswith("/?q=orders&label=zone%3Asouth&state=ready&view=list")
    await expect(page.get_by_label("Filter agents")).to_have_value("orders")
    await expect(page.get_by_label("Label")).to_have_value("zone:south")


async def test_a_filter_that_fits_nobody_says_so_and_is_undone_with_one_click(page: Page) -> None:
    await page.goto("/?q=nobody-is-called-so")

    await page.get_by_role("button", name="Show all agents").click()

    await expect(page.get_by_text(f"{ALL} agents", exact=True)).to_be_visible()
    assert page.url.endswith("/")


async def test_what_happens_is_shown_without_asking_for_it(page: Page, fleet: Fleet) -> None:
    await page.goto("/?q=crowd-0007")
    card = page.get_by_role("listitem")
    await expect(card.get_by_text("Nothing running")).to_be_visible()
    await expect(page.get_by_text(f"1 of {ALL} agents")).to_be_visible()
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    held = fleet.run("crowd-0007", "hold", wait=0)

    await expect(card.get_by_text("Busy", exact=True)).to_be_visible()
    await expect(card.get_by_text("hold", exact=True)).to_be_visible()
    with fleet.client() as client:
        client.post(f"/api/commands/{held['request_id']}/cancel")
    await expect(card.get_by_text("Ready", exact=True)).to_be_visible()
    assert asked == []


async def test_an_agent_that_asks_for_a_person_stands_out(page: Page, fleet: Fleet) -> None:
    asked = fleet.run("crowd-0009", "request_human", wait=0, params={"reason": "Sign in."})

    await page.goto("/?state=attention")

    card = page.get_by_role("listitem").filter(has_text="crowd-0009")
    await expect(card.get_by_text("Needs a person")).to_be_visible()
    await card.get_by_role("link", name="crowd-0009").click()
    await expect(page.get_by_role("heading", name="crowd-0009 asks for a person")).to_be_visible()
    await expect(page.get_by_text("Sign in.")).to_be_visible()
    with fleet.client() as client:
        client.post(f"/api/commands/{asked['request_id']}/cancel")
    await expect(page.get_by_text("asks for a person")).to_have_count(0)


async def test_the_keyboard_reaches_everything(page: Page) -> None:
    await page.goto("/")
    await expect(page.get_by_role("listitem").first).to_be_visible()

    await page.keyboard.press("/")
    await expect(page.get_by_label("Filter agents")).to_be_focused()
    await page.keyboard.type("crowd-00")
    await page.get_by_role("link", name="crowd-0000").focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("link", name="crowd-0001")).to_be_focused()
    await page.keyboard.press("Control+K")
    await page.keyboard.type("mall")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="mallory", exact=True)).to_be_visible()
    await page.keyboard.press("g")
    await page.keyboard.press("h")
    await expect(page.get_by_role("heading", name="History")).to_be_visible()
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()


async def test_a_palette_that_is_opened_early_has_the_agents_once_they_are_known(
    page: Page,
) -> None:
    is_open = asyncio.Event()

    async def hold(route: Route) -> None:
        await is_open.wait()
        await route.continue_()

    await page.route(re.compile(r"/api/agents(\?|$)"), hold)
    await page.goto("/history")
    await expect(page.get_by_role("heading", name="History")).to_be_visible()
    await page.keyboard.press("Control+K")
    targets = page.get_by_role("dialog").get_by_role("option")
    await expect(targets.filter(has_text="all agents")).to_be_visible()
    assert await targets.filter(has_text="alpha").count() == 0

    is_open.set()

    await expect(targets.filter(has_text="alpha")).to_be_visible()


async def test_a_key_that_is_pressed_right_after_a_dialog_is_not_lost(page: Page) -> None:
    await page.goto("/")
    await page.keyboard.press("Control+K")

    await page.get_by_role("combobox", name="Jump to").evaluate(
        """input => {
            input.closest('dialog').close();
            // It has the focus until the browser has come to removing it.
            input.dispatchEvent(new KeyboardEvent('keydown', { key: '?', bubbles: true }));
        }"""
    )

    await expect(page.get_by_role("dialog", name="Shortcuts")).to_be_visible()


async def test_a_label_full_of_markup_can_be_filtered_by(page: Page) -> None:
    await page.goto("/")

    await page.get_by_label("Label").select_option(f"note:{NASTY[0]}")

    await expect(page.get_by_text(f"1 of {ALL} agents")).to_be_visible()


async def test_an_address_that_nothing_has_says_so(page: Page) -> None:
    await page.goto("/agents/nobody")
    await expect(page.get_by_role("heading", name="No such agent")).to_be_visible()
    await page.goto("/commands/none")
    await expect(page.get_by_role("heading", name="No such command")).to_be_visible()
