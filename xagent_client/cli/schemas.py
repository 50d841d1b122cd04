"""JSON Schemas as a person at a terminal needs them: what there is, and what fits, in few words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

Schema = Mapping[str, Any]

ANY: Final = frozenset({"string", "integer", "number", "boolean", "object", "array", "null"})

_EMPHASIS: Final = re.compile(r"(?<![\w*`])\*(\w+)\*(?![\w*`])")
_BOUNDS: Final = (
    ("minimum", "≥"),
    ("exclusiveMinimum", ">"),
    ("maximum", "≤"),
    ("exclusiveMaximum", "<"),
)


def names(schema: Schema) -> tuple[str, ...]:
    """Return the names of the params that *schema* knows."""
    return tuple(top_of(schema).get("properties", {}))


def properties(schema: Schema) -> list[tuple[str, Schema, bool]]:
    """Return name, schema and whether it is required, of each param."""
    top = top_of(schema)
    required = top.get("required", [])
    return [(key, part, key in required) for key, part in top.get("properties", {}).items()]


def describe(schema: Schema, root: Schema) -> str:
    """Return in a few words what values fit *schema*, a part of *root*."""
    schema = resolve(schema, root)
    if "const" in schema:
        return repr(schema["const"])
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    if choices := alternatives(schema):
        kinds = [describe(each, root) for each in choices]
        return " | ".join(kind for kind in dict.fromkeys(kinds) if kind != "null")
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " | ".join(each for each in kind if each != "null")
    if kind == "array" and isinstance(schema.get("items"), dict):
        return f"list of {describe(schema['items'], root)}"
    if kind == "object" and schema.get("properties"):
        required = schema.get("required", ())
        members = [
            _member(name, part, is_required=name in required)
            for name, part in schema["properties"].items()
        ]
        return f"object of {', '.join(members)}"
    return f"{kind}{_bounds(schema)}"


def meaning(schema: Schema) -> str:
    """Return what *schema* says of itself, wherever it says so, in one line."""
    told = [schema, *alternatives(schema)]
    text = next((each["description"] for each in told if "description" in each), "")
    return plain(" ".join(str(text).split()))


def plain(text: str) -> str:
    """Return a description without the marks around what it calls *name*."""
    return _EMPHASIS.sub(r"\1", text)


def default(schema: Schema) -> str:
    """Return the value that stands in when there is none, as JSON; nothing if that says nothing."""
    value = schema.get("default")
    return "" if value is None or value in ([], {}) else msgspec.json.encode(value).decode()


def kinds_of(part: Schema, root: Schema) -> frozenset[str]:
    """Return the JSON types of the values that fit *part* of *root*."""
    part = resolve(part, root)
    if "type" in part:
        kind = part["type"]
        kinds = frozenset([kind] if isinstance(kind, str) else kind)
        return kinds | {"integer"} if "number" in kinds else kinds
    if "enum" in part or "const" in part:
        return frozenset(kind_of(each) for each in part.get("enum", [part.get("const")]))
    if choices := alternatives(part):
        return frozenset().union(*(kinds_of(each, root) for each in choices))
    return ANY


def kind_of(value: object) -> str:
    """Return the JSON type of *value*."""
    for kind, name in (
        (bool, "boolean"),
        (int, "integer"),
        (float, "number"),
        (str, "string"),
        (list, "array"),
        (dict, "object"),
    ):
        if isinstance(value, kind):
            return name
    return "null"


def one_of_kind(part: Schema, root: Schema, kind: str) -> Schema | None:
    """Return the alternative of *part* whose values are of *kind*, if there is one."""
    part = resolve(part, root)
    if part.get("type") == kind:
        return part
    found = (one_of_kind(each, root, kind) for each in alternatives(part))
    return next((each for each in found if each is not None), None)


def alternatives(schema: Schema) -> list[Schema]:
    """Return the schemas of which one is to fit, where several are given."""
    return list(schema.get("anyOf", schema.get("oneOf", ())))


def top_of(schema: Schema) -> Schema:
    """Return the object that *schema* is, wherever it is defined."""
    return resolve(schema, schema)


def resolve(part: Schema, root: Schema) -> Schema:
    """Follow the references of *part* within *root*."""
    reference = part.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return part
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step.replace("~1", "/").replace("~0", "~"), {})
    return resolve(found, root) if found is not part else part


def _member(name: str, part: object, *, is_required: bool) -> str:
    values = part.get("enum", []) if isinstance(part, dict) else []
    if len(values) == 1:
        # By this member an object says which of several it is.
        return f"{name}={values[0]}"
    return name if is_required else f"[{name}]"


def _bounds(schema: Schema) -> str:
    if "minimum" in schema and "maximum" in schema:
        return f" {schema['minimum']:,}–{schema['maximum']:,}"
    return "".join(f" {sign} {schema[word]:,}" for word, sign in _BOUNDS if word in schema)
