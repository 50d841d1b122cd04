"""A command whose page was refused on its way out says so, and says why."""

from __future__ import annotations

import socket

import pytest

from tests.agent_runtime.actions.asking import code_of, eventually
from tests.agent_runtime.policy.guarded import Guarded
from xagent_protocol.outcomes import Effect, Outcome

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CLOSED = {"host": "shop.closed", "setting": "--deny-site"}


def details_of(outcome: Outcome) -> object:
    """Return what a program reads of the error."""
    return outcome.error.details if outcome.error is not None else None


async def test_what_is_closed_is_refused_before_anything_is_done(guarded: Guarded) -> None:
    here = await guarded.ask("title")

    for action in ("goto", "new_page"):
        outcome = await guarded.ask(action, url="https://shop.closed/")

        assert code_of(outcome) == "blocked_by_policy"
        assert outcome.effect is Effect.NONE
        assert details_of(outcome) == CLOSED
        assert outcome.error is not None
        assert outcome.error.message.startswith("url: shop.closed is one of the sites")
    after = await guarded.ask("title")
    assert after.page == here.page


@pytest.mark.parametrize("action", ["goto", "new_page"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_redirect_to_what_is_closed_is_told(
    guarded: Guarded, action: str, scheme: str
) -> None:
    outcome = await guarded.ask(action, url=guarded.url(f"/redirect?to={scheme}://shop.closed/"))

    assert code_of(outcome) == "blocked_by_policy"
    assert outcome.effect is Effect.PARTIAL
    assert details_of(outcome) == CLOSED


async def test_going_back_to_what_is_closed_is_told(guarded: Guarded) -> None:
    await guarded.get("goto", url=guarded.url("/form"))
    await guarded.ask("goto", url=guarded.url("/redirect?to=http://shop.closed/"))
    await guarded.get("goto", url=guarded.url("/form"))

    for action in ("go_back", "reload"):
        assert code_of(await guarded.ask(action)) == "blocked_by_policy"


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_site_that_cannot_be_reached_fails_as_it_would_without_a_proxy(
    guarded: Guarded, scheme: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"{scheme}://shop.test:{taken.getsockname()[1]}/"

        outcome = await guarded.ask("goto", url=url)

    assert code_of(outcome) == "navigation_failed"
    assert details_of(outcome) == {"net_error": "ERR_CONNECTION_REFUSED"}


async def test_a_fetch_of_what_leads_where_nobody_may_go_is_told(guarded: Guarded) -> None:
    """Its name says nothing; only where it leads is closed."""
    for url in ("http://inside.test/", "https://inside.test/"):
        outcome = await guarded.ask("fetch", url=url)

        assert code_of(outcome) == "blocked_by_policy"
        assert details_of(outcome) == {"host": "inside.test", "setting": "--deny-site"}


async def test_a_fetch_of_what_cannot_be_reached_fails_as_it_would_without_a_proxy(
    guarded: Guarded,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://shop.test:{taken.getsockname()[1]}/"

        outcome = await guarded.ask("fetch", url=url)

    assert code_of(outcome) == "request_failed"
    assert details_of(outcome) == {"net_error": "ERR_CONNECTION_REFUSED"}
    forbidden = await guarded.get("fetch", url=guarded.url("/forbidden"))
    assert isinstance(forbidden, dict)
    assert forbidden["status"] == 403


async def test_a_page_that_leads_where_nobody_may_go_is_told(guarded: Guarded) -> None:
    for url in ("http://inside.test/", "https://inside.test/"):
        outcome = await guarded.ask("goto", url=url)

        assert code_of(outcome) == "blocked_by_policy"
        assert outcome.effect is Effect.PARTIAL


async def test_a_site_that_forbids_something_itself_is_a_page(guarded: Guarded) -> None:
    answer = await guarded.get("goto", url=guarded.url("/forbidden"))

    assert answer == {"url": guarded.url("/forbidden"), "status": 403, "title": "Forbidden"}


async def test_a_page_that_goes_where_it_may_not_shows_why(guarded: Guarded) -> None:
    """It is refused long after the command that led there; in plain HTTP, the page itself tells."""
    await guarded.get("goto", url=guarded.url("/form"))
    await guarded.get("evaluate", expression="void (location = 'http://shop.closed/')")
    shown = await guarded.get("wait_for", text="may not open")

    assert shown is not None


async def test_a_command_on_an_error_of_the_browser_is_told_why_it_is_there(
    guarded: Guarded,
) -> None:
    """To what is encrypted nobody but the site can give a page."""
    main = guarded.browser.tabs.main
    assert main is not None
    await guarded.get("goto", url=guarded.url("/form"))
    await guarded.get("evaluate", expression="void (location = 'https://shop.closed/')")
    await eventually(lambda: main.page.url.startswith("chrome-error:"))

    told = await guarded.ask("title")
    await guarded.get("goto", url=guarded.url("/form"))
    after = await guarded.ask("title")

    (notice,) = told.notices
    assert "shop.closed is one of the sites that this agent may not open" in notice
    assert after.notices == ()
