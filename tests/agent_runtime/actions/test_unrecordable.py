"""Secrets and recordings: neither is let come near the other."""

from __future__ import annotations

import pytest
import pytest_asyncio

from tests.agent_runtime.actions.asking import Asker, code_of
from tests.agent_runtime.actions.test_secrets import (
    keeper as keeper,
    leaks,
    store as store,
)
from tests.agent_runtime.actions.traces import own_trace
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

STARTS = ("start_tracing", "start_har", "start_video")


@pytest_asyncio.fixture(loop_scope="session")
async def typed(keeper: Asker, site: Site) -> Asker:
    """An agent that has typed a secret into its main page."""
    await keeper.get("goto", url=site.url("/form"))
    await keeper.get("fill_secret", target="#name", name="canary")
    return keeper


@pytest.mark.parametrize("action", STARTS)
async def test_a_page_with_a_secret_in_it_is_not_recorded(typed: Asker, action: str) -> None:
    outcome = await typed.ask(action)

    assert (code_of(outcome), outcome.effect) == ("blocked_by_policy", Effect.NONE)
    assert outcome.error is not None
    assert "a secret that was typed stands in page" in outcome.error.message


@pytest.mark.parametrize("action", STARTS)
async def test_it_is_once_it_has_gone_elsewhere(typed: Asker, site: Site, action: str) -> None:
    await typed.get("goto", url=site.url("/buttons"))

    await typed.get(action)
    stopped = await typed.ask(action.replace("start", "stop"))

    assert stopped.artifacts
    assert not leaks(typed, stopped)


async def test_a_command_runs_unrecorded_then_and_says_so(typed: Asker) -> None:
    outcome = await typed.ask("title", record="trace")

    assert code_of(outcome) is None
    assert outcome.artifacts == ()
    (notice,) = outcome.notices
    assert notice.startswith("There is no trace of the command: a secret that was typed stands")
    assert not leaks(typed, outcome)
    assert not typed.browser.recordings.tracer(typed.browser.context).turn.locked()


async def test_another_page_of_the_context_counts_for_traces_but_not_for_a_video(
    typed: Asker,
) -> None:
    page = str((await typed.get("new_page"))["id"])  # type: ignore[index]  # JSON
    alone = str((await typed.get("new_page", isolated=True))["id"])  # type: ignore[index]  # JSON

    assert code_of(await typed.ask("start_tracing", page=page)) == "blocked_by_policy"
    await typed.get("start_video", page=page, format="avi")
    await typed.get("stop_video", page=page)
    assert own_trace(typed, await typed.ask("title", page=alone, record="trace")).named == ["title"]


@pytest.mark.parametrize(
    ("start", "named"),
    [("start_tracing", "a trace"), ("start_har", "a HAR"), ("start_video", "a video")],
)
async def test_no_secret_is_typed_where_something_records(
    keeper: Asker, site: Site, start: str, named: str
) -> None:
    await keeper.get("goto", url=site.url("/form"))
    await keeper.get(start)

    outcome = await keeper.ask("fill_secret", target="#name", name="canary")
    stopped = await keeper.ask(start.replace("start", "stop"))

    assert code_of(outcome) == "blocked_by_policy"
    assert outcome.error is not None
    assert outcome.error.message.startswith(f"{named} records page")
    assert not leaks(keeper, stopped)


async def test_typing_a_secret_is_not_recorded_by_itself(keeper: Asker, site: Site) -> None:
    await keeper.get("goto", url=site.url("/form"))

    outcome = await keeper.ask("fill_secret", target="#name", name="canary", record="trace")

    assert code_of(outcome) == "blocked_by_policy"
    assert not leaks(keeper, outcome)
