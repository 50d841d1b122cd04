"""Commands that are recorded by themselves, whatever becomes of them."""

from __future__ import annotations

import asyncio

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, eventually, result_of
from tests.agent_runtime.actions.traces import files_left, own_trace
from tests.site import Site
from xagent_protocol.outcomes import OutcomeState

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_command_is_handed_over_with_its_trace(asker: Asker, site: Site) -> None:
    outcome = await asker.ask("goto", record="trace", url=site.url("/form"))

    assert outcome.state is OutcomeState.SUCCEEDED
    (artifact,) = outcome.artifacts
    assert artifact.name == "goto.trace.zip"
    trace = own_trace(asker, outcome)
    assert trace.title == "goto"
    assert trace.named == ["goto"]
    assert outcome.notices == ()
    assert files_left(asker) == []


async def test_what_a_command_makes_itself_comes_first(asker: Asker) -> None:
    outcome = await asker.ask("screenshot", record="trace")

    assert [one.name for one in outcome.artifacts] == ["screenshot.png", "screenshot.trace.zip"]


async def test_a_command_that_is_not_recorded_leaves_nothing(asker: Asker) -> None:
    outcome = await asker.ask("title")

    assert outcome.artifacts == ()
    assert not asker.browser.recordings.directory.joinpath("screencast").exists()


@pytest.mark.slow
async def test_a_failed_command_has_a_trace_too(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    outcome = await asker.ask("click", record="trace", target="#nowhere", timeout=1)

    assert code_of(outcome) == "selector_not_found"
    assert own_trace(asker, outcome).named == ["click"]


@pytest.mark.slow
async def test_a_command_that_ran_out_of_time_has_a_trace_too(asker: Asker) -> None:
    outcome = await asker.ask("evaluate", record="trace", expression="for(;;);", timeout=0.3)

    assert outcome.state is OutcomeState.TIMED_OUT
    assert own_trace(asker, outcome).named == ["evaluate"]
    assert await asker.get("evaluate", expression="1") == 1


async def test_a_batch_is_one_trace_with_its_steps_by_name(asker: Asker, site: Site) -> None:
    steps = [
        {"action": "goto", "params": {"url": site.url("/form")}},
        {"action": "title"},
    ]

    outcome = await asker.ask("batch", record="trace", steps=steps)

    assert len(outcome.artifacts) == 1
    assert own_trace(asker, outcome).named == ["batch", "goto", "title"]


@pytest.mark.slow
async def test_commands_that_are_recorded_side_by_side_have_a_trace_each(
    asker: Asker, site: Site
) -> None:
    page = str((await asker.get("new_page"))["id"])  # type: ignore[index]  # JSON
    async with asyncio.TaskGroup() as group:
        asked = [
            group.create_task(asker.ask("goto", record="trace", page=where, url=site.url("/form")))
            for where in (None, page)
        ]

    for task in asked:
        assert own_trace(asker, task.result()).named == ["goto"]


async def test_a_command_that_waits_too_long_to_be_recorded_never_begins(asker: Asker) -> None:
    context = asker.browser.context
    async with asker.browser.recordings.tracer(context).turn:
        outcome = await asker.ask("evaluate", record="trace", expression="x = 1", timeout=0.1)

    assert (outcome.state, outcome.effect) == (OutcomeState.TIMED_OUT, "none")
    assert await asker.get("evaluate", expression="typeof x") == "undefined"


async def test_a_cancelled_command_leaves_nothing_that_runs(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    tracer = asker.browser.recordings.tracer(asker.browser.context)
    main = asker.browser.tabs.main
    assert main is not None
    command = asker.command("wait_for", record="trace", selector="#nowhere")
    async with asyncio.TaskGroup() as group:
        running = group.create_task(asker.performer.perform(command))
        await eventually(main.turn.locked)
        running.cancel()

    assert running.cancelled()
    assert not tracer.turn.locked()
    assert not tracer.is_tracing
    assert files_left(asker) == []
    assert (await asker.ask("title", record="trace")).artifacts


async def test_a_page_that_is_not_there_is_told_by_the_action_itself(asker: Asker) -> None:
    outcome = await asker.ask("title", record="trace", page="p99999")

    assert code_of(outcome) == "page_not_found"
    assert outcome.notices == (
        f"There is no trace of the command: {outcome.error.message}.",  # type: ignore[union-attr]  # seen above
    )


async def test_a_trace_that_nobody_takes_costs_the_command_nothing_but_a_notice(
    asker: Asker,
) -> None:
    asker.artifacts.is_full = True

    outcome = await asker.ask("evaluate", record="trace", expression="1 + 1")

    assert result_of(outcome) == 2
    assert outcome.artifacts == ()
    (notice,) = outcome.notices
    assert "did not take the artifact" in notice
    assert files_left(asker) == []


@pytest.mark.slow
async def test_a_page_that_hangs_delays_the_traces_of_others_but_prevents_none(
    asker: Asker, site: Site
) -> None:
    stuck = str((await asker.get("new_page", url=site.url("/form")))["id"])  # type: ignore[index]  # JSON
    await asker.get("evaluate", page=stuck, expression="void setTimeout(() => { for (;;); })")

    outcome = await asker.ask("title", record="trace")

    assert outcome.state is OutcomeState.SUCCEEDED
    assert outcome.notices == ()
    assert own_trace(asker, outcome).named == ["title"]


async def test_a_page_with_an_open_dialog_prevents_no_trace(asker: Asker, site: Site) -> None:
    stuck = str((await asker.get("new_page", url=site.url("/dialogs")))["id"])  # type: ignore[index]  # JSON
    await asker.get("dialog_policy", confirm="leave")
    await asker.ask("click", page=stuck, target="#confirm")

    outcome = await asker.ask("title", record="trace")

    assert own_trace(asker, outcome).named == ["title"]
    await asker.get("handle_dialog", page=stuck, accept=True)
    await asker.get("dialog_policy", confirm="dismiss")
