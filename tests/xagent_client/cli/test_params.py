"""`key=value` on the command line, read by an action's schema."""

from __future__ import annotations

from typing import Any

import click
import pytest

from xagent_client.cli.params import describe, names, parse

SCHEMA: dict[str, Any] = {
    "$ref": "#/$defs/Params",
    "$defs": {
        "Params": {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "count": {"type": "integer"},
                "ratio": {"type": "number"},
                "flag": {"type": "boolean"},
                "point": {"anyOf": [{"$ref": "#/$defs/Point"}, {"type": "null"}]},
                "some": {"type": "array", "items": {"type": "string"}},
                "choice": {"enum": ["a", "b"]},
                "either": {"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "null"}]},
                "any": {},
            },
            "required": ["text"],
            "additionalProperties": False,
        },
        "Point": {"type": "object"},
    },
}


@pytest.mark.parametrize(
    ("pair", "value"),
    [
        ("text=5", "5"),
        ("text=true", "true"),
        ("text=a=b", "a=b"),
        ("text=", ""),
        ("count=5", 5),
        ("count=-1", -1),
        ("ratio=2", 2),
        ("ratio=2.5", 2.5),
        ("flag=true", True),
        ("flag=No", False),
        ('point={"x": 1}', {"x": 1}),
        ("point=null", None),
        ('some=["x"]', ["x"]),
        ("choice=a", "a"),
        ('either=["x"]', '["x"]'),
        ('either:=["x"]', ["x"]),
        ("any=5", 5),
        ("any=five", "five"),
        ("any:=null", None),
        ('text:="5"', "5"),
    ],
)
def test_a_value_is_read_as_the_schema_says(pair: str, value: object) -> None:
    key = pair.partition("=")[0].removesuffix(":")
    pairs = [pair] if key == "text" else ["text=x", pair]

    assert parse(pairs, SCHEMA, "act")[key] == value


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["text"], "'text' is not key=value"),
        (["=x"], "is not key=value"),
        (["text=x", "count=five"], "count of act is to be integer, not 'five'"),
        (["text=x", "count=1.5"], "is to be integer"),
        (["text=x", "flag=maybe"], "is to be boolean"),
        (["text=x", "point=1"], "is to be object"),
        (["text=x", "any:={"], "to be followed by JSON"),
        (["text=x", "cuont=1"], "act has no param 'cuont'; did you mean count"),
        (["text=x", "zzz=1"], "it takes text, count"),
        (["text=x", "text=y"], "text is given twice"),
        (["count=1"], "act needs text: text=…"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_hint(pairs: list[str], message: str) -> None:
    with pytest.raises(click.UsageError, match=message):
        parse(pairs, SCHEMA, "act")


def test_without_a_schema_values_are_strings() -> None:
    assert parse(["a=1", "b:=1"], None, "act") == {"a": "1", "b": 1}


def test_an_open_schema_lets_unknown_keys_pass() -> None:
    assert parse(["a=1"], {"type": "object"}, "act") == {"a": 1}


def test_a_schema_is_told_in_a_few_words() -> None:
    properties = SCHEMA["$defs"]["Params"]["properties"]

    assert names(SCHEMA)[:2] == ("text", "count")
    assert describe(properties["point"], SCHEMA) == "object"
    assert describe(properties["some"], SCHEMA) == "list of string"
    assert describe(properties["choice"], SCHEMA) == "a | b"
    assert describe(properties["either"], SCHEMA) == "string | array"
    assert describe(properties["any"], SCHEMA) == "any"
