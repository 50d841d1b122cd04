"""Acting on elements with a pointer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, stopped_once
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def _seen(asker: Asker) -> object:
    return await asker.get("evaluate", expression="seen.splice(0)")


async def test_a_click_is_one_click(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/buttons"))
    before = site.hits["/count"]

    await asker.get("click", target="#counter")

    await asker.get("wait_for", text="1")
    assert await asker.get("inner_text", target="#counter") == "1"
    assert site.hits["/count"] == before + 1


async def test_a_click_waits_until_its_element_shows(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/buttons"))

    assert await asker.get("click", target="#later") is None


async def test_a_click_takes_its_options(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/buttons"))
    await asker.get(
        "evaluate",
        expression="addEventListener('click', e => { window.seen = [e.shiftKey, e.detail] })",
    )

    await asker.get(
        "click",
        target="#counter",
        modifiers=["Shift"],
        click_count=2,
        position={"x": 2, "y": 2},
    )

    assert await asker.get("evaluate", expression="seen") == [True, 2]


@pytest.mark.parametrize("action", ["click", "dblclick"])
async def test_a_click_that_is_stopped_while_it_holds_lets_everything_go(
    asker: Asker, site: Site, action: str
) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    await stopped_once(
        asker,
        "seen.includes('mousedown pad')",
        action,
        target="#pad",
        delay=60_000,
        modifiers=["Shift"],
    )

    seen = await _seen(asker)
    assert seen == ["down Shift", "mousedown pad", "mouseup pad", "click pad", "up Shift"]


async def test_a_click_that_never_was_lets_nothing_go(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    outcome = await asker.ask("click", target="#covered", delay=1, timeout=0.6)

    assert outcome.effect is Effect.NONE
    assert await _seen(asker) == []


async def test_a_double_click_is_two_clicks_and_one_more_event(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    await asker.get("dblclick", target="#pad")

    once = ["mousedown pad", "mouseup pad", "click pad"]
    assert await _seen(asker) == [*once, *once, "dblclick pad"]


async def test_a_tap_is_a_touch_that_becomes_a_click(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    await asker.get("tap", target="#pad", position={"x": 20, "y": 20})

    await asker.get("wait_for", function="() => seen.includes('click pad')")
    seen = await _seen(asker)
    assert isinstance(seen, list)
    assert seen[:2] == ["touchstart pad", "touchend pad"]


async def test_a_tap_reaches_into_a_frame(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/frames"))
    await asker.get("fill", frame="#inner", target="#name", value="you")

    await asker.get("tap", frame="#inner", target="#go")

    await asker.get("wait_for", frame="#inner", selector="text=hello you")


async def test_what_a_person_could_not_touch_is_not_tapped_except_by_force(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    outcome = await asker.ask("tap", target="#covered", timeout=0.6)
    assert code_of(outcome) == "not_actionable"
    assert await _seen(asker) == []

    await asker.get("tap", target="#covered", force=True)
    await asker.get("wait_for", function="() => seen.length >= 2")
    hidden = await asker.ask("tap", target="title", force=True, timeout=0.3)
    assert code_of(hidden) in ("not_actionable", "timed_out")


async def test_hover_moves_the_mouse_over(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    await asker.get("hover", target="#menu")

    assert await asker.get("inner_text", target="#menu") == "hovered"


async def test_a_thing_is_dragged_and_dropped(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    await asker.get(
        "drag_to",
        target="#card",
        to="#shelf",
        source_position={"x": 5, "y": 5},
        target_position={"x": 50, "y": 25},
    )

    assert await asker.get("inner_text", target="#said") == "dropped"


@pytest.mark.parametrize(
    ("target", "to", "code", "named", "seen"),
    [
        ("#nowhere", "#shelf", "selector_not_found", "#nowhere", []),
        ("#card", "#nowhere", "selector_not_found", "#nowhere", ["mousedown", "mouseup"]),
        ("#card", "#covered", "not_actionable", "#covered", ["mousedown", "mouseup"]),
        ("#covered", "#card", "not_actionable", "#covered", []),
        ("#card", ".box", "selector_ambiguous", ".box", ["mousedown", "mouseup"]),
        (".box", "#card", "selector_ambiguous", ".box", []),
        ("#card", "p9s9e9", "stale_ref", "p9s9e9", []),
        ("#card", "[[", "selector_invalid", "[[", []),
    ],
)
async def test_a_drag_that_fails_says_at_which_end_and_lets_go(
    asker: Asker, site: Site, target: str, to: str, code: str, named: str, seen: list[str]
) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    outcome = await asker.ask("drag_to", target=target, to=to, timeout=0.6)

    assert code_of(outcome) == code
    assert outcome.error is not None
    assert named in outcome.error.message
    felt = await _seen(asker)
    assert isinstance(felt, list)
    assert [one.split()[0] for one in felt if "click" not in one] == seen
    assert outcome.effect is (Effect.PARTIAL if seen else Effect.NONE)


async def test_an_event_is_dispatched_with_its_properties(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))
    await asker.get(
        "evaluate", expression="pad.addEventListener('hey', e => { window.heard = e.bubbles }); 1"
    )

    await asker.get("dispatch_event", target="#pad", type="hey", event_init={"bubbles": False})

    assert await asker.get("evaluate", expression="heard") is False


@pytest.mark.parametrize("action", ["dblclick", "tap", "dispatch_event"])
async def test_what_is_not_there_is_not_found(asker: Asker, site: Site, action: str) -> None:
    await asker.get("goto", url=site.url("/pointing"))
    more = {"type": "x"} if action == "dispatch_event" else {}

    outcome = await asker.ask(action, target="#nowhere", timeout=0.2, **more)

    assert code_of(outcome) == "selector_not_found"


@pytest.mark.parametrize(
    ("action", "params", "named"),
    [
        ("dblclick", {}, "target"),
        ("dblclick", {"target": "a", "delay": -1}, "$.delay"),
        ("tap", {"target": "a", "position": {"x": 1}}, "$.position"),
        ("drag_to", {"target": "a"}, "to"),
        ("drag_to", {"target": "a", "to": ""}, "$.to"),
        ("drag_to", {"target": "a", "to": "b", "steps": 0}, "$.steps"),
        ("dispatch_event", {"target": "a"}, "type"),
        ("dispatch_event", {"target": "a", "type": "x", "event_init": 1}, "$.event_init"),
    ],
)
async def test_bad_params_are_named(
    asker: Asker, action: str, params: dict[str, Any], named: str
) -> None:
    outcome = await asker.ask(action, **params)

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert named in outcome.error.message
