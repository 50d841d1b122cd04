"""Waiting for something to be so."""

from __future__ import annotations

from typing import Any

import pytest

from agent_runtime.actions.wait import wait_for
from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site
from xagent_protocol.outcomes import Effect, OutcomeState

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.mark.parametrize(
    "condition",
    [
        {"selector": "#later"},
        {"selector": "#never", "state": "detached"},
        {"text": "Later"},
        {"text_gone": "Nowhere"},
        {"url": "**/buttons"},
        {"load_state": "load"},
        {"function": "() => !document.getElementById('later').hidden"},
        {"function": "limit => performance.now() > limit", "arg": 50},
        {"milliseconds": 20},
        {"text": "Later", "url": "**/buttons", "milliseconds": 1},
    ],
)
async def test_it_returns_once_all_of_it_is_so(
    asker: Asker, site: Site, condition: dict[str, Any]
) -> None:
    await asker.get("goto", url=site.url("/buttons"))

    assert await asker.get("wait_for", **condition) == {"url": site.url("/buttons")}


@pytest.mark.parametrize(
    "condition",
    [
        {"text": "Nowhere"},
        {"text_gone": "Save"},
        {"url": "**/elsewhere"},
        {"function": "() => false"},
        {"selector": "#counter", "state": "hidden"},
        {"milliseconds": 60_000},
        {"function": "() => true", "milliseconds": 60_000},
    ],
)
async def test_what_never_comes_times_out(
    asker: Asker, site: Site, condition: dict[str, Any]
) -> None:
    await asker.get("goto", url=site.url("/buttons"))

    outcome = await asker.ask("wait_for", **condition, timeout=0.4)

    assert outcome.state is OutcomeState.TIMED_OUT
    assert code_of(outcome) == "timed_out"
    assert outcome.effect is (Effect.PARTIAL if "function" in condition else Effect.NONE)


async def test_a_selector_that_matches_nothing_is_not_found(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/buttons"))

    assert (
        code_of(await asker.ask("wait_for", selector="#never", timeout=0.4)) == "selector_not_found"
    )


async def test_waiting_for_nothing_is_invalid(asker: Asker) -> None:
    assert code_of(await asker.ask("wait_for")) == "invalid_params"


async def test_a_function_that_throws_fails_at_once(asker: Asker) -> None:
    outcome = await asker.ask("wait_for", function="() => { throw new Error('no') }")

    assert code_of(outcome) == "evaluation_failed"


async def test_it_counts_as_writing_since_a_function_may_do_anything() -> None:
    assert not wait_for.spec.reads
