"""What a site or an agent calls itself is text, wherever it is shown."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.dashboard.actors import ALL_NASTY, MALLORY, NASTY
from tests.end_to_end.fleet import Fleet

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


RUNS = "main :is(script, iframe, [onerror], [onload], img[src=x])"


async def test_markup_from_an_agent_is_shown_and_never_run(
    page: Page, person: BrowserContext, fleet: Fleet
) -> None:
    params = {NASTY[0]: ALL_NASTY, "kind": NASTY[1]}
    ran = fleet.run(MALLORY, "nasty", params=params)
    failed = fleet.run(MALLORY, "fail", params=params)
    asked = fleet.run(MALLORY, "request_human", wait=0, params={"reason": ALL_NASTY})
    said: list[str] = []
    person.on("console", lambda message: said.append(message.text))
    person.on("dialog", lambda dialog: said.append(dialog.message))
    views = (
        f"/?q={MALLORY}",
        f"/?q={MALLORY}&view=list",
        "/?q=%3Cscript%3Edocument.title=%27taken%27%3C/script%3E",
        f"/agents/{MALLORY}",
        f"/agents/{MALLORY}/run?action=nasty",
        f"/agents/{MALLORY}/history",
        f"/agents/{MALLORY}/about",
        f"/history?agent={MALLORY}",
        f"/commands/{ran['request_id']}",
        f"/commands/{failed['request_id']}",
    )

    for view in views:
        await page.goto(view)
        await expect(page.get_by_text("document.title=").first).to_be_attached()
        assert "taken" not in (await page.title()).split(" · ")
        assert await page.locator(RUNS).count() == 0, view
    with fleet.client() as client:
        client.post(f"/api/commands/{asked['request_id']}/cancel")

    assert [text for text in said if "taken" in text or "Policy" in text or "Trusted" in text] == []


async def test_no_link_leads_anywhere_but_to_us(page: Page, fleet: Fleet) -> None:
    ran = fleet.run(MALLORY, "nasty", params={NASTY[0]: "", "kind": NASTY[1]})
    for view in ("/", f"/agents/{MALLORY}", f"/commands/{ran['request_id']}"):
        await page.goto(view)
        await expect(page.get_by_text("document.title=").first).to_be_attached()

        links = await page.eval_on_selector_all("a", "all => all.map(each => each.origin)")

        assert set(links) == {fleet.url}
