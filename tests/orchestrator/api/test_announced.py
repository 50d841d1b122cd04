"""What agents announced, as parts of the document: whole, told apart, and harmless."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import msgspec
import pytest
from openapi_spec_validator import validate

from agent_runtime.actions import standard_registry
from orchestrator.api.announced import MOST_ACTIONS, with_actions
from orchestrator.api.openapi import describe
from orchestrator.api.reference import render
from orchestrator.api.routes import OPERATIONS
from tests.orchestrator.api.stand_ins import ACTIONS, action
from xagent_protocol.messages import ActionSpec

BARE = describe(OPERATIONS, "0.1.0")
STANDARD = standard_registry().specs()
PATH = "/api/agents/{agent_id}/commands"


def document(*sets: tuple[ActionSpec, ...], own: bool = False) -> dict[str, Any]:
    """Return the document of agents that announced *sets*."""
    return with_actions(BARE, sets, own=own)


def body_schema(of: dict[str, Any]) -> dict[str, Any]:
    """Return what a submitted body has to fit, with all that it refers to."""
    content = of["paths"][PATH]["post"]["requestBody"]["content"]["application/json"]
    return {**content["schema"], "components": of["components"]}


def fits(body: object, of: dict[str, Any]) -> bool:
    """Say whether *body* is one that *of* describes."""
    return jsonschema.Draft202012Validator(body_schema(of)).is_valid(body)


def test_without_announcements_the_document_stays_as_it_is() -> None:
    assert document() is BARE
    assert document(()) is BARE


@pytest.mark.slow
def test_a_document_with_all_standard_actions_is_valid_openapi() -> None:
    made = document(STANDARD)

    validate(made)
    assert describe(OPERATIONS, "0.1.0") == BARE


@pytest.mark.parametrize("spec", STANDARD, ids=lambda spec: spec.name)
def test_a_body_is_checked_by_the_action_that_it_names(spec: ActionSpec) -> None:
    made = document(STANDARD)
    (example,) = spec.params["examples"]

    assert fits({"action": spec.name, "params": example, "timeout": 5}, made)
    assert not fits({"action": spec.name, "params": {**example, "nonsense": 1}}, made)
    assert not fits({"action": f"{spec.name}_", "params": example}, made)
    assert not fits({"action": spec.name, "params": example, "nonsense": 1}, made)


def test_params_may_be_left_out_where_none_is_required() -> None:
    made = document(ACTIONS)

    assert fits({"action": "echo"}, made)
    assert not fits({"action": "goto"}, made)


def test_an_answer_is_a_command_with_the_result_of_its_action() -> None:
    answers = document(STANDARD)["paths"][PATH]["post"]["responses"]

    for status in ("200", "202"):
        schema = answers[status]["content"]["application/json"]["schema"]
        assert schema["discriminator"]["mapping"]["goto"].endswith("/goto.command")
    components = document(STANDARD)["components"]["schemas"]
    result = components["goto.command"]["allOf"][1]["properties"]["result"]
    assert [next(iter(each.values())) for each in result["anyOf"]] == [
        "#/components/schemas/goto.result",
        "#/components/schemas/TruncatedResult",
        "null",
    ]
    assert components["goto.result"]["title"] == "Navigation"


def test_what_many_agents_announce_stands_there_once() -> None:
    assert document(ACTIONS, copy.deepcopy(ACTIONS)) == document(ACTIONS)


@pytest.mark.slow
def test_two_schemas_of_one_name_are_both_there_and_told_apart() -> None:
    older, newer = action("echo", text={"type": "string"}), action("echo", words={"type": "array"})

    made = document((older,), (newer,))

    validate(made)
    names = [name for name in made["components"]["schemas"] if name.startswith("echo.params")]
    assert len(names) == 2
    assert fits({"action": "echo", "params": {"text": "x"}}, made)
    assert fits({"action": "echo", "params": {"words": []}}, made)
    assert not fits({"action": "echo", "params": {"text": "x", "words": []}}, made)
    assert document((newer,), (older,))["components"] == made["components"]


def test_actions_of_packages_are_for_the_user_alone() -> None:
    own = msgspec.structs.replace(action("greet"), package="xagent-greeting")

    assert "greet" not in json.dumps(document((*ACTIONS, own)))
    assert fits({"action": "greet"}, document((*ACTIONS, own), own=True))


WEIRD = [
    {"$ref": "#"},
    {"$ref": "https://example.com/schema.json"},
    {"$id": "https://example.com/", "type": "object"},
    {"type": 5},
    {"pattern": "("},
    {"properties": {"a": {"minimum": "many"}}},
]


@pytest.mark.slow
def test_a_schema_that_a_document_cannot_hold_is_left_open() -> None:
    weird = tuple(
        msgspec.structs.replace(action(f"weird{number}"), params=schema, result=schema)
        for number, schema in enumerate(WEIRD)
    )

    made = document(weird)

    validate(made)
    for spec in weird:
        assert made["components"]["schemas"][f"{spec.name}.params"]["type"] == "object"
        assert fits({"action": spec.name, "params": {"anything": 1}}, made)


@pytest.mark.slow
def test_a_name_may_be_anything() -> None:
    names = ["ünïcode", "a b", "a_b", "<script>", "a/b#c", "x" * 128]
    odd = tuple(
        msgspec.structs.replace(action("odd"), name=name, description="</details><script>")
        for name in names
    )

    made = document(odd)

    validate(made)
    assert all(fits({"action": name}, made) for name in names)
    assert "<script>" not in render(made, [])


def test_schemas_of_all_shapes_are_shown() -> None:
    shapes = action(
        "shapes",
        anything=True,
        nothing={"type": "null"},
        either={"type": ["string", "integer"], "default": 1.5},
        pair={"type": "array", "prefixItems": [{"type": "string"}], "items": False},
        one={"const": {"a": 1}},
        several={"anyOf": [True, {"type": "object", "title": "A", "properties": {"b": {}}}]},
        bounded={"type": "string", "maxLength": 5.0},
        mapped={"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
    )

    page = render(document((shapes,)), [])

    assert "string or integer" in page
    assert "object of number" in page


def test_a_hundred_actions_more_keep_the_document_within_reason() -> None:
    many = tuple(
        msgspec.structs.replace(spec, name=f"{spec.name}_{number}")
        for number in range(4)
        for spec in STANDARD
    )

    made = document(many)

    assert len(json.dumps(made)) < 6000 * len(many)


@pytest.mark.slow
def test_more_than_anybody_needs_is_left_out() -> None:
    many = tuple(action(f"a{number}", x={"const": number}) for number in range(MOST_ACTIONS + 50))

    names = document(many)["components"]["schemas"]

    assert sum(name.endswith(".request") for name in names) == MOST_ACTIONS
