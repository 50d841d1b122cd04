"""The page of the HTTP API, from the same OpenAPI document that `/openapi.json` serves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from docs.generator.markdown import code, codes, prose, table
from docs.generator.schemas import description, fields, words
from orchestrator.api.openapi import LINE, TAGS, describe
from orchestrator.api.routes import OPERATIONS

_WHO: Final = {
    (): "anybody, without a token",
    ("user",): "the user's token",
    ("agent",): "an agent's credential",
    ("user", "agent"): "the user's token, or an agent's credential",
    ("enrolment",): "an enrolment token",
}
_CODES: Final = re.compile(r"`([a-z_]+)`:")


def overview() -> str:
    """Every call in one table."""
    return table(
        ("call", "does"),
        [
            (f"[`{method} {path}`](#{_anchor(method, path)})", operation["summary"])
            for method, path, operation in _operations(describe(OPERATIONS, ""))
        ],
    )


def operations() -> str:
    """Every call in full, by its tag."""
    document = describe(OPERATIONS, "")
    parts = []
    for tag, about in TAGS.items():
        parts.append(f"## {tag}\n\n{about}")
        parts += [
            _operation(method, path, operation)
            for method, path, operation in _operations(document)
            if tag in operation["tags"]
        ]
    return "\n\n".join(parts)


def schemas() -> str:
    """The objects that are sent and answered."""
    parts = []
    for name, schema in describe(OPERATIONS, "")["components"]["schemas"].items():
        parts.append(f"### {name}")
        if about := schema.get("description"):
            parts.append(prose(about))
        parts.append(_fields(schema) if "properties" in schema else f"One of {words(schema)}.")
    return "\n\n".join(parts)


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    who = tuple(name for scheme in operation["security"] for name in scheme)
    parts = [
        f"### {method} {path}",
        f"{operation['summary']}.\n\n{_unless_same(operation)}".strip(),
        f"Open to: {_WHO[who]}.",
    ]
    if parameters := operation.get("parameters"):
        rows = [
            (
                code(each["name"]),
                each["in"],
                words(each["schema"], linked=True),
                "required" if each["required"] else _default(each["schema"]),
                each.get("description", ""),
            )
            for each in parameters
        ]
        parts.append(table(("parameter", "in", "type", "default", "means"), rows))
    if body := operation.get("requestBody"):
        parts.append(_body(body["content"]))
    parts.append(_answers(operation["responses"]))
    return "\n\n".join(parts)


def _unless_same(operation: dict[str, Any]) -> str:
    text: str = operation["description"]
    return "" if text == f"{operation['summary']}." else text


def _body(content: dict[str, Any]) -> str:
    ((media_type, details),) = content.items()
    if LINE in details:
        return f"Body, `{media_type}`, a line each: {words(details[LINE], linked=True)}."
    if "schema" not in details:
        return f"Body: the bytes, `{media_type}` or what they are."
    return f"Body, `{media_type}`: {words(details['schema'], linked=True)}."


def _answers(responses: dict[str, Any]) -> str:
    good, refused = [], []
    for status, response in responses.items():
        if int(status) >= 400:
            refused += [f"{status} `{word}`" for word in _CODES.findall(response["description"])]
            continue
        schemas = [
            each["schema"] for each in response.get("content", {}).values() if "schema" in each
        ]
        what = words(schemas[0], linked=True) if schemas else codes(response.get("content", {}))
        for each in response.get("content", {}).values():
            if LINE in each:
                what = f"a line each: {words(each[LINE], linked=True)}"
        good.append((status, response["description"], what))
    return f"{table(('status', 'means', 'body'), good)}\n\nRefusals: {', '.join(refused)}."


def _fields(schema: dict[str, Any]) -> str:
    rows = [
        (code(name), words(field, linked=True), note, prose(description(field)))
        for name, field, note in fields(schema)
    ]
    return table(("field", "type", "default", "means"), rows)


def _default(schema: dict[str, Any]) -> str:
    default = schema.get("default")
    if default is None or default == []:
        return ""
    return code(f"{default:g}" if isinstance(default, float) else default)


def _anchor(method: str, path: str) -> str:
    return re.sub(r"[^a-z0-9_ -]", "", f"{method} {path}".lower()).replace(" ", "-")
