"""A real browser that is signed in, and what other pages can have it do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, async_playwright

from agent_runtime.browser.find import find_browser
from tests.end_to_end.fleet import Fleet
from tests.site.server import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

COMMANDS = "/api/agents/alpha/commands"

SENT_AS_FORM = """([url, type]) => {
  const frame = document.createElement('iframe');
  frame.name = type;
  const form = document.createElement('form');
  Object.assign(form, {action: url, method: 'post', enctype: type, target: type});
  const field = document.createElement('input');
  field.name = '{"action": "title", "x": "';
  field.value = '"}';
  form.append(field);
  document.body.append(frame, form);
  form.submit();
}"""
FETCHED = """([url, options]) => fetch(url, {mode: 'no-cors', credentials: 'include', ...options})
  .then(() => 'sent', () => 'failed')"""
LOADED = """url => new Promise(done => {
  const script = document.createElement('script');
  Object.assign(script, {src: url, onload: () => done('ran'), onerror: () => done('failed')});
  document.body.append(script);
})"""
CONNECTED = """url => new Promise(done => {
  const socket = new WebSocket(url);
  socket.onopen = () => done('open');
  socket.onerror = () => done('refused');
})"""
ASKED = """([path, options]) => fetch(path, options).then(async answer => {
  return [answer.status, await answer.json()];
})"""


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    """A browser of our own, which no agent has."""
    async with async_playwright() as playwright:
        found = await find_browser(None, playwright.chromium.executable_path)  # type: ignore[arg-type]  # read
        async with await playwright.chromium.launch(executable_path=found.path) as browser:
            yield browser


@pytest.fixture
async def page(chromium: Browser, fleet: Fleet) -> Page:
    """A browser that signed in by a link."""
    with fleet.client() as client:
        link = client.post("/api/sign-in-links").json()["url"]
    page = await chromium.new_page()
    await page.goto(link)
    await page.get_by_role("button", name="Sign in").click()
    return page


def asked(fleet: Fleet) -> list[str]:
    """Return the ids of all that was ever asked of alpha."""
    with fleet.client() as client:
        return [each["request_id"] for each in client.get(COMMANDS).json()["items"]]


async def on_a_page_of_ours(page: Page, fleet: Fleet) -> None:
    """Go to a page of the server's own origin that lets a test run what it likes."""
    await page.route(
        "**/dashboard/test", lambda route: route.fulfill(body="<p>", content_type="text/html")
    )
    await page.goto(f"{fleet.url}/dashboard/test")


async def test_a_page_of_ours_asks_and_commands(page: Page, fleet: Fleet) -> None:
    await on_a_page_of_ours(page, fleet)
    options = {
        "method": "POST",
        "headers": {"X-Xagent": "dashboard", "Content-Type": "application/json"},
        "body": '{"action": "title"}',
    }

    status, me = await page.evaluate(ASKED, ["/api/me", {}])
    done, command = await page.evaluate(ASKED, [COMMANDS, options])

    assert (status, me["kind"]) == (200, "person")
    assert (done, command["state"]) == (200, "succeeded")


async def test_pages_of_another_port_have_it_do_nothing(
    page: Page, fleet: Fleet, site: Site
) -> None:
    """Threats 1 and 3: for the cookie another port of this host is the same site."""
    before = asked(fleet)
    elsewhere = site.url("/form").replace("localhost", "127.0.0.1")
    await page.goto(elsewhere)
    command, agents = fleet.url + COMMANDS, f"{fleet.url}/api/agents"

    for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        async with page.expect_response(command) as form:
            await page.evaluate(SENT_AS_FORM, [command, media_type])
        assert (await form.value).status == 403
    async with page.expect_response(command) as posted:
        body = {"method": "POST", "body": '{"action": "title"}'}
        await page.evaluate(FETCHED, [command, body])
    assert (await posted.value).status == 403
    async with page.expect_response(agents) as read:
        await page.evaluate(FETCHED, [agents, {}])
    assert (await read.value).status == 403
    assert await page.evaluate(LOADED, agents) == "failed"
    live = f"{fleet.url.replace('http', 'ws')}/api/agents/alpha/pages/p1/live"
    assert await page.evaluate(CONNECTED, live) == "refused"

    assert asked(fleet) == before


async def test_a_share_is_opened_by_one_click(chromium: Browser, fleet: Fleet) -> None:
    with fleet.client() as client:
        link = client.post("/api/agents/alpha/shares", json={}).json()["url"]
    page = await chromium.new_page()

    await page.goto(link)
    await page.get_by_role("button", name="Look at alpha").click()

    assert urlsplit(page.url).path == "/agents/alpha"
    await on_a_page_of_ours(page, fleet)
    _, me = await page.evaluate(ASKED, ["/api/me", {}])
    _, agents = await page.evaluate(ASKED, ["/api/agents", {}])
    other, _ = await page.evaluate(ASKED, ["/api/agents/beta", {}])
    assert (me["kind"], me["agent_id"], me["can_control"]) == ("share", "alpha", False)
    assert [each["agent_id"] for each in agents["items"]] == ["alpha"]
    assert other == 403
