"""Pages that a person drives for a while."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from tests.agent_runtime.actions.asking import Asker, code_of, eventually, result_of
from tests.site import Site
from xagent_protocol.control import digest_of
from xagent_protocol.messages import Command
from xagent_protocol.outcomes import Effect, Outcome

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def token(asker: Asker, site: Site) -> AsyncIterator[str]:
    """Ada's lease on the main page."""
    await asker.get("goto", url=site.url("/form"))
    token = await taken(asker, "Ada")
    yield token
    main = asker.browser.tabs.main
    if main is not None and main.control.lease is not None:
        await ask_as(asker, token, "return_control")


async def ask_as(asker: Asker, token: str, action: str, **params: Any) -> Outcome:
    """Ask for an action as the holder of a lease."""
    command = asker.command(action, **params)
    return await asker.performer.perform(
        msgspec.structs.replace(command, control_digest=digest_of(token))
    )


async def taken(asker: Asker, holder: str, **params: Any) -> str:
    """Take the main page over, under a new token."""
    token = secrets.token_urlsafe(16)
    result_of(await ask_as(asker, token, "take_control", holder=holder, **params))
    return token


def patient(command: Command) -> Command:
    """Let a command wait for the hand-back."""
    return msgspec.structs.replace(command, if_controlled="wait")


async def test_f49_no_command_moves_a_page_that_a_person_drives(asker: Asker, token: str) -> None:
    outcome = await asker.ask("fill", target="#name", value="robot")
    others = [
        await asker.ask(action, **params)
        for action, params in (
            ("content", {}),
            ("screenshot", {}),
            ("snapshot", {}),
            ("close_page", {}),
            ("bring_to_front", {}),
            ("handle_dialog", {"accept": True}),
            ("restart_browser", {}),
            ("clipboard", {}),
            ("start_tracing", {}),
            ("start_har", {}),
            ("batch", {"steps": [{"action": "title"}]}),
        )
    ]

    assert (code_of(outcome), outcome.effect) == ("human_has_control", Effect.NONE)
    assert outcome.error is not None
    assert "Ada" in outcome.error.message
    assert {code_of(other) for other in others} == {"human_has_control"}
    after = await ask_as(asker, token, "evaluate", expression="document.title")
    assert result_of(after) == "Form"


async def test_f49_a_patient_command_waits_for_the_hand_back(asker: Asker, token: str) -> None:
    command = patient(asker.command("evaluate", expression="document.body.dataset.by"))

    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(asker.performer.perform(command))
        await ask_as(asker, token, "evaluate", expression="document.body.dataset.by = 'Ada'")
        assert not waiting.done()
        await ask_as(asker, token, "return_control", note="signed in")

    outcome = waiting.result()
    assert result_of(outcome) == "Ada"
    assert outcome.page is not None
    assert outcome.notices == (f"waited until Ada handed page {outcome.page.id} back: signed in",)


async def test_a_patient_command_is_still_stopped_at_its_deadline(asker: Asker, token: str) -> None:
    outcome = await asker.performer.perform(patient(asker.command("title", timeout=0.1)))

    assert (code_of(outcome), outcome.effect) == ("timed_out", Effect.NONE)
    assert outcome.error is not None
    assert "Ada" in outcome.error.message


async def test_who_is_refused_or_in_control_waits_behind_nobody(asker: Asker, token: str) -> None:
    own = msgspec.structs.replace(asker.command("title"), control_digest=digest_of(token))
    lane = asker.performer.lane

    assert lane(own) is None
    assert lane(asker.command("title")) is None
    assert lane(patient(asker.command("title"))) == "main"
    await ask_as(asker, token, "return_control")
    assert lane(asker.command("title")) == "main"


async def test_other_pages_are_not_driven(asker: Asker, token: str, site: Site) -> None:
    opened: Any = await asker.get("new_page", url=site.url("/form"))

    assert await asker.get("title", page=opened["id"]) == "Form"
    recorded = await asker.ask("title", page=opened["id"], record="trace")
    assert not recorded.artifacts, "a trace would have all pages of the profile in it"
    assert "Ada has control" in recorded.notices[0]


