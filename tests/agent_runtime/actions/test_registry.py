"""Actions from functions, and what is announced of them."""

from __future__ import annotations

from types import ModuleType
from typing import Annotated

import jsonschema
import msgspec
import pytest
from msgspec import Meta

from agent_runtime.actions import ActionRegistry, action, standard_registry
from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.schemas import json_schema
from xagent_protocol.messages import ActionSpec

SPECS = standard_registry().specs()


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_an_announced_schema_is_valid_and_whole(spec: ActionSpec) -> None:
    for schema in (spec.params, spec.result):
        jsonschema.Draft202012Validator.check_schema(schema)
        assert b"$ref" not in msgspec.json.encode(schema)
    assert spec.description
    assert spec.family


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_an_unknown_param_is_refused_by_schema_and_agent_alike(spec: ActionSpec) -> None:
    (example,) = spec.params["examples"]
    with_unknown = example | {"nonsense": 1}

    jsonschema.validate(example, spec.params)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(with_unknown, spec.params)
    registered = standard_registry().named(spec.name)
    registered.decode(msgspec.json.encode(example))
    with pytest.raises(ActionFailed, match="nonsense"):
        registered.decode(msgspec.json.encode(with_unknown))


def test_a_whole_number_with_a_fraction_is_an_integer_as_in_json_schema() -> None:
    registered = standard_registry().named("inner_text")

    assert registered.decode(b'{"max_chars": 100.0}') == registered.decode(b'{"max_chars": 100}')
    with pytest.raises(ActionFailed):
        registered.decode(b'{"max_chars": 100.5}')


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"1", b"\xff", b"[" * 100_000])
def test_params_that_are_no_object_are_refused(raw: bytes) -> None:
    with pytest.raises(ActionFailed) as caught:
        standard_registry().named("title").decode(raw)

    assert caught.value.code == "invalid_params"


def test_a_new_action_costs_one_function() -> None:
    @action(family="own", reads=True, on_page=False)
    async def add(
        call: Call, *, left: int, right: Annotated[int, Meta(description="The other.")] = 1
    ) -> int:
        """Add two numbers."""
        return left + right

    module = ModuleType("own")
    module.add = add  # type: ignore[attr-defined]  # a module made by hand
    (spec,) = ActionRegistry.of(module).specs()

    assert spec == ActionSpec(
        name="add",
        family="own",
        description="Add two numbers.",
        reads=True,
        on_page=False,
        params={
            "type": "object",
            "properties": {
                "left": {"type": "integer"},
                "right": {"description": "The other.", "type": "integer", "default": 1},
            },
            "required": ["left"],
            "additionalProperties": False,
        },
        result={"type": "integer"},
    )


def test_the_type_of_a_result_keeps_its_name_and_its_docstring_as_it_is_read() -> None:
    schema = standard_registry().named("dialog_policy").spec.result

    assert schema["title"] == "DialogPolicy"
    assert "\n\nAn alert only informs and" in schema["description"]
    assert "title" not in standard_registry().named("dialog_policy").spec.params


def test_what_a_schema_is_told_apart_by_stands_in_its_alternatives() -> None:
    class Square(msgspec.Struct, tag="square"):
        side: int

    class Circle(msgspec.Struct, tag="circle"):
        radius: int

    schema = json_schema(Square | Circle)

    assert [each["properties"]["type"] for each in schema["anyOf"]] == [
        {"enum": ["square"]},
        {"enum": ["circle"]},
    ]
    assert b"$defs" not in msgspec.json.encode(schema)


def test_a_family_is_for_what_its_module_says_first() -> None:
    families = standard_registry().families()

    assert families["navigate"] == "Go somewhere."
    # Its module has an action of another family, too.
    assert families["artifacts"].startswith("Take a picture")
    assert set(families) == {spec.family for spec in SPECS}
    assert all(families.values())


def test_an_action_says_which_package_brought_it() -> None:
    title = standard_registry().named("title")

    assert title.spec.package is None
    assert title.brought_by("shop").spec.package == "shop"
    assert title.spec.package is None


def test_a_param_without_a_name_or_type_is_a_mistake() -> None:
    async def positional(call: Call, target: str) -> None:
        """Take what must be named by position."""

    with pytest.raises(TypeError, match="target"):
        action(family="own", reads=True)(positional)
