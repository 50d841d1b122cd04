"""Asking for a person."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, eventually, result_of
from tests.site import Site
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def _ask_for_a_person(
    group: asyncio.TaskGroup, asker: Asker, reason: str, **more: Any
) -> tuple[str, asyncio.Task[Outcome]]:
    """Begin to wait, and return the id of the request and who waits."""
    waiting = group.create_task(asker.ask("request_human", reason=reason, **more))
    requests = asker.browser.human_requests
    await eventually(lambda: any(one.reason == reason for one in requests.open))
    return next(one.id for one in requests.open if one.reason == reason), waiting


def _note(waiting: asyncio.Task[Outcome]) -> object:
    result = result_of(waiting.result())
    assert isinstance(result, dict)
    return result["note"]


async def test_a_request_waits_until_somebody_releases_it(asker: Asker) -> None:
    async with asyncio.TaskGroup() as group:
        request_id, waiting = await _ask_for_a_person(group, asker, "sign in")

        released = await asker.get("release_human", note="signed in as Ada")

    assert released == {"request": request_id, "reason": "sign in"}
    result = result_of(waiting.result())
    assert isinstance(result, dict)
    assert result["request"] == request_id
    assert result["note"] == "signed in as Ada"
    assert 0 <= result["seconds"] < 10
    assert asker.browser.human_requests.open == ()


async def test_an_open_request_is_there_to_be_seen_with_its_page(asker: Asker) -> None:
    opened = await asker.get("new_page")
    assert isinstance(opened, dict)
    async with asyncio.TaskGroup() as group:
        _, waiting = await _ask_for_a_person(group, asker, "look", page=opened["id"])

        (request,) = asker.browser.human_requests.open
        assert (request.page, request.reason) == (opened["id"], "look")
        await asker.get("release_human")

    outcome = waiting.result()
    assert outcome.page is not None
    assert outcome.page.id == opened["id"]


async def test_the_page_goes_on_meanwhile(asker: Asker, site: Site) -> None:
    async with asyncio.TaskGroup() as group:
        await _ask_for_a_person(group, asker, "watch")

        await asker.get("goto", url=site.url("/form"))
        assert await asker.get("title") == "Form"
        await asker.get("release_human")


async def test_several_requests_are_released_by_their_ids(asker: Asker) -> None:
    async with asyncio.TaskGroup() as group:
        first, waits_first = await _ask_for_a_person(group, asker, "one thing")
        second, waits_second = await _ask_for_a_person(group, asker, "another thing")

        unclear = await asker.ask("release_human")
        await asker.get("release_human", request=second, note="b")
        assert not waits_first.done()
        await asker.get("release_human", request=first, note="a")

    assert first != second
    assert code_of(unclear) == "invalid_params"
    assert unclear.error is not None
    assert f"{first}: one thing; {second}: another thing" in unclear.error.message
    assert [_note(waits) for waits in (waits_first, waits_second)] == ["a", "b"]


async def test_a_release_without_a_note_says_nothing(asker: Asker) -> None:
    async with asyncio.TaskGroup() as group:
        _, waiting = await _ask_for_a_person(group, asker, "decide")
        await asker.get("release_human")

    assert _note(waiting) is None


async def test_nobody_who_comes_in_time_ends_the_request(asker: Asker) -> None:
    outcome = await asker.ask("request_human", reason="come", timeout=0.2)

    assert outcome.state is OutcomeState.TIMED_OUT
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert "nobody released h" in outcome.error.message
    assert asker.browser.human_requests.open == ()


async def test_a_cancelled_request_is_open_no_more(asker: Asker) -> None:
    async with asyncio.TaskGroup() as group:
        _, waiting = await _ask_for_a_person(group, asker, "never mind")
        waiting.cancel()

    assert asker.browser.human_requests.open == ()


@pytest.mark.parametrize("params", [{}, {"request": "h999"}])
async def test_what_is_not_open_cannot_be_released(asker: Asker, params: dict[str, Any]) -> None:
    outcome = await asker.ask("release_human", **params)

    assert code_of(outcome) == "not_actionable"
    assert outcome.effect is Effect.NONE


@pytest.mark.parametrize(
    ("action", "params", "named"),
    [
        ("request_human", {}, "reason"),
        ("request_human", {"reason": ""}, "$.reason"),
        ("request_human", {"reason": "x" * 1001}, "$.reason"),
        ("release_human", {"note": 5}, "$.note"),
        ("release_human", {"request": "1"}, "$.request"),
        ("release_human", {"who": "me"}, "who"),
    ],
)
async def test_bad_params_are_named(
    asker: Asker, action: str, params: dict[str, Any], named: str
) -> None:
    outcome = await asker.ask(action, **params)

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert named in outcome.error.message
