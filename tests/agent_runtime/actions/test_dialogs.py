"""Dialogs that are left open for whoever is to decide."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.agent_runtime.actions.asking import Asker, code_of, eventually
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AT_FIRST: dict[str, Any] = {
    "alert": "accept",
    "beforeunload": "accept",
    "confirm": "dismiss",
    "prompt": "dismiss",
}


@pytest_asyncio.fixture(loop_scope="session")
async def left_open(asker: Asker, site: Site) -> AsyncIterator[Asker]:
    """A page whose questions wait for an answer."""
    await asker.get("dialog_policy", confirm="leave", prompt="leave", alert="leave")
    await asker.get("goto", url=site.url("/dialogs"))
    yield asker
    if asker.browser.tabs.main is not None and asker.browser.tabs.main.dialogs.open:
        await asker.get("handle_dialog", accept=False)
    await asker.get("dialog_policy", **AT_FIRST)


async def test_the_policy_is_told_and_changed_in_part(asker: Asker) -> None:
    assert await asker.get("dialog_policy") == {**AT_FIRST, "prompt_text": None}

    changed = await asker.get("dialog_policy", prompt="accept", prompt_text="me")

    assert changed == {**AT_FIRST, "prompt": "accept", "prompt_text": "me"}
    await asker.get("dialog_policy", prompt="dismiss")


async def test_an_accepted_prompt_is_told_the_text_of_the_policy(asker: Asker, site: Site) -> None:
    await asker.get("dialog_policy", prompt="accept", prompt_text="me")
    await asker.get("goto", url=site.url("/dialogs"))
    await asker.get("click", target="#prompt")

    assert await asker.get("inner_text", target="#said") == "prompted: me"
    await asker.get("dialog_policy", prompt="dismiss")


async def test_the_command_that_opens_a_dialog_ends_at_once(left_open: Asker) -> None:
    outcome = await left_open.ask("click", target="#confirm")

    assert (code_of(outcome), outcome.effect) == ("dialog_open", Effect.PARTIAL)
    assert outcome.duration_ms < 5_000
    assert outcome.dialog is not None
    assert (outcome.dialog.type, outcome.dialog.action) == ("confirm", "open")
    assert outcome.error is not None
    assert "handle_dialog" in outcome.error.message


async def test_what_a_prompt_suggests_is_told(left_open: Asker) -> None:
    outcome = await left_open.ask("click", target="#prompt")

    assert outcome.dialog is not None
    assert (outcome.dialog.message, outcome.dialog.default) == ("who?", "nobody")


async def test_no_command_waits_for_a_page_that_shows_a_dialog(left_open: Asker) -> None:
    await left_open.ask("click", target="#alert")

    outcome = await left_open.ask("inner_text", target="#said")

    assert (code_of(outcome), outcome.effect) == ("dialog_open", Effect.NONE)
    assert outcome.dialog is not None
    assert outcome.dialog.message == "look out"


async def test_an_open_dialog_is_seen_without_the_page(left_open: Asker) -> None:
    await left_open.ask("click", target="#prompt")

    shown = await left_open.get("dialog")
    listed = await left_open.get("pages")

    assert isinstance(shown, dict)
    assert isinstance(listed, dict)
    assert shown["dialog"]["message"] == "who?"
    assert listed["pages"][0]["dialog"] == shown["dialog"]
    assert left_open.browser.status().pages[0].dialog is not None


@pytest.mark.parametrize(
    ("button", "answer", "said"),
    [
        ("#confirm", {"accept": True}, "confirmed: true"),
        ("#confirm", {"accept": False}, "confirmed: false"),
        ("#prompt", {"accept": True, "prompt_text": "Ada"}, "prompted: Ada"),
        ("#prompt", {"accept": False}, "prompted: null"),
    ],
)
async def test_an_answer_lets_the_page_go_on(
    left_open: Asker, button: str, answer: dict[str, Any], said: str
) -> None:
    await left_open.ask("click", target=button)

    answered = await left_open.get("handle_dialog", **answer)

    assert isinstance(answered, dict)
    assert answered["action"] == ("accepted" if answer["accept"] else "dismissed")
    assert await left_open.get("inner_text", target="#said") == said


async def test_a_page_with_a_dialog_can_be_closed(left_open: Asker, site: Site) -> None:
    opened = await left_open.get("new_page", url=site.url("/dialogs"))
    assert isinstance(opened, dict)
    await left_open.ask("click", page=opened["id"], target="#confirm")

    await left_open.get("close_page", page=opened["id"])

    assert await left_open.get("title") == "Dialogs"


async def test_a_dialog_stops_only_its_own_page(left_open: Asker, site: Site) -> None:
    opened = await left_open.get("new_page", url=site.url("/form"))
    assert isinstance(opened, dict)
    await left_open.ask("click", target="#confirm")

    assert await left_open.get("title", page=opened["id"]) == "Form"


async def test_a_script_that_asks_is_answered_and_the_next_runs(left_open: Asker) -> None:
    outcome = await left_open.ask("evaluate", expression="window.it = confirm('sure?')")
    assert code_of(outcome) == "dialog_open"

    await left_open.get("handle_dialog", accept=True)

    assert await left_open.get("evaluate", expression="window.it") is True


async def test_an_answer_without_a_dialog_says_so(asker: Asker) -> None:
    outcome = await asker.ask("handle_dialog", accept=True)

    assert (code_of(outcome), outcome.effect) == ("not_actionable", Effect.NONE)


async def test_what_is_dismissed_is_told_nothing(asker: Asker) -> None:
    outcome = await asker.ask("handle_dialog", accept=False, prompt_text="x")

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert outcome.error.message.startswith("prompt_text")


async def test_a_page_that_opens_a_dialog_by_itself_is_found_with_it(
    left_open: Asker, site: Site
) -> None:
    await left_open.get("evaluate", expression="void setTimeout(() => alert('late'), 0)")
    main = left_open.browser.tabs.main
    assert main is not None

    await eventually(lambda: main.dialogs.open is not None)

    assert code_of(await left_open.ask("title")) == "dialog_open"
