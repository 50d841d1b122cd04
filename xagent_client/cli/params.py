"""`key=value` on a command line to the params of an action, by the action's own JSON Schema.

A string stays the string that was typed; a number, a boolean or an object is read as what the
schema says it is. `key:=json` says it outright.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click
import msgspec

_WORDS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_ANY: Final = frozenset({"string", "integer", "number", "boolean", "object", "array", "null"})


def parse(pairs: Sequence[str], schema: Mapping[str, Any] | None, action: str) -> dict[str, Any]:
    """Return the params that *pairs* spell; without a *schema*, plain values are strings.

    Raises:
        UsageError: a pair is none, its value does not fit, or its key is not the action's.
    """
    params: dict[str, Any] = {}
    for pair in pairs:
        key, separator, text = pair.partition("=")
        if not separator or not key.removesuffix(":"):
            raise click.UsageError(f"{pair!r} is not key=value; for JSON, write key:=json")
        if key.endswith(":"):
            key = key.removesuffix(":")
            value = _json(key, text)
        else:
            value = _typed(key, text, schema, action)
        if schema is not None:
            _check_key(key, schema, action)
        if key in params:
            raise click.UsageError(f"{key} is given twice")
        params[key] = value
    if schema is not None:
        _check_required(params, schema, action)
    return params


def names(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the params that *schema* knows."""
    return tuple(_object(schema).get("properties", {}))


def describe(schema: Mapping[str, Any], root: Mapping[str, Any]) -> str:
    """Return in a few words what values fit *schema*, a part of *root*."""
    schema = _resolve(schema, root)
    if "const" in schema:
        return repr(schema["const"])
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    for word in ("anyOf", "oneOf"):
        if word in schema:
            kinds = [describe(each, root) for each in schema[word]]
            return " | ".join(kind for kind in dict.fromkeys(kinds) if kind != "null")
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " | ".join(each for each in kind if each != "null")
    if kind == "array" and isinstance(schema.get("items"), dict):
        return f"list of {describe(schema['items'], root)}"
    return str(kind)


def properties(schema: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any], bool]]:
    """Return name, schema and whether it is required, of each param."""
    top = _object(schema)
    required = top.get("required", [])
    return [(key, part, key in required) for key, part in top.get("properties", {}).items()]


def _typed(key: str, text: str, schema: Mapping[str, Any] | None, action: str) -> Any:
    if schema is None:
        return text
    part = _object(schema).get("properties", {}).get(key)
    kinds = _ANY if part is None else _kinds(part, schema)
    if kinds == _ANY:
        return _json_or_text(text)
    if "string" in kinds:
        return text
    if "boolean" in kinds and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        value = text
    if _kind_of(value) not in kinds:
        wanted = " or ".join(sorted(kinds - {"null"}))
        raise click.UsageError(f"{key} of {action} is to be {wanted}, not {text!r}")
    return value


def _json_or_text(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return text


def _json(key: str, text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise click.UsageError(f"{key}:= is to be followed by JSON: {error}") from error


def _check_key(key: str, schema: Mapping[str, Any], action: str) -> None:
    top = _object(schema)
    if key in top.get("properties", {}) or top.get("additionalProperties") is not False:
        return
    known = names(schema)
    near = difflib.get_close_matches(key, known, n=3)
    hint = (
        f"did you mean {' or '.join(near)}?" if near else f"it takes {', '.join(known) or 'none'}"
    )
    raise click.UsageError(f"{action} has no param {key!r}; {hint}")


def _check_required(params: Mapping[str, Any], schema: Mapping[str, Any], action: str) -> None:
    missing = [key for key in _object(schema).get("required", []) if key not in params]
    if missing:
        raise click.UsageError(
            f"{action} needs {' and '.join(missing)}: " + " ".join(f"{key}=…" for key in missing)
        )


def _kinds(part: Mapping[str, Any], root: Mapping[str, Any]) -> frozenset[str]:
    part = _resolve(part, root)
    if "type" in part:
        kind = part["type"]
        kinds = frozenset([kind] if isinstance(kind, str) else kind)
        return kinds | {"integer"} if "number" in kinds else kinds
    if "enum" in part or "const" in part:
        return frozenset(_kind_of(each) for each in part.get("enum", [part.get("const")]))
    for word in ("anyOf", "oneOf"):
        if word in part:
            return frozenset().union(*(_kinds(each, root) for each in part[word]))
    return _ANY


def _kind_of(value: object) -> str:
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


def _object(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return _resolve(schema, schema)


def _resolve(part: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = part.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return part
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step.replace("~1", "/").replace("~0", "~"), {})
    return _resolve(found, root) if found is not part else part
