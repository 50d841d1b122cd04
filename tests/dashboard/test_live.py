"""A page as it is now, and driven by hand."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.dashboard.conftest import DESK, somebody
from tests.end_to_end.fleet import Fleet, until
from tests.site.server import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]

PIXEL = """canvas => {
    const at = canvas.getContext('2d').getImageData(canvas.width - 9, canvas.height - 9, 1, 1).data;
    return [...at].slice(0, 3).map(each => Math.round(each / 51));
}"""
GREEN = [0, 4, 2]
"""#0b6, as coarse as a JPEG is."""

GREY = re.compile(r"grayscale\(1\)")

Asked = Callable[[str], Any]


@pytest_asyncio.fixture(loop_scope="session")
async def tab(fleet: Fleet, site: Site) -> AsyncIterator[str]:
    """A page of alpha's that is for this test alone."""
    made = fleet.run("alpha", "new_page", params={"url": site.url("/wheel")})
    yield made["page"]["id"]
    fleet.run("alpha", "close_page", page=made["page"]["id"])


@pytest.fixture
def asked(fleet: Fleet, tab: str) -> Asked:
    """Ask the page itself for the value of one of its elements."""

    def value(selector: str) -> Any:
        expression = f"document.querySelector({json.dumps(selector)}).value"
        return fleet.run("alpha", "evaluate", page=tab, params={"expression": expression})["result"]

    return value


async def take(page: Page, tab: str, name: str = "Ada") -> None:
    await page.goto(f"/agents/alpha?page={tab}")
    await expect(page.locator(".stage-veil")).to_be_hidden()
    await page.get_by_label("Your name").fill(name)
    await page.get_by_role("button", name="Take control").click()
    await expect(page.get_by_text("You have control")).to_be_visible()


async def until_it_says(page: Page, fleet: Fleet, tab: str, selector: str, text: str) -> None:
    """Wait, as the holder of the lease, until an element of the driven page has that value."""
    token = await page.evaluate("document.querySelector('x-live').controlToken")
    params = {"function": f"document.querySelector('{selector}').value === {json.dumps(text)}"}
    waited = await asyncio.to_thread(
        fleet.run, "alpha", "wait_for", page=tab, params=params, control_token=token, timeout=5
    )
    assert waited["state"] == "succeeded", waited["error"]


async def hand_back(page: Page, note: str = "") -> None:
    await page.get_by_label("Note for the commands that wait").fill(note)
    await page.get_by_role("button", name="Hand back").click()
    await expect(page.get_by_role("button", name="Take control")).to_be_visible()


async def press(page: Page, y: int, clicks: int = 1) -> None:
    """Click where the site has put something, 120 pixels from its left."""
    canvas = page.locator(".stage-canvas")
    box = await canvas.bounding_box()
    assert box is not None
    width = await page.evaluate("document.querySelector('x-live').viewport.width")
    scale = box["width"] / width
    await canvas.click(position={"x": 120 * scale, "y": y * scale}, click_count=clicks)


async def test_a_page_is_shown_as_it_is(page: Page, tab: str) -> None:
    await page.goto(f"/agents/alpha?page={tab}")
    await expect(page.locator(".stage-veil")).to_be_hidden()

    canvas = page.locator(".stage-canvas")
    async with asyncio.timeout(10):
        # Before the view is put together there is no veil, either.
        while await canvas.evaluate(PIXEL) != GREEN:
            pass
    await expect(page.get_by_text("You are watching")).to_be_visible()


async def test_a_view_that_grows_asks_for_larger_pictures(page: Page, tab: str) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(f"/agents/alpha?page={tab}")
    await expect(page.locator(".stage-veil")).to_be_hidden()

    await page.set_viewport_size(DESK)

    width = await page.evaluate("document.querySelector('x-live').clientWidth")
    assert width > 700
    await expect(page.locator(".stage-canvas")).to_have_js_property("width", width)


