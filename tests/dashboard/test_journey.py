"""What the dashboard is for, from the first page to the last, as one person would go."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import Browser, expect

from tests.end_to_end.fleet import Fleet, until
from tests.site.server import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


async def test_a_person_signs_in_watches_runs_takes_the_wheel_and_finds_it_all_in_the_history(
    chromium: Browser, fleet: Fleet, site: Site
) -> None:
    async with await chromium.new_context(base_url=fleet.url) as context:
        page = await context.new_page()

        # 1. She signs in with the token, and is where she wanted to be.
        await page.goto("/?q=a")
        await page.get_by_label("Token").fill((fleet.data_dir / "token").read_text().strip())
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("heading", name="Fleet")).to_be_visible()

        # 2. She runs a command from its form on each of two agents.
        for name in ("alpha", "beta"):
            await page.goto(f"/agents/{name}/run?action=goto")
            await page.get_by_label("url").fill(site.url("/sign-in-form"))
            await page.get_by_role("button", name="Run", exact=True).click()
            await expect(page.locator(".outcome").get_by_text("Succeeded")).to_be_visible()

        # 3. She sees both on the wall.
        await page.goto("/?q=sign-in-form")
        await expect(page.locator(".card x-thumbnail canvas:visible")).to_have_count(2)

        # 4. Something asks for her, and she takes the wheel and logs in to the site.
        asked = fleet.run(
            "beta", "request_human", wait=0, params={"reason": "Log in, please."}, timeout=50
        )
        await page.get_by_role("link", name="beta").click()
        await expect(page.get_by_text("Log in, please.")).to_be_visible()
        await page.get_by_label("Your name").fill("Ada")
        await page.get_by_role("button", name="Take control").click()
        await expect(page.get_by_text("You have control")).to_be_visible()
        await page.keyboard.press("Tab")
        await page.keyboard.type("ada-7731")
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Address")).not_to_have_value(site.url("/sign-in-form"))

        # 5. She hands back, and the command that asked goes on with her note.
        await page.get_by_role("button", name="Hand back").click()
        await expect(page.get_by_role("button", name="Take control")).to_be_visible()
        await page.get_by_label("Note", exact=True).fill("Done as Ada.")
        await page.get_by_role("button", name="Done, go on").click()
        await expect(page.get_by_text("Log in, please.")).to_have_count(0)
        ended = until(lambda: _finished(fleet, asked["request_id"]))
        assert ended["result"]["note"] == "Done as Ada."

        # 6. All of it stands in the history, but for what she typed.
        await page.goto("/agents/beta/history")
        for action in ("goto", "request_human", "take_control", "return_control", "release_human"):
            await expect(page.locator(".history-row").filter(has_text=action).first).to_be_visible()
        told = json.dumps(fleet.get("/api/agents/beta/commands", limit=500))
        assert "ada-7731" not in told


def _finished(fleet: Fleet, request_id: str) -> dict[str, dict[str, str]] | None:
    command: dict[str, dict[str, str]] = fleet.get(f"/api/commands/{request_id}")
    return command if command["finished_at"] else None
