"""Params against the schemas that agents announce."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.dispatch.catalog import ActionCatalog
from orchestrator.errors import ActionUnknown, InvalidParams
from tests.orchestrator.records import action, agent_record

GOTO = action(
    "goto",
    reads=False,
    type="object",
    properties={
        "url": {"type": "string"},
        "wait_until": {"enum": ["load", "commit"]},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    required=["url"],
    additionalProperties=False,
)
_POINT: dict[str, Any] = {
    "type": "object",
    "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
    "required": ["x", "y"],
}
_MOVE = {
    "type": "object",
    "properties": {"do": {"const": "move"}, **_POINT["properties"]},
    "required": ["do", "x", "y"],
    "additionalProperties": False,
}
_KEY = {
    "type": "object",
    "properties": {
        "do": {"enum": ["key"]},
        "key": {"type": "string"},
        "at": {"anyOf": [_POINT, {"type": "null"}]},
        "one": {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
    },
    "required": ["do", "key"],
    "additionalProperties": False,
}
STEPS = action(
    "input",
    reads=False,
    type="object",
    properties={"steps": {"type": "array", "items": {"anyOf": [_MOVE, _KEY]}}},
)
CATALOG = ActionCatalog()


def refused(params: object) -> dict[str, str]:
    """Return what is wrong with *params* of `goto`, by field."""
    with pytest.raises(InvalidParams) as error:
        CATALOG.validate(GOTO, params)
    return {field.field: field.message for field in error.value.errors}


def test_what_was_announced_is_found() -> None:
    agent = agent_record(actions=(GOTO,))

    assert CATALOG.find(agent, "goto") is GOTO


def test_what_is_announced_later_is_found_then() -> None:
    catalog = ActionCatalog()
    with pytest.raises(ActionUnknown):
        catalog.find(agent_record(actions=()), "goto")

    assert catalog.find(agent_record(actions=(GOTO,)), "goto") is GOTO


def test_an_unknown_action_is_answered_with_the_nearest() -> None:
    with pytest.raises(ActionUnknown, match="Did you mean 'goto'") as unknown:
        CATALOG.find(agent_record("near", actions=(GOTO, action("read", reads=True))), "gotoo")

    assert unknown.value.known == ("goto",)
    assert unknown.value.errors[0].field == "action"


def test_an_agent_that_never_came_has_announced_nothing() -> None:
    with pytest.raises(ActionUnknown, match="not announced any action yet"):
        CATALOG.find(agent_record("new", actions=()), "goto")


def test_params_that_fit_pass() -> None:
    CATALOG.validate(GOTO, {"url": "x", "wait_until": "load", "headers": {"a": "b"}})


def test_each_field_at_fault_is_named() -> None:
    assert refused({}) == {"params.url": "is required"}
    assert "did you mean 'url'" in refused({"url": "x", "ulr": "y"})["params.ulr"]
    assert "it takes" in refused({"url": "x", "qqqq": 1})["params.qqqq"]
    assert "string" in refused({"url": 1})["params.url"]
    assert set(refused({"url": "x", "headers": {"a": 1}})) == {"params.headers.a"}
    assert set(refused({"wait_until": "never"})) == {"params.url", "params.wait_until"}
    assert "params" in refused([])


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        ({"do": "move", "x": 1}, {"params.steps.0.y": "is required"}),
        ({"do": "move", "x": 1, "y": 2, "z": 3}, {"params.steps.0.z": "is not known here"}),
        ({"do": "hop", "x": 1}, {"params.steps.0.do": "is none of 'move', 'key'"}),
        ({"do": "key", "key": 5}, {"params.steps.0.key": '5 is not of type "string"'}),
        ({"do": "key", "key": "a", "at": {"x": 1}}, {"params.steps.0.at.y": "is required"}),
        (
            {"do": "key", "key": "a", "one": {}},
            {"params.steps.0.one": "needs exactly one of a, b"},
        ),
        (
            {"do": "key", "key": "a", "one": {"a": 1, "b": 1}},
            {"params.steps.0.one": "has several of which it may have only one"},
        ),
    ],
)
def test_of_several_choices_the_fields_of_the_one_that_was_meant_are_named(
    step: dict[str, Any], wrong: dict[str, str]
) -> None:
    with pytest.raises(InvalidParams) as error:
        CATALOG.validate(STEPS, {"steps": [step]})

    assert {field.field: field.message for field in error.value.errors} == wrong


@pytest.mark.parametrize("step", [5, {"x": 1}, {"do": "move", "key": "a"}])
def test_where_no_choice_was_meant_the_whole_is_named(step: object) -> None:
    with pytest.raises(InvalidParams) as error:
        CATALOG.validate(STEPS, {"steps": [step]})

    assert all(field.field.startswith("params.steps.0") for field in error.value.errors)


def test_errors_are_named_up_to_a_limit() -> None:
    many = {"url": "x", "headers": {f"h{number}": number for number in range(100)}}

    assert len(refused(many)) == 10


@pytest.mark.parametrize(
    "schema",
    [
        {"type": 5},
        {"type": "object", "properties": {"a": {"type": "nothing"}}},
        {"pattern": "("},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/nowhere"},
        {"$schema": "https://example.com/other-dialect"},
    ],
)
def test_an_unusable_schema_is_the_agents_fault_and_fetched_from_nowhere(
    schema: dict[str, Any],
) -> None:
    with pytest.raises(InvalidParams, match="cannot be used"):
        CATALOG.validate(action("broken", reads=False, **schema), {})


def test_a_schema_that_refers_to_itself_is_survived() -> None:
    CATALOG.validate(action("loop", reads=False, **{"$ref": "#"}), {})
    with pytest.raises(InvalidParams):
        CATALOG.validate(
            action(
                "tree",
                reads=False,
                type="object",
                properties={"next": {"$ref": "#"}},
                additionalProperties=False,
            ),
            {"next": {"next": {"other": 1}}},
        )
