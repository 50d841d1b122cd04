"""JSON Schemas in a few words each, for the cells of a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from docs.generator.markdown import code, codes

Schema = Mapping[str, Any]

_RANGES: Final = (
    ("minimum", "at least"),
    ("exclusiveMinimum", "over"),
    ("maximum", "at most"),
    ("maxLength", "at most"),
)


def words(schema: Schema, *, linked: bool = False) -> str:
    """Say what fits *schema*; *linked* turns the name of another schema into a link."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if linked else name
    if "anyOf" in schema:
        return _either(schema["anyOf"], linked=linked)
    if "const" in schema:
        return code(json.dumps(schema["const"]))
    if "enum" in schema:
        return codes(sorted(schema["enum"], key=str), " or ")
    kind = schema.get("type", "any JSON")
    if isinstance(kind, list):
        return " or ".join(words({**schema, "type": each}, linked=linked) for each in kind)
    if kind == "array":
        inside = schema.get("items")
        return f"list of {words(inside, linked=linked)}" if inside else "list"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        inside = words(schema["additionalProperties"], linked=linked)
        return "object" if inside == "any JSON" else f"object of {inside}"
    if kind == "object" and schema.get("properties"):
        named = (_named(name, field) for name, field in schema["properties"].items())
        return f"object of {codes(named)}"
    return f"{kind}{_range(schema)}"


def fields(schema: Schema) -> Iterator[tuple[str, Schema, str]]:
    """Yield name, schema, and `required` or the default, of each field of an object."""
    required = schema.get("required", ())
    for name, field in schema.get("properties", {}).items():
        if name in required:
            yield name, field, "required"
        elif field.get("default") is None:
            yield name, field, ""
        else:
            yield name, field, code(json.dumps(field["default"], ensure_ascii=False))


def description(schema: Schema) -> str:
    """Return what *schema* says of itself, wherever it says so."""
    if text := schema.get("description"):
        return str(text)
    return next(
        (str(each["description"]) for each in schema.get("anyOf", ()) if "description" in each), ""
    )


def _named(name: str, field: Schema) -> str:
    """Return a field's name, and its value if it can have no other, as what tells a choice."""
    only = field.get("enum", ())
    return f"{name}: {only[0]}" if len(only) == 1 else name


def _either(choices: list[Schema], *, linked: bool) -> str:
    kinds = [words(each, linked=linked) for each in choices if each.get("type") != "null"]
    if len(kinds) != len(choices):
        kinds.append("null")
    return " or ".join(dict.fromkeys(kinds))


def _range(schema: Schema) -> str:
    unit = " characters" if schema.get("type") == "string" else ""
    bounds = [f"{word} {_number(schema[key])}{unit}" for key, word in _RANGES if key in schema]
    return f", {', '.join(bounds)}" if bounds else ""


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"
