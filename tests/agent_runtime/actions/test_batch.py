"""Several actions in one round trip."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, eventually, result_of
from tests.site import Site
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def step(action: str, page: object = None, **params: object) -> dict[str, object]:
    """Return one step as a caller writes it."""
    return {"action": action, "params": params} | ({"page": page} if page is not None else {})


def from_step(number: int, path: str) -> dict[str, object]:
    """Return a reference."""
    return {"$step": number, "path": path}


def steps_of(outcome: Outcome) -> list[dict[str, Any]]:
    """Return what became of the steps."""
    result = result_of(outcome)
    assert isinstance(result, dict)
    steps: list[dict[str, Any]] = result["steps"]
    return steps


async def test_each_step_has_its_result(asker: Asker, site: Site) -> None:
    outcome = await asker.ask(
        "batch",
        steps=[
            step("goto", url=site.url("/form")),
            step("fill", target="#name", value="Ada"),
            step("click", target="#go"),
            step("inner_text", target="#said"),
        ],
    )

    steps = steps_of(outcome)
    assert [one["state"] for one in steps] == ["succeeded"] * 4
    assert steps[0]["result"]["title"] == "Form"
    assert steps[3]["result"] == "hello Ada"
    assert outcome.page is not None
    assert outcome.page.url == site.url("/form")


async def test_a_later_step_uses_what_an_earlier_one_found(asker: Asker, site: Site) -> None:
    outcome = await asker.ask(
        "batch",
        steps=[
            step("evaluate", expression="({list: [{where: '" + site.url("/form") + "'}]})"),
            step("new_page", url=from_step(0, "result.list.0.where")),
            step("evaluate", page=from_step(1, "result.id"), expression="location.pathname"),
            step(
                "evaluate",
                expression="given => given",
                arg={"deep": [from_step(2, "result"), from_step(1, "page.title")]},
            ),
        ],
    )

    steps = steps_of(outcome)
    assert steps[2]["result"] == "/form"
    assert steps[2]["page"]["id"] == steps[1]["result"]["id"]
    assert steps[3]["result"] == {"deep": ["/form", "Form"]}
    assert steps[3]["page"]["id"] != steps[1]["result"]["id"], "back on the command's own page"


async def test_a_step_that_fails_tells_what_was_done_before(asker: Asker, site: Site) -> None:
    outcome = await asker.ask(
        "batch",
        timeout=3,
        steps=[
            step("goto", url=site.url("/form")),
            step("fill", target="#name", value="Ada"),
            step("click", target="#nowhere"),
            step("title"),
        ],
    )

    assert (code_of(outcome), outcome.effect) == ("selector_not_found", Effect.PARTIAL)
    assert outcome.error is not None
    assert outcome.error.message.startswith("step 2 (click) failed: ")
    assert outcome.error.details is not None
    assert outcome.error.details["step"] == 2
    steps = steps_of(outcome)
    assert [one["state"] for one in steps] == ["succeeded", "succeeded", "failed", "skipped"]
    assert steps[0]["result"]["status"] == 200
    assert steps[2]["error"]["code"] == "selector_not_found"


async def test_a_batch_goes_on_past_a_failure_if_asked_to(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    outcome = await asker.ask(
        "batch",
        stop_on_error=False,
        steps=[step("evaluate", expression="nonsense"), step("title")],
    )

    assert outcome.state is OutcomeState.SUCCEEDED
    assert [one["state"] for one in steps_of(outcome)] == ["failed", "succeeded"]


@pytest.mark.parametrize(
    ("steps", "code", "place"),
    [
        ([], "invalid_params", "steps"),
        ([step("title")] * 101, "invalid_params", "steps"),
        ([step("title"), step("titel")], "unknown_action", "steps.1"),
        ([step("title"), step("click")], "invalid_params", "steps.1"),
        ([step("batch", steps=[step("title")])], "invalid_params", "steps.0"),
        (
            [step("fill", target="a", value=from_step(0, "result"))],
            "invalid_params",
            "params.value",
        ),
        ([step("title"), step("title", page={"$step": "0"})], "invalid_params", "steps.1.page"),
        (
            [step("title"), step("goto", url={"$step": 0, "road": ""})],
            "invalid_params",
            "params.url",
        ),
    ],
)
async def test_what_cannot_work_is_refused_before_anything_is_done(
    asker: Asker, steps: list[object], code: str, place: str
) -> None:
    await asker.get("evaluate", expression="document.title = 'untouched'")

    outcome = await asker.ask("batch", steps=steps)

    assert (code_of(outcome), outcome.effect) == (code, Effect.NONE)
    assert outcome.error is not None
    assert place in outcome.error.message
    assert await asker.get("title") == "untouched"


async def test_a_reference_to_nothing_names_its_place(asker: Asker) -> None:
    outcome = await asker.ask(
        "batch",
        steps=[step("title"), step("evaluate", expression=from_step(0, "result.no.where"))],
    )

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert "steps.1.params.expression" in outcome.error.message
    assert "result.no.where" in outcome.error.message


async def test_what_a_step_makes_is_an_artifact_of_the_batch(asker: Asker) -> None:
    outcome = await asker.ask("batch", steps=[step("screenshot"), step("screenshot")])

    assert [one["result"]["artifact_id"] for one in steps_of(outcome)] == [
        artifact.artifact_id for artifact in outcome.artifacts
    ]


async def test_a_batch_is_stopped_at_its_deadline_and_tells_how_far_it_came(
    asker: Asker, site: Site
) -> None:
    outcome = await asker.ask(
        "batch",
        timeout=1,
        steps=[
            step("goto", url=site.url("/form")),
            step("evaluate", expression="new Promise(() => {})"),
            step("title"),
        ],
    )

    assert outcome.state is OutcomeState.TIMED_OUT
    assert [one["state"] for one in steps_of(outcome)] == ["succeeded", "failed", "skipped"]
    assert await asker.get("title", timeout=3) == "Form"


async def test_a_cancelled_batch_stops_in_the_middle(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    command = asker.command(
        "batch",
        steps=[
            step("fill", target="#name", value="before"),
            step("evaluate", expression="window.waits = true, new Promise(() => {})"),
            step("fill", target="#name", value="after"),
        ],
    )
    main = asker.browser.tabs.main
    assert main is not None

    async with asyncio.TaskGroup() as group:
        running = group.create_task(asker.performer.perform(command))
        await eventually(main.turn.locked)
        while not await main.page.evaluate("window.waits"):
            pass
        running.cancel()

    assert running.cancelled()
    assert await main.page.input_value("#name") == "before"


async def test_two_batches_that_cross_do_not_wait_for_each_other_for_ever(asker: Asker) -> None:
    opened = await asker.get("new_page")
    assert isinstance(opened, dict)
    main, other = asker.browser.tabs.main, opened["id"]
    assert main is not None
    there = [step("title", page=page) for page in (main.id, other) * 10]

    async with asyncio.TaskGroup() as group:
        one = group.create_task(asker.ask("batch", steps=there))
        two = group.create_task(asker.ask("batch", page=other, steps=there[::-1]))

    assert code_of(one.result()) is code_of(two.result()) is None


async def test_a_batch_waits_in_the_lane_of_its_page(asker: Asker) -> None:
    assert asker.performer.lane(asker.command("batch", steps=[step("title")])) == "main"
