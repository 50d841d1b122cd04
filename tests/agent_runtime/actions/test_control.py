"""Pages that a person drives for a while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from tests.agent_runtime.actions.asking import Asker, code_of, eventually, result_of
from tests.site import Site
from xagent_protocol.messages import Command
from xagent_protocol.outcomes import Effect, Outcome

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def token(asker: Asker, site: Site) -> AsyncIterator[str]:
    """Ada's lease on the main page."""
    await asker.get("goto", url=site.url("/form"))
    taken: Any = await asker.get("take_control", holder="Ada")
    yield taken["token"]
    main = asker.browser.tabs.main
    if main is not None and main.control.lease is not None:
        await asker.get("return_control", token=taken["token"])


async def ask_as(asker: Asker, token: str, action: str, **params: Any) -> Outcome:
    """Ask for an action as the holder of a lease."""
    command = asker.command(action, **params)
    return await asker.performer.perform(msgspec.structs.replace(command, control_token=token))


def patient(command: Command) -> Command:
    """Let a command wait for the hand-back."""
    return msgspec.structs.replace(command, if_controlled="wait")


async def test_f49_no_command_moves_a_page_that_a_person_drives(asker: Asker, token: str) -> None:
    outcome = await asker.ask("fill", target="#name", value="robot")
    read = await asker.ask("content")

    assert (code_of(outcome), outcome.effect) == ("human_has_control", Effect.NONE)
    assert outcome.error is not None
    assert "Ada" in outcome.error.message
    assert code_of(read) == "human_has_control"
    after = await ask_as(asker, token, "evaluate", expression="document.title")
    assert result_of(after) == "Form"


async def test_f49_a_patient_command_waits_for_the_hand_back(asker: Asker, token: str) -> None:
    command = patient(asker.command("evaluate", expression="document.body.dataset.by"))

    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(asker.performer.perform(command))
        await ask_as(asker, token, "evaluate", expression="document.body.dataset.by = 'Ada'")
        assert not waiting.done()
        await asker.get("return_control", token=token, note="signed in")

    assert result_of(waiting.result()) == "Ada"


async def test_a_patient_command_is_still_stopped_at_its_deadline(asker: Asker, token: str) -> None:
    outcome = await asker.performer.perform(patient(asker.command("title", timeout=0.1)))

    assert (code_of(outcome), outcome.effect) == ("timed_out", Effect.NONE)


async def test_the_holders_own_commands_wait_behind_nobody(asker: Asker, token: str) -> None:
    own = msgspec.structs.replace(asker.command("title"), control_token=token)

    assert asker.performer.lane(own) is None
    assert asker.performer.lane(patient(asker.command("title"))) == "main"


async def test_other_pages_are_not_driven(asker: Asker, token: str, site: Site) -> None:
    opened: Any = await asker.get("new_page", url=site.url("/form"))

    assert await asker.get("title", page=opened["id"]) == "Form"


async def test_who_drives_is_told(asker: Asker, token: str) -> None:
    assert code_of(await asker.ask("take_control", holder="Eve")) == "human_has_control"
    held: Any = await asker.get("control")
    await asker.get("return_control", token=token)

    assert held["holder"] == "Ada"
    assert 50 < held["seconds"] <= 60
    assert await asker.get("control") == {"holder": None, "seconds": None}


async def test_a_lease_that_is_over_opens_nothing(asker: Asker, token: str) -> None:
    await asker.get("return_control", token=token)

    own = await ask_as(asker, token, "title")
    again = await asker.ask("return_control", token=token)
    longer = await asker.ask("extend_control", token=token)

    assert code_of(own) == code_of(again) == code_of(longer) == "not_in_control"


async def test_f49_a_person_may_interrupt_what_runs(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    main = asker.browser.tabs.main
    assert main is not None

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(
            asker.ask("evaluate", expression="new Promise(() => {})", timeout=30)
        )
        await eventually(main.turn.locked)
        taken: Any = await asker.get("take_control", holder="Ada", interrupt=True)

    outcome = running.result()
    assert (code_of(outcome), outcome.effect) == ("human_has_control", Effect.PARTIAL)
    await asker.get("return_control", token=taken["token"])
    assert await asker.get("title") == "Form"


async def test_a_person_who_is_patient_waits_for_what_runs(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    main = asker.browser.tabs.main
    assert main is not None

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(
            asker.ask("evaluate", expression="new Promise(done => window.finish = done)")
        )
        await eventually(main.turn.locked)
        taking = tasks.create_task(asker.get("take_control", holder="Ada"))
        while not await main.page.evaluate("'finish' in window"):
            pass
        assert not taking.done()
        await main.page.evaluate("finish(7)")

    taken: Any = taking.result()
    assert result_of(running.result()) == 7
    await asker.get("return_control", token=taken["token"])