async def test_what_is_typed_reaches_the_page_and_nothing_else(
    page: Page, tab: str, fleet: Fleet
) -> None:
    await take(page, tab)
    await press(page, 40)
    await page.keyboard.type("Zq7-secret é")
    await page.keyboard.press("Home")
    await page.keyboard.press("Delete")
    await until_it_says(page, fleet, tab, "#text", "q7-secret é")
    waits = fleet.run("alpha", "title", page=tab, wait=0, if_controlled="wait", timeout=20)

    await hand_back(page, "Typed by hand.")

    ended = fleet.get(f"/api/commands/{waits['request_id']}", wait=10)
    assert ended["state"] == "succeeded"
    assert any("Typed by hand." in notice for notice in ended["notices"])
    told = json.dumps(fleet.get("/api/agents/alpha/commands", limit=500)["items"])
    assert "return_control" in told
    assert "Zq7" not in told
    assert "Zq7" not in fleet.log


async def test_what_is_pasted_and_what_an_input_method_makes_arrive_as_text(
    page: Page, tab: str, fleet: Fleet
) -> None:
    await take(page, tab)
    await press(page, 40)
    await page.locator(".typing").evaluate(
        """field => {
            const clipboardData = new DataTransfer();
            clipboardData.setData('text/plain', 'pasted ');
            field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, cancelable: true }));
        }"""
    )
    session = await page.context.new_cdp_session(page)
    for text in ("に", "にほ", "日本"):
        await session.send(
            "Input.imeSetComposition",
            {"text": text, "selectionStart": len(text), "selectionEnd": len(text)},
        )
    await session.send("Input.insertText", {"text": "日本"})

    await until_it_says(page, fleet, tab, "#text", "pasted 日本")
    await hand_back(page)


async def test_a_double_click_and_the_wheel_are_what_they_are(
    page: Page, tab: str, asked: Asked, fleet: Fleet
) -> None:
    await take(page, tab)
    await press(page, 220, clicks=2)
    await page.mouse.wheel(0, 300)
    await expect(page.locator(".stage-canvas")).to_be_visible()
    await hand_back(page)

    assert asked("#said") == "twice"
    scrolled = fleet.run("alpha", "evaluate", page=tab, params={"expression": "scrollY"})
    assert scrolled["result"] > 0


async def test_who_comes_second_is_told_by_whom(
    page: Page, tab: str, chromium: Browser, fleet: Fleet
) -> None:
    await take(page, tab, "Ada")
    async with somebody(chromium, fleet) as other:
        second = await other.new_page()
        await second.goto(f"/agents/alpha?page={tab}")
        await expect(
            second.get_by_text(re.compile(r"^Ada \(sign-in [0-9a-f]{8}\) has control$"))
        ).to_be_visible()

        await second.get_by_role("button", name="Take control").click()

        await expect(second.locator(".control-told")).to_contain_text("Ada")
        await hand_back(page)
        await expect(second.get_by_text("You are watching")).to_be_visible()
        await expect(second.locator(".control-told")).to_be_hidden()


async def test_a_hand_back_that_was_not_heard_is_none(
    page: Page, fleet: Fleet, tab: str, asked: Asked
) -> None:
    commands = "**/api/agents/alpha/commands*"
    await take(page, tab)
    await page.route(commands, lambda route: route.abort())
    note = page.get_by_label("Note for the commands that wait")
    await note.fill("signed in")
    await page.get_by_role("button", name="Hand back").click()

    await expect(page.get_by_text("You still have control")).to_be_visible()
    await expect(note).to_have_value("signed in")
    await page.unroute(commands)
    await page.get_by_role("button", name="Hand back").click()
    await expect(page.get_by_role("button", name="Take control")).to_be_visible()

    def returned() -> bool:
        last = fleet.get("/api/commands", action="return_control")["items"][0]
        return (last["state"], last["params"]) == ("succeeded", {"note": "signed in"})

    await asyncio.to_thread(until, returned)


async def test_a_dialog_waits_for_the_person_who_drives(page: Page, tab: str, asked: Asked) -> None:
    await take(page, tab)
    await press(page, 100)
    await expect(page.get_by_text("Really?")).to_be_visible()

    await page.get_by_role("button", name="OK").click()

    await expect(page.get_by_text("Really?")).to_have_count(0)
    await hand_back(page)
    assert asked("#said") == "true"


