"""Acting on the fields of a form."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agent_runtime.actions.asking import Asker, code_of, stopped_once
from tests.site import Site
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def _value(asker: Asker, target: str) -> object:
    return await asker.get(
        "evaluate", expression="name => document.querySelector(name).value", arg=target
    )


async def _is_ticked(asker: Asker, target: str) -> object:
    return await asker.get(
        "evaluate", expression="name => document.querySelector(name).checked", arg=target
    )


async def test_fill_replaces_and_press_presses(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("fill", target="#name", value="old")
    await asker.get("fill", target="#name", value="new")

    await asker.get("press", target="#name", key="Enter")

    assert await _value(asker, "#name") == "new"
    assert await asker.get("inner_text", target="#said") == "entered"


async def test_a_date_that_is_none_is_refused_where_the_browser_drops_it_in_silence(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/fields"))

    await asker.get("fill", target="#born", value="1815-12-10")
    outcome = await asker.ask("fill", target="#born", value="1815-02-30")

    assert code_of(outcome) == "not_actionable"
    assert outcome.effect is Effect.PARTIAL
    assert outcome.error is not None
    assert 'a date field does not take "1815-02-30"' in outcome.error.message
    assert await asker.get("fill", target="#born", value="") is None


async def test_a_range_is_not_filled_beyond_its_ends(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))

    await asker.get("fill", target="#volume", value="7")

    assert await _value(asker, "#volume") == "7"
    assert code_of(await asker.ask("fill", target="#volume", value="11")) == "not_actionable"


async def test_a_label_stands_for_its_field(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))

    await asker.get("fill", target="text=Name", value="Ada")
    refused = await asker.ask("fill", target="text=Born", value="tomorrow")

    assert await _value(asker, "#name") == "Ada"
    assert code_of(refused) == "not_actionable"


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("fill", {"target": "#terms", "value": "x"}),
        ("fill", {"target": "#colour", "value": "x"}),
        ("fill", {"target": "#one", "value": "x"}),
        ("fill", {"target": "#age", "value": "x"}),
        ("fill", {"target": "#words", "value": "x"}),
        ("clear", {"target": "#terms"}),
        ("check", {"target": "#name"}),
        ("uncheck", {"target": "#words"}),
        ("uncheck", {"target": "#large"}),
        ("select_option", {"target": "#name", "value": "x"}),
    ],
)
async def test_a_field_of_another_kind_is_refused_untouched(
    asker: Asker, site: Site, action: str, params: dict[str, Any]
) -> None:
    await asker.get("goto", url=site.url("/fields"))

    outcome = await asker.ask(action, **params)

    assert code_of(outcome) == "not_actionable"
    assert outcome.effect is Effect.NONE


async def test_clear_empties(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))

    await asker.get("clear", target="#note")

    assert await _value(asker, "#note") == ""


async def test_press_without_a_target_goes_to_the_focus(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))
    await asker.get("click", target="#name")

    await asker.get("press", key="a")

    assert await _value(asker, "#name") == "a"


async def test_an_unknown_key_is_invalid(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    assert code_of(await asker.ask("press", key="Bogus")) == "invalid_params"
    assert code_of(await asker.ask("press", target="#name", key="Bogus")) == "invalid_params"


@pytest.mark.parametrize("target", [None, "#name"])
async def test_a_chord_that_ends_in_an_unknown_key_leaves_no_key_down(
    asker: Asker, site: Site, target: str | None
) -> None:
    await asker.get("goto", url=site.url("/fields"))
    await asker.get("focus", target="#name")

    outcome = await asker.ask("press", key="Shift+Bogus", target=target)
    await asker.get("press", key="a")

    assert code_of(outcome) == "invalid_params"
    assert outcome.effect is Effect.PARTIAL
    await _is_shift_up(asker)


async def test_a_key_that_is_held_when_its_command_is_stopped_is_let_go(
    asker: Asker, site: Site
) -> None:
    await asker.get("goto", url=site.url("/pointing"))

    await stopped_once(asker, "seen.includes('down a')", "press", key="Shift+a", delay=60_000)

    seen = await asker.get("evaluate", expression="seen")
    assert seen == ["down Shift", "down a", "up a", "up Shift"]


async def test_text_is_typed_key_by_key(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))

    await asker.get("press_sequentially", target="#name", text="ab")
    await asker.get("press_sequentially", text="cü", delay=1)
    await asker.get("press_sequentially", target="#name", text="de", delay=1)

    assert await _value(asker, "#name") == "abcüde"
    assert await asker.get("evaluate", expression="seen.join('')") == "focusabcde"


@pytest.mark.parametrize("text", ["", "x"])
async def test_little_text_is_typed_as_well(asker: Asker, site: Site, text: str) -> None:
    await asker.get("goto", url=site.url("/fields"))

    await asker.get("press_sequentially", target="#name", text=text, delay=1)
    await asker.get("press_sequentially", text=text)

    assert await _value(asker, "#name") == text * 2


async def test_text_that_would_take_too_long_is_not_begun(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))

    outcome = await asker.ask("press_sequentially", target="#name", text="abc", delay=10_000)

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert "delay: 3 characters take 20 s" in outcome.error.message
    assert await _value(asker, "#name") == ""


async def test_the_focus_is_given_and_taken(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))

    await asker.get("focus", target="#name")
    await asker.get("blur", target="#name")

    assert await asker.get("evaluate", expression="seen") == ["focus", "blur"]


@pytest.mark.parametrize("target", ["#terms", "text=I accept"])
async def test_a_tick_is_set_and_taken(asker: Asker, site: Site, target: str) -> None:
    await asker.get("goto", url=site.url("/fields"))

    await asker.get("check", target=target)
    await asker.get("check", target=target)
    assert await _is_ticked(asker, "#terms") is True
    await asker.get("uncheck", target=target)
    assert await _is_ticked(asker, "#terms") is False


async def test_a_radio_button_is_ticked_in_place_of_another(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))

    await asker.get("check", target="#small")

    assert await _is_ticked(asker, "#large") is False


async def test_a_tick_that_a_page_takes_back_is_no_success(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))
    await asker.get("evaluate", expression="terms.onclick = event => event.preventDefault(); 1")

    outcome = await asker.ask("check", target="#terms", timeout=1)

    assert code_of(outcome) == "not_actionable"
    assert outcome.effect is Effect.PARTIAL


@pytest.mark.parametrize(
    ("choice", "value"),
    [({"value": "g"}, "g"), ({"label": "blue"}, "b"), ({"index": 0}, "r"), ({"value": ["b"]}, "b")],
)
async def test_an_option_is_chosen_by_value_label_or_index(
    asker: Asker, site: Site, choice: dict[str, Any], value: str
) -> None:
    await asker.get("goto", url=site.url("/form"))

    assert await asker.get("select_option", target="#colour", **choice) == [value]


async def test_an_option_that_is_not_there_is_not_chosen(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/form"))

    missing = await asker.ask("select_option", target="#colour", value="x", timeout=0.6)
    none = await asker.ask("select_option", target="#colour")
    elsewhere = await asker.ask("select_option", target="#name", value="x")

    assert code_of(missing) == "not_actionable"
    assert code_of(none) == "invalid_params"
    assert code_of(elsewhere) == "not_actionable"


async def test_text_is_selected(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))

    await asker.get("select_text", target="#words")

    assert await asker.get("evaluate", expression="String(getSelection())") == "some words"


@pytest.mark.parametrize(
    "action", ["clear", "focus", "blur", "check", "uncheck", "select_text", "press_sequentially"]
)
async def test_what_is_not_there_is_not_found(asker: Asker, site: Site, action: str) -> None:
    await asker.get("goto", url=site.url("/fields"))
    more = {"text": "x"} if action == "press_sequentially" else {}

    outcome = await asker.ask(action, target="#nowhere", timeout=0.2, **more)

    assert code_of(outcome) == "selector_not_found"
    assert outcome.effect is Effect.NONE


@pytest.mark.parametrize(
    ("action", "params", "named"),
    [
        ("fill", {"target": "#name"}, "value"),
        ("fill", {"target": "#name", "value": 5}, "$.value"),
        ("clear", {"target": ""}, "$.target"),
        ("press", {"key": ""}, "$.key"),
        ("press", {"key": "a", "delay": -1}, "$.delay"),
        ("press_sequentially", {"target": "#name"}, "text"),
        ("check", {}, "target"),
        ("check", {"target": "#terms", "force": "yes"}, "$.force"),
        ("select_option", {"target": "#colour", "index": "first"}, "$.index"),
    ],
)
async def test_bad_params_are_named(
    asker: Asker, action: str, params: dict[str, Any], named: str
) -> None:
    outcome = await asker.ask(action, **params)

    assert code_of(outcome) == "invalid_params"
    assert outcome.error is not None
    assert named in outcome.error.message


async def _is_shift_up(asker: Asker) -> None:
    assert await _value(asker, "#name") == "a"
    heard = "addEventListener('keydown', event => { window.shifted = event.shiftKey }); 1"
    await asker.get("evaluate", expression=heard)
    await asker.get("press", key="b")
    assert await asker.get("evaluate", expression="shifted") is False
