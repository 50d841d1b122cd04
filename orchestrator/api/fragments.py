"""The HTML of what stands on many places of the pages: a table of fields, a type, a shell line.

Whatever comes in is text and is escaped; only backticks mean something in it, and asterisks around
a name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import escape
from typing import Any, Final

from orchestrator.api.openapi import Json

_CODE: Final = re.compile(r"`([^`]+)`")
_EMPHASIS: Final = re.compile(r"(?<![\w*`])\*(\w+)\*(?![\w*`])")


def properties(schema: Json) -> str:
    """Return the members of an object as a table."""
    required = schema.get("required", ())
    return fields(
        (name, field, name in required, meaning(field), "")
        for name, field in schema.get("properties", {}).items()
    )


def fields(rows: Iterable[tuple[str, Any, bool, str, str]]) -> str:
    """Return a table of names with their schema, whether they are due, meaning and place."""
    parts = ['<div class="fields">']
    for name, schema, is_required, description, place in rows:
        marks = ['<b class="required">required</b>'] if is_required else []
        if place and place != "path":
            marks.insert(0, escape(place))
        parts.append(f'<div class="field"><div><code>{escape(name)}</code>')
        parts.append(f'<span class="kind">{type_of(schema)}{_bounds(schema)}</span>')
        parts.extend(f'<span class="mark-text">{mark}</span>' for mark in marks)
        parts.append("</div>")
        default = _default(schema)
        if text := f"{description} Default: `{default}`.".strip() if default else description:
            parts.append(f"<p>{prose(text)}</p>")
        parts.append("</div>")
    parts.append("</div>")
    return "".join(parts)


def type_of(schema: Any) -> str:
    """Return in a few words what fits *schema*."""
    if not isinstance(schema, dict):
        return "any JSON"
    if reference := schema.get("$ref"):
        name = str(reference).rpartition("/")[2]
        return f'<a href="#type-{escape(name)}">{escape(name)}</a>'
    if choices := schema.get("anyOf"):
        return " or ".join(type_of(choice) for choice in choices)
    if values := schema.get("enum") or ([schema["const"]] if "const" in schema else []):
        return " · ".join(f"<code>{escape(_plain(value))}</code>" for value in values)
    kind = schema.get("type", "any JSON")
    if isinstance(kind, list):
        return " or ".join(escape(str(each)) for each in kind)
    if kind == "array":
        return f"list of {type_of(schema.get('items'))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {type_of(schema['additionalProperties'])}"
    if kind == "object" and "title" in schema and schema.get("properties"):
        members = [_member(name, part) for name, part in schema["properties"].items()]
        return f"object of {', '.join(members)}"
    return escape(str(schema.get("format", kind)))


def meaning(schema: Any) -> str:
    """Return what *schema* says of itself, wherever it says so."""
    if not isinstance(schema, dict):
        return ""
    told = (schema, *schema.get("anyOf", ()))
    return next(
        (
            str(each["description"])
            for each in told
            if isinstance(each, dict) and "description" in each
        ),
        "",
    )


def shell(text: str) -> str:
    """Return lines of a program or a shell."""
    return f'<pre tabindex="0"><code>{escape(text, quote=False)}</code></pre>'


def prose(text: str) -> str:
    """Return a paragraph; what it calls *name* is meant as code, too."""
    marked = _EMPHASIS.sub(r"`\1`", text)
    return _CODE.sub(r"<code>\1</code>", escape(marked, quote=False))


def _member(name: str, part: Any) -> str:
    values = part.get("enum", []) if isinstance(part, dict) else []
    # By a member with one value an object says which of several it is.
    only = f"={_plain(values[0])}" if len(values) == 1 else ""
    return f"<code>{escape(name + only)}</code>"


def _bounds(schema: Any) -> str:
    if not isinstance(schema, dict):
        return ""
    signs = {"exclusiveMinimum": ">", "minimum": "≥", "maximum": "≤"}
    bounds = [f"{sign} {schema[name]:g}" for name, sign in signs.items() if name in schema]
    if "maxLength" in schema and "pattern" not in schema:
        bounds.append(f"≤ {schema['maxLength']:,} characters")
    return escape(f", {', '.join(bounds)}") if bounds else ""


def _default(schema: Any) -> str:
    default = schema.get("default") if isinstance(schema, dict) else None
    if default is None or default in ([], {}):
        return ""
    return _plain(default)


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value
    return f"{value:g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
