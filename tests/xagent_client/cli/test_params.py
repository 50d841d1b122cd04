"""`key=value` on the command line, read by an action's schema."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from agent_runtime.actions import standard_registry
from xagent_client.cli.params import parse, spell
from xagent_protocol.messages import ActionSpec

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
                "counts": {"type": "array", "items": {"type": "integer"}},
                "points": {"type": "array", "items": {"$ref": "#/$defs/Point"}},
            },
            "required": ["text"],
            "additionalProperties": False,
        },
        "Point": {
            "type": "object",
            "properties": {
                "x": {"type": "number"},
                "at": {"type": "object", "properties": {"place": {"type": "string"}}},
            },
            "additionalProperties": False,
        },
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


def test_each_pair_of_a_list_is_an_item() -> None:
    assert parse(["text=x", "some=a,b", "some=5"], SCHEMA, "act")["some"] == ["a,b", "5"]
    assert parse(["text=x", "either=a", "either=b"], SCHEMA, "act")["either"] == ["a", "b"]
    assert parse(["text=x", "counts=1", "counts=2"], SCHEMA, "act")["counts"] == [1, 2]
    assert parse(["text=x", "counts=[1, 2]", "counts=3"], SCHEMA, "act")["counts"] == [1, 2, 3]
    assert parse(["text=x", 'points={"x": 1}'], SCHEMA, "act")["points"] == [{"x": 1}]


def test_a_member_of_an_object_is_named_behind_a_dot() -> None:
    params = parse(["text=x", "point.x=1.5", "point.at.place=5"], SCHEMA, "act")

    assert params["point"] == {"x": 1.5, "at": {"place": "5"}}


def test_a_value_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("two\nlines\n")
    (tmp_path / "point.json").write_text('{"x": 1}')

    params = parse(
        [f"text=@{tmp_path / 'note'}", f"point=@{tmp_path / 'point.json'}"], SCHEMA, "act"
    )

    assert params == {"text": "two\nlines\n", "point": {"x": 1}}
    assert parse(["text=x", f"any:=@{tmp_path / 'point.json'}"], SCHEMA, "act")["any"] == {"x": 1}


def test_a_sign_that_is_meant_is_written_twice() -> None:
    assert parse(["text=@@ada", "some=@@ada"], SCHEMA, "act") == {"text": "@ada", "some": ["@ada"]}
    assert parse(["text=ada@example.com"], SCHEMA, "act") == {"text": "ada@example.com"}


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["text=@none"], r"none is to come from a file.*No such file.*write text=@@none"),
        (["text=x", "counts=a"], "counts of act is to be integer, not 'a'"),
        (["text=x", "point.y=1"], "point of act has no param 'y'; it takes x"),
        (["text=x", "point.x=a"], "point.x of act is to be integer or number"),
        (["text=x", "point.x=1", "point.x=2"], "point.x is given twice"),
        (["text=x", "point=null", "point.x=2"], "point is given twice, whole and in parts"),
        (["text.x=1"], "act has no param 'text.x'; did you mean text"),
    ],
)
def test_what_cannot_be_put_together_is_refused(pairs: list[str], message: str) -> None:
    with pytest.raises(click.UsageError, match=message):
        parse(pairs, SCHEMA, "act")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG")

    with pytest.raises(click.UsageError, match="not UTF-8"):
        parse([f"text=@{tmp_path / 'picture'}"], SCHEMA, "act")


@pytest.mark.parametrize(
    ("params", "spelled"),
    [
        ({"text": "a b"}, "'text=a b'"),
        ({"text": "@ada"}, "text=@@ada"),
        ({"text": "it's"}, '"text=it\'s"'),
        ({"text": "it's $5"}, """'text=it'"'"'s $5'"""),
        ({"text": "5", "count": 5, "flag": True}, "text=5 count=5 flag=true"),
        ({"text": "x", "some": ["a", "5"]}, "text=x some=a some=5"),
        ({"text": "x", "some": []}, "text=x 'some=[]'"),
        ({"text": "x", "some": ["[1]"]}, """text=x 'some=["[1]"]'"""),
        ({"text": "x", "either": ["a"]}, """text=x 'either:=["a"]'"""),
        ({"text": "x", "point": {"x": 1}}, """text=x 'point={"x":1}'"""),
        ({"text": "x", "any": "5"}, """text=x 'any:="5"'"""),
        ({"text": "x", "any": "five"}, "text=x any=five"),
        ({"text": "x", "any": [1, "a"]}, """text=x 'any=[1,"a"]'"""),
        ({"text": "x", "either": None}, "text=x either:=null"),
    ],
)
def test_params_are_spelled_as_they_are_read(params: dict[str, object], spelled: str) -> None:
    assert spell(params, SCHEMA) == spelled
    assert parse(shlex.split(spelled), SCHEMA, "act") == params


@pytest.mark.parametrize("spec", standard_registry().specs(), ids=lambda spec: spec.name)
def test_the_example_of_every_action_is_spelled_as_it_is_read(spec: ActionSpec) -> None:
    (example,) = spec.params["examples"]

    assert parse(shlex.split(spell(example, spec.params)), spec.params, spec.name) == example
