"""Going somewhere."""

from __future__ import annotations

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, result_of
from tests.site import Site
from xagent_protocol.outcomes import Effect, OutcomeState

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_goto_answers_with_where_the_page_is(asker: Asker, site: Site) -> None:
    outcome = await asker.ask("goto", url=site.url("/form"))

    assert result_of(outcome) == {"url": site.url("/form"), "status": 200, "title": "Form"}
    assert outcome.effect is Effect.COMPLETE
    assert outcome.page is not None
    assert (outcome.page.url, outcome.page.title) == (site.url("/form"), "Form")


async def test_a_page_with_an_error_status_is_a_page(asker: Asker, site: Site) -> None:
    answer = await asker.get("goto", url=site.url("/nowhere"))

    assert answer == {"url": site.url("/nowhere"), "status": 404, "title": "Not here"}


async def test_a_redirect_is_followed_and_its_end_is_told(asker: Asker, site: Site) -> None:
    answer = await asker.get("goto", url=site.url("/redirect?to=/form"))

    assert answer == {"url": site.url("/form"), "status": 200, "title": "Form"}


async def test_one_can_go_back_and_load_again(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("goto", url=site.url("/buttons"))

    back = await asker.get("go_back")
    again = await asker.get("reload")

    assert back == {"url": site.url("/form"), "status": 200, "title": "Form"}
    assert again == back


async def test_a_refused_connection_fails_with_chromiums_own_word(asker: Asker) -> None:
    with Site() as gone:
        url = gone.url()

    outcome = await asker.ask("goto", url=url)

    assert code_of(outcome) == "navigation_failed"
    assert outcome.error is not None
    assert outcome.error.details == {"net_error": "ERR_CONNECTION_REFUSED"}


async def test_a_load_that_takes_too_long_is_stopped_and_the_page_goes_on(
    asker: Asker, site: Site
) -> None:
    outcome = await asker.ask("goto", url=site.url("/slow?seconds=8"), timeout=0.5)

    assert outcome.state is OutcomeState.TIMED_OUT
    assert code_of(outcome) == "timed_out"
    assert outcome.duration_ms < 2_000
    assert await asker.get("evaluate", expression="1 + 1") == 2


@pytest.mark.parametrize("action", ["goto", "new_page"])
async def test_a_page_that_could_not_be_opened_does_not_interrupt_the_next(
    asker: Asker, site: Site, action: str
) -> None:
    """The error that a browser shows comes after the news of it."""
    with Site() as gone:
        url = gone.url()

    for _ in range(3):
        failed = await asker.ask(action, url=url)
        assert failed.page is not None
        assert failed.page.url == "chrome-error://chromewebdata/"
        await asker.get("goto", page=failed.page.id, url=site.url("/form"))
