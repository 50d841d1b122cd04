"""JSON Schemas (draft 2020-12) of params and results, each whole in itself.

They travel inside other documents (an agent's hello, an OpenAPI page, a tool list), where a
`$ref` would point at the wrong root; so every definition is put in the place that names it.
"""

from __future__ import annotations

import inspect
from typing import Any, Final

import msgspec

_PREFIX: Final = "#/$defs/"


def json_schema(of: object) -> dict[str, Any]:
    """Return the schema of a type that msgspec can decode; the type must not contain itself."""
    schema = msgspec.json.schema(of)
    definitions: dict[str, Any] = schema.pop("$defs", {})
    # Defaults are Python's tuples and enumerations until they have been JSON once.
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(_inline(schema, definitions)))
    return plain


def _inline(node: object, definitions: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inline(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str) and reference.startswith(_PREFIX):
        target = _inline(definitions[reference.removeprefix(_PREFIX)], definitions)
        assert isinstance(target, dict)
        rest = {key: value for key, value in node.items() if key != "$ref"}
        return {**target, **rest}
    inlined = {key: _inline(value, definitions) for key, value in node.items()}
    if isinstance(description := inlined.get("description"), str):
        inlined["description"] = inspect.cleandoc(description)
    if "anyOf" in inlined:
        # It would name definitions that are nowhere now; each alternative tells what it is.
        inlined.pop("discriminator", None)
    return inlined
