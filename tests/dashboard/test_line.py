"""The orchestrator goes and comes back while somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Browser, expect

from tests.dashboard.conftest import somebody
from tests.end_to_end.fleet import Fleet

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.asyncio(loop_scope="session"),
]


def bearing(fleet: Fleet) -> dict[str, str]:
    """Return the token as a header, which a restart of the orchestrator cannot forget."""
    return {"Authorization": f"Bearer {(fleet.data_dir / 'token').read_text().strip()}"}


@pytest.fixture(scope="module")
def lonely(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """An orchestrator of its own, and nobody who ever enrolled; who kills it starts it again."""
    fleet = Fleet(tmp_path_factory.mktemp("lonely"))
    fleet.start_orchestrator()
    try:
        yield fleet
    finally:
        fleet.end()


async def test_a_restart_is_told_and_got_over_without_a_reload_or_a_lost_filter(
    chromium: Browser, lonely: Fleet
) -> None:
    async with somebody(chromium, lonely, extra_http_headers=bearing(lonely)) as context:
        page = await context.new_page()
        with lonely.client() as client:
            client.post("/api/agents/left/enrolment")
        await page.goto("/?q=something&view=list")
        await expect(page.get_by_text("Your first agent")).to_be_visible()
        await page.evaluate("window.sameAsBefore = true")

        lonely.kill_orchestrator()
        banner = page.get_by_text("The orchestrator has not answered since")
        await expect(banner).to_be_visible()
        lonely.start_orchestrator()

        await expect(banner).to_be_hidden(timeout=15_000)
        assert await page.evaluate("window.sameAsBefore") is True
        assert page.url.endswith("/?q=something&view=list")


async def test_a_command_sent_into_the_void_is_found_again_or_told_not_to_have_been_taken(
    chromium: Browser, lonely: Fleet
) -> None:
    async with somebody(chromium, lonely, extra_http_headers=bearing(lonely)) as context:
        page = await context.new_page()
        await page.goto("/")
        await expect(page.get_by_text("Your first agent")).to_be_visible()
        lonely.kill_orchestrator()
        await page.evaluate(
            """async () => {
                const { run } = await import('/dashboard/following.js');
                window.told = new Promise(resolve => run(
                    'nobody', { action: 'title' }, resolve, told => resolve(told.code),
                    new AbortController().signal));
            }"""
        )
        await expect(page.get_by_text("has not answered since")).to_be_visible()
        lonely.start_orchestrator()

        assert await page.evaluate("told") == "command_unknown"


async def test_a_fleet_without_agents_teaches_the_first_command(
    chromium: Browser, lonely: Fleet
) -> None:
    async with somebody(chromium, lonely) as context:
        page = await context.new_page()
        await page.goto("/")

        await expect(page.get_by_text(f"xagent agent alpha --url {lonely.url}")).to_be_visible()


async def test_who_is_not_signed_in_is_asked_to_and_comes_back_to_the_same_view(
    chromium: Browser, lonely: Fleet
) -> None:
    async with await chromium.new_context(base_url=lonely.url) as context:
        page = await context.new_page()

        await page.goto("/history?state=failed")

        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert parse_qs(urlsplit(page.url).query) == {"next": ["/history?state=failed"]}


async def test_a_token_that_is_revoked_meanwhile_leads_to_sign_in(
    chromium: Browser, lonely: Fleet
) -> None:
    async with somebody(chromium, lonely) as context:
        page = await context.new_page()
        await page.goto("/")
        await expect(page.get_by_text("Your first agent")).to_be_visible()

        await context.clear_cookies()
        await page.evaluate(
            # Not waited for: it leads away, and takes the script's context along.
            "void import('/dashboard/fleet_state.js').then(m => m.fleet.stream.connect())"
        )

        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