async def test_a_file_of_this_machine_is_given_to_the_page(
    page: Page, tab: str, fleet: Fleet
) -> None:
    await take(page, tab)
    await press(page, 160)
    await page.get_by_label("Files of your machine").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"note"}
    )

    await page.get_by_role("button", name="Give to the page").click()

    await expect(page.get_by_label("Files of your machine")).to_have_count(0)
    await expect(page.locator(".control-told")).to_be_hidden()
    await until_it_says(page, fleet, tab, "#said", "notes.txt")
    await hand_back(page)


async def test_a_page_that_goes_leaves_its_last_picture_in_grey_with_the_time(
    page: Page, fleet: Fleet, site: Site
) -> None:
    made = fleet.run("alpha", "new_page", params={"url": site.url("/wheel")})["page"]["id"]
    await page.goto(f"/agents/alpha?page={made}")
    await expect(page.locator(".stage-veil")).to_be_hidden()
    await page.evaluate("document.querySelector('x-live').look = () => {}")

    fleet.run("alpha", "close_page", page=made)

    await expect(page.locator(".stage.is-gone")).to_be_visible()
    await expect(page.locator(".stage-veil")).to_contain_text("This is how it was at")


async def test_an_agent_that_is_killed_leaves_its_last_picture_in_grey_with_the_time(
    person: BrowserContext, fleet: Fleet, site: Site
) -> None:
    fleet.run("beta", "goto", params={"url": site.url("/wheel")})
    live, wall = await person.new_page(), await person.new_page()
    await live.goto("/agents/beta")
    await wall.goto("/?q=beta")
    card = wall.get_by_role("listitem").filter(has_text="beta")
    await expect(card.locator("canvas")).to_be_visible()
    await expect(card.locator("canvas")).to_have_css("filter", "none")
    await expect(live.locator(".stage-veil")).to_be_hidden()

    fleet.agents["beta"].kill()
    fleet.agents["beta"].wait()

    await expect(live.locator(".stage-veil")).to_contain_text(
        re.compile(r"^The agent is away\. This is how it was at \d\d:\d\d:\d\d\.$")
    )
    await expect(live.locator(".stage-canvas")).to_have_css("filter", GREY)
    await expect(card.get_by_text("Away", exact=True)).to_be_visible()
    await expect(card.get_by_text("Last here")).to_be_visible()
    await expect(card.locator("canvas")).to_be_visible()
    await expect(card.locator("canvas")).to_have_css("filter", GREY)
    fleet.start_agent("beta")
    await expect(card.locator("canvas")).to_have_css("filter", "none", timeout=20_000)
    await expect(live.locator(".stage-veil")).to_be_hidden(timeout=20_000)


async def test_a_visitor_by_a_link_sees_one_agent_and_can_change_nothing(
    page: Page, chromium: Browser, fleet: Fleet, tab: str
) -> None:
    await page.goto("/agents/alpha")
    await page.get_by_role("button", name="Share").click()
    await page.get_by_role("button", name="Make a link").click()
    link = await page.get_by_text(f"{fleet.url}/share/").inner_text()
    async with await chromium.new_context(base_url=fleet.url) as context:
        page = await context.new_page()
        await page.goto(link)
        await page.get_by_role("button").click()
        await expect(page).to_have_title("alpha · Xagent")
        await page.goto(f"/agents/alpha?page={tab}")

        await expect(page.locator(".stage-veil")).to_be_hidden()
        await expect(page.get_by_text("Watching only")).to_be_visible()
        await expect(page.get_by_role("button", name="Take control")).to_have_count(0)
        await expect(page.get_by_role("button", name="Reload")).to_be_disabled()
        await page.goto("/agents/alpha/history")
        await page.locator(".history-row").first.click()
        await expect(page.get_by_text("Visitors are not shown")).to_be_visible()
        await expect(page.get_by_role("heading", name="Params")).to_have_count(0)
        await expect(page.get_by_role("heading", name="Result")).to_have_count(0)
        await page.goto("/")
        await expect(page.get_by_role("listitem")).to_have_count(1)
