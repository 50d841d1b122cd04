"""One command, whatever happens to it."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
import structlog

from agent_runtime.actions import ActionRegistry, Performer, action, standard_registry
from agent_runtime.actions.call import ActionLimits, Call
from tests.agent_runtime.actions.asking import (
    Asker,
    MemoryArtifacts,
    code_of,
    eventually,
    result_of,
)
from tests.site import Site
from xagent_protocol.outcomes import Effect, OutcomeState

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_an_unknown_action_names_the_nearest(asker: Asker) -> None:
    outcome = await asker.ask("inner_tex")

    assert code_of(outcome) == "unknown_action"
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert "inner_text" in outcome.error.message


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "target"),
        ({"target": 5}, "$.target"),
        ({"target": "a", "button": "up"}, "$.button"),
        ({"target": "a", "nonsense": 1}, "nonsense"),
        ({"target": "a", "position": {"x": 1}}, "$.position"),
    ],
)
async def test_params_that_do_not_fit_are_refused_by_name(
    asker: Asker, params: dict[str, object], field: str
) -> None:
    command = msgspec.structs.replace(
        asker.command("click"), params=msgspec.Raw(msgspec.json.encode(params))
    )

    outcome = await asker.performer.perform(command)

    assert code_of(outcome) == "invalid_params"
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert field in outcome.error.message


@pytest.mark.parametrize(
    ("button", "kind", "action", "said"),
    [
        ("#alert", "alert", "accepted", "told"),
        ("#confirm", "confirm", "dismissed", "confirmed: false"),
        ("#prompt", "prompt", "dismissed", "prompted: null"),
    ],
)
async def test_a_dialog_is_answered_and_told(
    asker: Asker, site: Site, button: str, kind: str, action: str, said: str
) -> None:
    await asker.get("goto", url=site.url("/dialogs"))

    outcome = await asker.ask("click", target=button)

    assert outcome.state is OutcomeState.SUCCEEDED
    assert outcome.dialog is not None
    assert (outcome.dialog.type, outcome.dialog.action) == (kind, action)
    assert await asker.get("inner_text", target="#said") == said
    assert (await asker.ask("title")).dialog is None


async def test_a_page_that_objects_to_being_left_is_left(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/dialogs"))
    await asker.get("press", target="#draft", key="a")

    outcome = await asker.ask("goto", url=site.url("/form"))

    assert outcome.dialog is not None
    assert (outcome.dialog.type, outcome.dialog.action) == ("beforeunload", "accepted")
    assert outcome.page is not None
    assert outcome.page.url == site.url("/form")


async def test_a_cancelled_click_never_comes(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    command = asker.command("click", target="#off")
    main = asker.browser.tabs.main
    assert main is not None
    async with asyncio.TaskGroup() as group:
        running = group.create_task(asker.performer.perform(command))
        await eventually(main.turn.locked)
        running.cancel()

    await asker.get(
        "evaluate",
        expression="off.onclick = () => { off.textContent = 'clicked' }; off.disabled = false",
    )
    await asker.get("wait_for", milliseconds=100)

    assert running.cancelled()
    assert await asker.get("inner_text", target="#off") == "Disabled"


async def test_the_outcome_of_a_cancelled_command_says_whether_it_began(asker: Asker) -> None:
    command = asker.command("title")

    before = asker.performer.cancelled(command, begun=False)
    during = asker.performer.cancelled(command, begun=True)

    assert (before.state, before.effect) == (OutcomeState.CANCELLED, Effect.NONE)
    assert (during.state, during.effect) == (OutcomeState.CANCELLED, Effect.PARTIAL)
    assert during.page is not None


async def test_a_crashed_main_page_fails_alone_and_the_next_takes_its_place(
    asker: Asker, site: Site
) -> None:
    """F14, of a renderer."""
    await asker.get("goto", url=site.url("/form"))
    assert asker.browser.tabs.main is not None
    page = asker.browser.tabs.main.id
    stuck = asker.command("evaluate", page=page, expression="new Promise(() => {})")
    tab = asker.browser.tabs.named(page)
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(asker.performer.perform(stuck))
        await eventually(tab.turn.locked)
        crashing = group.create_task(_crash(asker, page))
        await eventually(waiting.done)
        crashing.cancel()

    after = await asker.ask("title", page=page)
    elsewhere = await asker.ask("title")
    closed = await asker.get("close_page", page=page)

    assert code_of(waiting.result()) == "page_crashed"
    assert waiting.result().effect is Effect.PARTIAL
    assert code_of(after) == "page_crashed"
    assert after.effect is Effect.NONE
    assert code_of(elsewhere) is None
    assert elsewhere.page is not None
    assert closed == {"closed": page, "main": elsewhere.page.id}
    assert asker.browser.epoch == 1


async def test_the_lane_of_a_command_is_its_page(asker: Asker) -> None:
    main = asker.browser.tabs.main
    assert main is not None

    assert asker.performer.lane(asker.command("title")) == "main"
    assert asker.performer.lane(asker.command("title", page=main.id)) == "main"
    assert asker.performer.lane(asker.command("title", page="p7")) == "p7"
    assert asker.performer.lane(asker.command("pages")) is None
    assert asker.performer.lane(asker.command("bogus")) is None


async def test_two_commands_that_meet_on_one_page_take_turns(asker: Asker) -> None:
    """Whatever lanes they came from: which page is main may have changed on their way."""
    main = asker.browser.tabs.main
    assert main is not None
    slow = asker.command(
        "evaluate", expression="new Promise(r => setTimeout(() => r(window.seen ?? 'alone'), 200))"
    )
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(asker.performer.perform(slow))
        await eventually(main.turn.locked)
        await asker.get("evaluate", expression="window.seen = 'met'")

    assert result_of(waiting.result()) == "alone"


async def test_what_an_action_breaks_on_is_logged_by_type_and_place_only(asker: Asker) -> None:
    @action(family="test", reads=True)
    async def leak(call: Call) -> None:
        """Quote the page in an error."""
        raise ZeroDivisionError("hunter2")

    performer = Performer(asker.browser, ActionRegistry([leak]), MemoryArtifacts())
    with structlog.testing.capture_logs() as lines:
        outcome = await performer.perform(asker.command("leak"))

    (line,) = lines
    assert (line["error"], line["action"]) == ("ZeroDivisionError", "leak")
    assert "in leak" in line["where"]
    assert "hunter2" not in line["where"].replace('ZeroDivisionError("hunter2")', "")
    assert outcome.error is not None
    assert "hunter2" not in outcome.error.message


async def test_half_a_character_in_what_a_script_throws_can_be_told(asker: Asker) -> None:
    outcome = await asker.ask("evaluate", expression="(() => { throw new Error('a\\ud800b') })()")

    told = msgspec.json.decode(msgspec.json.encode(outcome))
    assert "a\ufffdb" in told["error"]["details"]["stack"]


async def test_the_limit_of_an_answer_is_obeyed(asker: Asker) -> None:
    artifacts = MemoryArtifacts()
    small = Performer(asker.browser, standard_registry(), artifacts, ActionLimits(100))

    outcome = await small.perform(asker.command("evaluate", expression="'x'.repeat(200)"))

    assert len(outcome.artifacts) == 1
    assert len(bytes(outcome.result)) < 100


async def _crash(asker: Asker, page: str) -> None:
    tab = asker.browser.tabs.named(page)
    session = await tab.launch.context.new_cdp_session(tab.page)
    await session.send("Page.crash")
