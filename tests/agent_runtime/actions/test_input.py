"""Mouse, keyboard and fingers by places in the window."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from agent_runtime.actions import standard_registry
from tests.agent_runtime.actions.asking import Asker, code_of, stopped_once
from tests.site import Site
from xagent_protocol.outcomes import Effect, OutcomeState

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_PAD = {"x": 50, "y": 20}
_CARD = {"x": 50, "y": 75}
_SHELF = {"x": 50, "y": 125}


async def _seen(asker: Asker) -> object:
    return await asker.get("evaluate", expression="seen.splice(0)")


async def test_the_mouse_presses_moves_and_turns(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    await asker.get(
        "mouse",
        steps=[
            {"do": "move", **_PAD},
            {"do": "down", "button": "right"},
            {"do": "up", "button": "right"},
            {"do": "click", **_PAD, "click_count": 2},
            {"do": "wheel", "dy": 10},
        ],
    )

    await asker.get("wait_for", function="() => seen.includes('wheel pad')")
    seen = await _seen(asker)
    assert isinstance(seen, list)
    assert seen[:3] == ["mousedown pad", "contextmenu pad", "mouseup pad"]
    assert seen[-2:] == ["dblclick pad", "wheel pad"]


async def test_the_mouse_drags(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    await asker.get(
        "mouse",
        steps=[
            {"do": "move", **_CARD},
            {"do": "down"},
            {"do": "move", **_SHELF, "steps": 5},
            {"do": "up"},
        ],
    )

    assert await asker.get("inner_text", target="#said") == "dropped"


async def test_a_double_click_is_one(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    await asker.get("mouse", steps=[{"do": "dblclick", **_PAD}])

    seen = await _seen(asker)
    assert isinstance(seen, list)
    assert seen[-1] == "dblclick pad"


async def test_keys_go_down_and_up_and_text_appears(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))
    await asker.get("focus", target="#name")

    await asker.get(
        "keyboard",
        steps=[
            {"do": "type", "text": "ab"},
            {"do": "type", "text": "cd", "delay": 1},
            {"do": "insert_text", "text": "漢字"},
            {"do": "press", "key": "Home", "delay": 1},
            {"do": "down", "key": "Shift"},
            {"do": "press", "key": "ArrowRight"},
            {"do": "up", "key": "Shift"},
            {"do": "press", "key": "Delete"},
        ],
    )

    assert await asker.get("evaluate", expression="document.activeElement.value") == "bcd漢字"


async def test_what_a_command_leaves_down_on_purpose_stays_down(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    await asker.get("keyboard", steps=[{"do": "down", "key": "Shift"}])
    await asker.get("mouse", steps=[{"do": "move", **_PAD}, {"do": "down"}])
    assert await _seen(asker) == ["down Shift", "mousedown pad"]
    await asker.get("mouse", steps=[{"do": "up"}])
    await asker.get("keyboard", steps=[{"do": "up", "key": "Shift"}])

    assert await _seen(asker) == ["mouseup pad", "click pad", "up Shift"]


async def test_a_step_that_fails_is_named_and_those_before_it_were_done(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    outcome = await asker.ask(
        "keyboard",
        steps=[
            {"do": "down", "key": "Shift"},
            {"do": "press", "key": "a"},
            {"do": "press", "key": "Control+Bogus"},
            {"do": "press", "key": "b"},
        ],
    )

    assert code_of(outcome) == "invalid_params"
    assert outcome.effect is Effect.PARTIAL
    assert outcome.error is not None
    assert "steps.2 (press)" in outcome.error.message
    assert "Bogus" in outcome.error.message
    assert outcome.error.details == {"step": 2, "done": 2}
    seen = await _seen(asker)
    assert seen == ["down Shift", "down a", "up a", "down Control", "up Control", "up Shift"]


async def test_a_first_step_that_fails_has_done_nothing(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    for step in ({"do": "down", "key": "Bogus"}, {"do": "up", "key": "Bogus"}):
        outcome = await asker.ask("keyboard", steps=[step])
        assert code_of(outcome) == "invalid_params"
        assert outcome.effect is Effect.NONE
    assert await _seen(asker) == []


async def test_a_stopped_mouse_lets_its_buttons_go(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    await stopped_once(
        asker,
        "seen.length === 2",
        "mouse",
        steps=[
            {"do": "move", **_PAD},
            {"do": "down"},
            {"do": "down", "button": "middle"},
            {"do": "pause", "milliseconds": 60_000},
        ],
    )

    seen = await _seen(asker)
    assert isinstance(seen, list)
    assert seen.count("mouseup pad") == 2


async def test_a_stopped_keyboard_lets_its_keys_go(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    await stopped_once(
        asker,
        "seen.length === 2",
        "keyboard",
        steps=[{"do": "down", "key": "Shift"}, {"do": "press", "key": "x", "delay": 60_000}],
    )

    assert await _seen(asker) == ["down Shift", "down x", "up x", "up Shift"]


async def test_stopped_fingers_are_taken_away_without_a_click(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    await stopped_once(
        asker,
        "seen.length === 1",
        "touch",
        steps=[
            {"do": "start", "points": [_PAD]},
            {"do": "pause", "milliseconds": 60_000},
            {"do": "end"},
        ],
    )

    await asker.get("wait_for", function="() => seen.length === 2")
    assert await _seen(asker) == ["touchstart pad", "touchcancel pad"]


async def test_a_pause_longer_than_the_command_times_out_by_its_name(asker: Asker) -> None:
    outcome = await asker.ask("mouse", steps=[{"do": "pause", "milliseconds": 60_000}], timeout=0.2)

    assert outcome.state is OutcomeState.TIMED_OUT
    assert outcome.error is not None
    assert "steps.0 (pause)" in outcome.error.message


async def test_fingers_tap(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    await asker.get("touch", steps=[{"do": "tap", **_PAD}])

    await asker.get("wait_for", function="() => seen.includes('click pad')")


async def test_fingers_swipe(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/scrolling"))

    await asker.get(
        "touch",
        steps=[
            {"do": "start", "points": [{"x": 600, "y": 600}]},
            {"do": "move", "points": [{"x": 600, "y": 200}]},
            {"do": "end"},
        ],
    )

    await asker.get("wait_for", function="() => scrollY > 100")


async def test_fingers_pinch(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/pointing"))
    script = "addEventListener('touchmove', e => { window.most = e.touches.length }); 1"
    await asker.get("evaluate", expression=script)

    await asker.get(
        "touch",
        steps=[
            {"do": "start", "points": [{"x": 100, "y": 300}, {"x": 400, "y": 300}]},
            {"do": "move", "points": [{"x": 200, "y": 300}, {"x": 300, "y": 300}], "steps": 4},
            {"do": "end"},
        ],
    )

    await asker.get("wait_for", function="() => window.most === 2")


@pytest.mark.parametrize(
    ("action", "steps", "said"),
    [
        ("mouse", [{"do": "click", "x": 5000, "y": 1}], "steps.0: (5000, 1) is outside"),
        ("mouse", [{"do": "up"}, {"do": "dblclick", "x": -1, "y": 1}], "steps.1: (-1, 1)"),
        ("touch", [{"do": "tap", "x": 1, "y": 720}], "steps.0: (1, 720)"),
        ("touch", [{"do": "start", "points": [{"x": 1, "y": 9999}]}, {"do": "end"}], "(1, 9999)"),
        ("touch", [{"do": "end"}], "steps.0: no finger is down"),
        ("touch", [{"do": "start", "points": [_PAD]}], "steps: the fingers stay down"),
        (
            "touch",
            [{"do": "start", "points": [_PAD]}, {"do": "tap", **_PAD}],
            "steps.1: lift the fingers",
        ),
        (
            "touch",
            [{"do": "start", "points": [_PAD]}, {"do": "start", "points": [_PAD]}],
            "steps.1: the fingers are down already",
        ),
        (
            "touch",
            [{"do": "start", "points": [_PAD]}, {"do": "move", "points": [_PAD, _CARD]}],
            "steps.1: there are 1 fingers down, and 2 are to move",
        ),
    ],
)
async def test_what_makes_no_sense_is_refused_before_anything_is_felt(
    asker: Asker, site: Site, action: str, steps: list[dict[str, Any]], said: str
) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    outcome = await asker.ask(action, steps=steps)

    assert code_of(outcome) == "invalid_params"
    assert outcome.effect is Effect.NONE
    assert outcome.error is not None
    assert said in outcome.error.message
    assert await _seen(asker) == []


@pytest.mark.parametrize(
    ("action", "step", "named"),
    [
        ("mouse", {"do": "hop"}, "$.steps[0].do"),
        ("mouse", {"x": 1, "y": 1}, "do"),
        ("mouse", {"do": "move", "x": 1}, "y"),
        ("mouse", {"do": "move", "x": "1", "y": 1}, "$.steps[0].x"),
        ("mouse", {"do": "move", "x": 1e9, "y": 1}, "$.steps[0].x"),
        ("mouse", {"do": "down", "button": "fourth"}, "$.steps[0].button"),
        ("mouse", {"do": "down", "key": "a"}, "key"),
        ("mouse", {"do": "click", **_PAD, "click_count": 0}, "$.steps[0].click_count"),
        ("mouse", {"do": "pause", "milliseconds": -1}, "$.steps[0].milliseconds"),
        ("keyboard", {"do": "press"}, "key"),
        ("keyboard", {"do": "press", "key": ""}, "$.steps[0].key"),
        ("keyboard", {"do": "type", "text": None}, "$.steps[0].text"),
        ("keyboard", {"do": "click", **_PAD}, "$.steps[0].do"),
        ("touch", {"do": "start", "points": []}, "$.steps[0].points"),
        ("touch", {"do": "start", "points": [{"x": 1}]}, "$.steps[0].points[0]"),
        ("touch", {"do": "start", "points": [_PAD] * 11}, "$.steps[0].points"),
    ],
)
async def test_a_step_that_does_not_fit_is_refused_by_schema_and_agent_alike(
    asker: Asker, action: str, step: dict[str, Any], named: str
) -> None:
    outcome = await asker.ask(action, steps=[step])

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert named in outcome.error.message
    spec = standard_registry().named(action).spec
    assert not jsonschema.Draft202012Validator(spec.params).is_valid({"steps": [step]})


@pytest.mark.parametrize("action", ["mouse", "keyboard", "touch"])
async def test_there_is_at_least_one_step(asker: Asker, action: str) -> None:
    assert code_of(await asker.ask(action, steps=[])) == "invalid_params"
