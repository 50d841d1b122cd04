"""Waiting for something to be so."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agent_runtime.actions.wait import wait_for
from tests.agent_runtime.actions.asking import Asker, code_of, eventually, result_of
from tests.site import Site
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def _once_waiting(asker: Asker, script: str, **condition: Any) -> Outcome:
    """Wait, and run *script* in the page as soon as somebody listens to it."""
    main = asker.browser.tabs.main
    assert main is not None
    before = _listeners(main.page)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(asker.ask("wait_for", **condition))
        await eventually(lambda: _listeners(main.page) != before)
        await main.page.evaluate(script)
    return waiting.result()


async def _after(asker: Asker, clicked: str, **condition: Any) -> Any:
    """Click and wait in one batch, and return what the waiting came to."""
    result = await asker.get(
        "batch",
        steps=[
            {"action": "click", "params": {"target": clicked}},
            {"action": "wait_for", "params": condition},
        ],
    )
    assert isinstance(result, dict)
    return result["steps"][1]["result"]


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
        {"text": "Later", "download": False, "new_page": False},
    ],
)
async def test_it_returns_once_all_of_it_is_so(
    asker: Asker, site: Site, condition: dict[str, Any]
) -> None:
    await asker.get("goto", url=site.url("/buttons"))

    assert await asker.get("wait_for", **condition) == {"url": site.url("/buttons")}


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"text": "Nowhere"}, "the text 'Nowhere' to be seen; the page is at"),
        ({"text_gone": "Save"}, "the text 'Save' to be gone; the page is at"),
        ({"url": "**/elsewhere"}, "/buttons"),
        ({"function": "() => false"}, "the function to be truthy"),
        ({"selector": "#counter", "state": "hidden"}, "'#counter' is there, but not hidden"),
        ({"milliseconds": 60_000}, "60000 milliseconds do not fit"),
        ({"function": "() => true", "milliseconds": 60_000}, "60000 milliseconds"),
        ({"response": "**/x"}, "a response (**/x): none came"),
        ({"response": {"method": "PUT", "status": 200}}, "a response (PUT 200): none came"),
        ({"response": {}}, "a response (any): none came"),
        ({"download": True}, "a download: none came"),
        ({"new_page": True}, "a page that this one opens: none came"),
        ({"console": "x"}, "a console message with 'x': none came"),
        ({"text": "Save", "response": "**/x"}, "a response (**/x)"),
        ({"url": "**/x", "console": "x", "any": True}, "**/x"),
    ],
)
async def test_what_never_comes_times_out_and_is_named(
    asker: Asker, site: Site, condition: dict[str, Any], said: str
) -> None:
    await asker.get("goto", url=site.url("/buttons"))
    await asker.get("wait_for", milliseconds=1)

    outcome = await asker.ask("wait_for", **condition, timeout=0.4)

    assert outcome.state is OutcomeState.TIMED_OUT
    assert code_of(outcome) == "timed_out"
    assert outcome.effect is (Effect.PARTIAL if "function" in condition else Effect.NONE)
    assert outcome.error is not None
    assert said in outcome.error.message


async def test_a_selector_that_matches_nothing_is_not_found(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/buttons"))

    assert (
        code_of(await asker.ask("wait_for", selector="#never", timeout=0.4)) == "selector_not_found"
    )


@pytest.mark.parametrize(
    "expected",
    [
        "**/count?x=*",
        {"url": "**/count**"},
        {"method": "post", "status": 200},
        {"url": "**/count?x=1", "method": "POST", "status": 200},
    ],
)
async def test_an_answer_of_a_server_is_waited_for(
    asker: Asker, site: Site, expected: object
) -> None:
    await asker.get("goto", url=site.url("/happenings"))

    outcome = await _once_waiting(asker, "ask.click()", response=expected)

    response = {"url": site.url("/count?x=1"), "method": "POST", "status": 200}
    assert result_of(outcome) == {"url": site.url("/happenings"), "response": response}


async def test_an_answer_that_came_before_the_command_does_not_count(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/happenings"))
    before = site.hits["/count"]
    await asker.get("click", target="#ask")
    await eventually(lambda: site.hits["/count"] > before)
    await asker.get("wait_for", milliseconds=30)

    outcome = await asker.ask("wait_for", response="**/count**", timeout=0.2)

    assert outcome.state is OutcomeState.TIMED_OUT


async def test_other_answers_are_told_when_the_right_one_does_not_come(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/happenings"))

    outcome = await _once_waiting(asker, "ask.click()", response={"status": 404}, timeout=0.5)

    assert outcome.error is not None
    assert "1 others came, the last of them POST" in outcome.error.message
    assert "/count?x=1 (200)" in outcome.error.message


async def test_in_a_batch_counts_what_happened_since_its_beginning(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/happenings"))

    answered = await _after(asker, "#ask", milliseconds=100, response="**/count**")
    said = await _after(asker, "#say", milliseconds=1, console="is said")
    opened = await _after(asker, "#open", milliseconds=100, new_page=True)

    assert answered["response"]["status"] == 200
    assert said["console"] == "it is said"
    assert opened["new_page"] in [tab.id for tab in asker.browser.tabs]


async def test_a_message_is_waited_for(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/happenings"))

    outcome = await _once_waiting(asker, "say.click()", console="said")

    assert result_of(outcome) == {"url": site.url("/happenings"), "console": "it is said"}


async def test_a_page_that_this_one_opens_is_waited_for(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/happenings"))

    script = "document.getElementById('open').click()"
    came = result_of(await _once_waiting(asker, script, new_page=True))

    assert isinstance(came, dict)
    page = came["new_page"]
    await asker.get("wait_for", page=page, url=site.url("/form"))


async def test_a_page_that_another_opens_does_not_count(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/happenings"))
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(asker.ask("wait_for", new_page=True, timeout=0.3))
        await asker.get("new_page")

    assert waiting.result().state is OutcomeState.TIMED_OUT


async def test_a_download_is_waited_for_to_its_end(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/happenings"))

    outcome = await _once_waiting(asker, "get.click()", download=True)

    url = site.url("/attachment?name=notes.txt")
    assert result_of(outcome) == {
        "url": site.url("/happenings"),
        "download": {"name": "notes.txt", "url": url, "failure": None},
    }


async def test_nothing_is_listened_to_except_while_it_is_waited_for(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/happenings"))
    main = asker.browser.tabs.main
    assert main is not None
    before = _listeners(main.page)

    await asker.ask("wait_for", console="said", response="**/x", new_page=True, timeout=0.1)

    assert _listeners(main.page) == before


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"text": "Nowhere", "selector": "#counter"}, "selector"),
        ({"text": "Nowhere", "milliseconds": 20}, "milliseconds"),
        ({"selector": "#never", "url": "**/buttons", "console": "x"}, "url"),
        ({"text": "Later"}, "text"),
    ],
)
async def test_any_of_several_is_enough_and_is_named(
    asker: Asker, site: Site, condition: dict[str, Any], met: str
) -> None:
    await asker.get("goto", url=site.url("/buttons"))

    outcome = await asker.ask("wait_for", **condition, any=True)

    assert result_of(outcome) == {"url": site.url("/buttons"), "met": met}
    assert outcome.duration_ms < 5_000


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ({"selector": "[[", "text": "Nowhere"}, "selector_invalid"),
        ({"selector": "text=Save", "url": "**/elsewhere"}, "selector_ambiguous"),
        ({"function": "() => { throw 1 }", "text": "Nowhere"}, "evaluation_failed"),
    ],
)
async def test_any_fails_at_once_with_what_cannot_be_waited_for(
    asker: Asker, site: Site, condition: dict[str, Any], code: str
) -> None:
    await asker.get("goto", url=site.url("/buttons"))

    assert code_of(await asker.ask("wait_for", **condition, any=True)) == code


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({}, "wait_for needs one of"),
        ({"download": False, "any": True}, "wait_for needs one of"),
        ({"response": ""}, "$.response"),
        ({"response": "**/{a"}, "response: the URL '**/{a' cannot be read"),
        ({"response": {"status": 99}}, "$.response.status"),
        ({"response": {"code": 200}}, "code"),
        ({"download": "yes"}, "$.download"),
        ({"milliseconds": -1}, "$.milliseconds"),
        ({"load_state": "soon"}, "$.load_state"),
        ({"console": ""}, "$.console"),
    ],
)
async def test_bad_params_are_named(asker: Asker, params: dict[str, Any], named: str) -> None:
    outcome = await asker.ask("wait_for", **params)

    assert code_of(outcome) == "invalid_params"
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert named in outcome.error.message


async def test_a_function_that_throws_fails_at_once(asker: Asker) -> None:
    outcome = await asker.ask("wait_for", function="() => { throw new Error('no') }")

    assert code_of(outcome) == "evaluation_failed"


async def test_a_page_that_closes_ends_the_waiting(asker: Asker, site: Site) -> None:
    opened = await asker.get("new_page", url=site.url("/form"))
    assert isinstance(opened, dict)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(
            asker.ask("wait_for", page=opened["id"], text="Nowhere", url="**/x", any=True)
        )
        await eventually(asker.browser.tabs.named(opened["id"]).turn.locked)
        await asker.get("close_page", page=opened["id"])

    assert code_of(waiting.result()) == "page_closed"
    assert result_of(waiting.result()) is None


async def test_it_counts_as_writing_since_a_function_may_do_anything() -> None:
    assert not wait_for.spec.reads


def _listeners(page: Any) -> dict[str, int]:
    emitter = page._impl_obj
    return {
        event: len(emitter.listeners(event))
        for event in ("response", "download", "popup", "console")
    }