async def test_who_drives_is_told(asker: Asker, token: str) -> None:
    eve = await ask_as(asker, secrets.token_urlsafe(16), "take_control", holder="Eve")
    held: Any = await asker.get("control")
    shown = asker.browser.status().pages[0].controlled_by
    await ask_as(asker, token, "return_control")

    assert code_of(eve) == "human_has_control"
    assert eve.error is not None
    assert eve.error.details is not None
    assert eve.error.details["holder"] == held["holder"] == shown == "Ada"
    assert 50 < held["seconds"] <= 60
    assert await asker.get("control") == {"holder": None, "seconds": None}
    assert asker.browser.status().pages[0].controlled_by is None


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Ada", "Ada (sign-in 3fa9c1d2)"),
        ("token", "token (sign-in 3fa9c1d2)"),
        ("Eve (token) has", "Eve token has (sign-in 3fa9c1d2)"),
        ("Eve\uff08token\uff09", "Evetoken (sign-in 3fa9c1d2)"),
        ("\u202enekot\n\x1b[2J\x00", "nekot2J (sign-in 3fa9c1d2)"),
        (" () ", "sign-in 3fa9c1d2"),
    ],
)
async def test_nobody_takes_control_under_the_name_of_another(
    asker: Asker, said: str, shown: str
) -> None:
    token = secrets.token_urlsafe(16)
    wish = msgspec.structs.replace(
        asker.command("take_control", holder=said),
        control_digest=digest_of(token),
        requested_by="sign-in 3fa9c1d2",
    )
    lease: Any = result_of(await asker.performer.perform(wish))
    eve = await ask_as(asker, secrets.token_urlsafe(16), "take_control", holder="Eve")
    page = asker.browser.status().pages[0].controlled_by
    await ask_as(asker, token, "return_control")

    assert lease["holder"] == page == shown
    assert eve.error is not None
    assert eve.error.message.startswith(f"{shown} has control for another")


async def test_a_repeated_wish_finds_the_lease_that_it_made(asker: Asker, token: str) -> None:
    first: Any = await asker.get("control")
    again: Any = result_of(await ask_as(asker, token, "take_control", holder="Ada", seconds=90))
    longer: Any = result_of(await ask_as(asker, token, "extend_control", seconds=120))

    assert first["seconds"] <= 60 < again["seconds"] <= 90 < longer["seconds"]
    assert again["number"] == longer["number"]


async def test_a_lease_that_is_over_opens_nothing(asker: Asker, token: str) -> None:
    await ask_as(asker, token, "return_control")

    outcomes = [
        await ask_as(asker, token, action)
        for action in ("title", "return_control", "extend_control", "close_page")
    ]

    assert [code_of(one) for one in outcomes] == ["not_in_control"] * 4
    again = await ask_as(asker, token, "take_control", holder="Ada")
    assert code_of(again) == "invalid_params"


async def test_control_is_not_taken_without_a_token(asker: Asker, site: Site) -> None:
    outcome = await asker.ask("take_control", holder="Ada")

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert "control_token" in outcome.error.message


async def test_nobody_takes_over_what_is_being_recorded(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("start_tracing")
    outcome = await ask_as(asker, secrets.token_urlsafe(16), "take_control", holder="Ada")
    await asker.get("stop_tracing")

    assert code_of(outcome) == "blocked_by_policy"
    assert await asker.get("control") == {"holder": None, "seconds": None}


async def test_f49_a_person_may_interrupt_what_runs(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    main = asker.browser.tabs.main
    assert main is not None

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(
            asker.ask("evaluate", expression="new Promise(() => {})", timeout=30)
        )
        await eventually(main.turn.locked)
        token = await taken(asker, "Ada", interrupt=True)

    outcome = running.result()
    assert (code_of(outcome), outcome.effect) == ("human_has_control", Effect.PARTIAL)
    assert outcome.error is not None
    assert outcome.error.message.startswith("Ada took the page over")
    assert outcome.error.details == {"holder": "Ada"}
    await ask_as(asker, token, "return_control")
    assert await asker.get("title") == "Form"


async def test_who_asks_by_a_spent_token_interrupts_nothing(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    main = asker.browser.tabs.main
    assert main is not None
    token = await taken(asker, "Ada")
    await ask_as(asker, token, "return_control")

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(
            asker.ask("evaluate", expression="new Promise(done => window.finish = done)")
        )
        await eventually(main.turn.locked)
        refused = await ask_as(asker, token, "take_control", holder="Ada", interrupt=True)
        while not await main.page.evaluate("'finish' in window"):
            pass
        await main.page.evaluate("finish(7)")

    assert code_of(refused) == "invalid_params"
    assert result_of(running.result()) == 7


async def test_a_person_who_is_patient_waits_for_what_runs(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    main = asker.browser.tabs.main
    assert main is not None

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(
            asker.ask("evaluate", expression="new Promise(done => window.finish = done)")
        )
        await eventually(main.turn.locked)
        taking = tasks.create_task(taken(asker, "Ada"))
        while not await main.page.evaluate("'finish' in window"):
            pass
        assert not taking.done()
        await main.page.evaluate("finish(7)")

    assert result_of(running.result()) == 7
    await ask_as(asker, taking.result(), "return_control")


async def test_a_driven_page_keeps_its_dialogs_for_the_person(
    asker: Asker, token: str, site: Site
) -> None:
    await ask_as(asker, token, "goto", url=site.url("/dialogs"))
    clicked = await ask_as(asker, token, "click", target="#confirm")
    answered: Any = result_of(await ask_as(asker, token, "handle_dialog", accept=True))

    assert code_of(clicked) == "dialog_open"
    assert answered["action"] == "accepted"
