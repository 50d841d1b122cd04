"""JSON Schemas in few words."""

from __future__ import annotations

from tests.xagent_client.cli.test_params import SCHEMA
from xagent_client.cli.schemas import default, describe, meaning, names

PROPERTIES = SCHEMA["$defs"]["Params"]["properties"]


def test_a_schema_is_told_in_a_few_words() -> None:
    assert names(SCHEMA)[:2] == ("text", "count")
    assert describe(PROPERTIES["point"], SCHEMA) == "object of [x], [at]"
    assert describe(PROPERTIES["some"], SCHEMA) == "list of string"
    assert describe(PROPERTIES["choice"], SCHEMA) == "a | b"
    assert describe(PROPERTIES["either"], SCHEMA) == "string | array"
    assert describe(PROPERTIES["any"], SCHEMA) == "any"
    assert describe({"type": "object"}, {}) == "object"
    assert describe({"type": ["string", "null"]}, {}) == "string"


def test_bounds_are_told() -> None:
    assert describe({"type": "integer", "minimum": 1, "maximum": 3}, {}) == "integer 1–3"
    assert describe({"type": "number", "exclusiveMinimum": 0.5}, {}) == "number > 0.5"
    assert describe({"type": "integer", "minimum": 1000}, {}) == "integer ≥ 1,000"


def test_an_object_of_several_kinds_is_told_by_the_member_that_says_which() -> None:
    move = {"type": "object", "properties": {"do": {"enum": ["move"]}, "x": {}}, "required": ["do"]}

    assert describe({"anyOf": [move, {"type": "null"}]}, {}) == "object of do=move, [x]"


def test_a_meaning_is_found_wherever_it_stands() -> None:
    assert meaning({"description": "One\n  line."}) == "One line."
    assert meaning({"anyOf": [{"description": "Inside."}, {"type": "null"}]}) == "Inside."
    assert meaning({"description": "Of *this*, not of **/done?*."}) == "Of this, not of **/done?*."
    assert meaning({}) == ""


def test_a_default_that_says_nothing_is_not_told() -> None:
    assert default({"default": "load"}) == '"load"'
    assert default({"default": False}) == "false"
    assert default({"default": None}) == default({"default": []}) == default({"default": {}}) == ""
    assert default({}) == ""
