"""Filling a whole form at once."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from agent_runtime.actions.form import fill_form
from tests.agent_runtime.actions.asking import Asker, code_of
from tests.site import Site
from xagent_protocol.ids import RequestId
from xagent_protocol.outcomes import Effect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

_HELD = """[
  document.getElementById('name').value, note.value, terms.checked, small.checked,
  colour.value, [...toppings.selectedOptions].map(one => one.value), one.files.length,
]"""


async def test_every_field_holds_what_it_is_told(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))
    cv = await asker.artifacts.put(
        b"cv", content_type="text/plain", name="cv.txt", request_id=RequestId("r")
    )

    filled = await asker.get(
        "fill_form",
        fields=[
            {"target": "#name", "value": "Ada"},
            {"target": "#note", "value": ""},
            {"target": "#terms", "checked": True},
            {"target": "#small", "checked": True},
            {"target": "#colour", "options": "green"},
            {"target": "#toppings", "options": ["a", "basil"]},
            {"target": "#one", "artifact_ids": [cv.artifact_id]},
        ],
    )

    assert filled == {"filled": 7}
    expected = ["Ada", "", True, True, "g", ["a", "b"], 1]
    assert await asker.get("evaluate", expression=_HELD) == expected


async def test_a_field_may_be_in_a_frame(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/frames"))

    await asker.get("fill_form", fields=[{"target": "#name", "frame": "#inner", "value": "Ada"}])

    script = "document.getElementById('name').value"
    assert await asker.get("evaluate", frame="#inner", expression=script) == "Ada"


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ({"target": "#terms", "value": "yes"}, "not_actionable"),
        ({"target": "#name", "checked": True}, "not_actionable"),
        ({"target": "#name", "options": "x"}, "not_actionable"),
        ({"target": "#born", "value": "soon"}, "not_actionable"),
        ({"target": "#nowhere", "value": "x"}, "selector_not_found"),
        ({"target": "input", "value": "x"}, "selector_ambiguous"),
        ({"target": "#words", "artifact_ids": []}, "not_actionable"),
    ],
)
async def test_a_field_that_cannot_be_filled_is_named_with_how_far_it_came(
    asker: Asker, site: Site, field: dict[str, Any], code: str
) -> None:
    await asker.get("goto", url=site.url("/fields"))

    outcome = await asker.ask(
        "fill_form",
        fields=[{"target": "#name", "value": "Ada"}, field, {"target": "#note", "value": "new"}],
        timeout=0.5,
    )

    assert code_of(outcome) == code
    assert outcome.effect is Effect.PARTIAL
    assert outcome.error is not None
    assert f"fields.1 ('{field['target']}')" in outcome.error.message
    assert outcome.error.details is not None
    assert (outcome.error.details["field"], outcome.error.details["filled"]) == (1, 1)
    held = await asker.get("evaluate", expression=_HELD)
    assert isinstance(held, list)
    assert held[:2] == ["Ada", "kept"]


async def test_a_form_that_needs_a_file_nobody_has_is_untouched(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))

    outcome = await asker.ask(
        "fill_form",
        fields=[
            {"target": "#name", "value": "Ada"},
            {"target": "#one", "artifact_ids": ["unknown"]},
        ],
    )

    assert code_of(outcome) == "artifact_unavailable"
    assert outcome.effect is Effect.NONE
    assert await asker.get("evaluate", expression="document.getElementById('name').value") == ""


async def test_a_form_whose_first_field_fails_is_untouched(asker: Asker, site: Site) -> None:
    await asker.get("goto", url=site.url("/fields"))

    outcome = await asker.ask("fill_form", fields=[{"target": "#name", "checked": True}])

    assert outcome.effect is Effect.NONE


@pytest.mark.parametrize(
    "field",
    [
        {"target": "#note"},
        {"target": "#note", "value": "x", "checked": True},
        {"target": "#note", "value": None},
        {"target": "#note", "value": 5},
        {"target": "#note", "nonsense": "x"},
        {"value": "x"},
    ],
)
async def test_a_field_that_says_nothing_or_too_much_is_refused_before_any_is_filled(
    asker: Asker, site: Site, field: dict[str, Any]
) -> None:
    await asker.get("goto", url=site.url("/fields"))
    fields = [{"target": "#name", "value": "Ada"}, field]

    outcome = await asker.ask("fill_form", fields=fields)

    assert code_of(outcome) == "invalid_params"
    assert outcome.effect is Effect.NONE
    assert not jsonschema.Draft202012Validator(fill_form.spec.params).is_valid({"fields": fields})


async def test_a_form_has_at_least_one_field(asker: Asker) -> None:
    assert code_of(await asker.ask("fill_form", fields=[])) == "invalid_params"
