"""`key=value` on a command line to the params of an action, by the action's own JSON Schema.

A string stays the string that was typed; a number or a boolean is read as what the schema says it
is, and a list gets an item from each `key=value` of its name. A member of an object is
`key.member=value`. `key=@file` takes the value from a file, `key:=json` says it outright.
"""

from __future__ import annotations

import difflib
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from xagent_client.cli.schemas import ANY, Schema, kind_of, kinds_of, one_of_kind, top_of

_WORDS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_MEANT_IN_QUOTES: Final = frozenset('"$`\\!')
"""What a shell sees between double quotes."""
_SCALARS: Final = frozenset({"string", "integer", "number", "boolean"})


def parse(pairs: Sequence[str], schema: Schema | None, action: str) -> dict[str, Any]:
    """Return the params that *pairs* spell; without a *schema*, plain values are strings.

    Raises:
        UsageError: a pair is none, its value does not fit, or its key is not the action's.
    """
    params: dict[str, Any] = {}
    for pair in pairs:
        key, separator, text = pair.partition("=")
        name = key.removesuffix(":")
        if not separator or not name:
            raise click.UsageError(f"{pair!r} is not key=value; for JSON, write key:=json")
        path, part = _place(name, schema, action)
        if key.endswith(":"):
            value = _json(name, _taken(name, text))
        else:
            value = _typed(name, text, part, schema, action)
        _put(params, path, value, part, schema)
    if schema is not None:
        _check_required(params, schema, action)
    return params


def spell(params: Mapping[str, Any], schema: Schema) -> str:
    """Return the pairs that `parse` reads as *params*, quoted for a shell."""
    parts = top_of(schema).get("properties", {})
    words = []
    for key, value in params.items():
        part = parts.get(key, {})
        if isinstance(value, list) and _goes_by_items(value, part, schema):
            items = (one_of_kind(part, schema, "array") or {}).get("items", {})
            words += [_word(key, item, items, schema) for item in value]
        else:
            words.append(_word(key, value, part, schema))
    return " ".join(map(_quoted, words))


def _place(name: str, schema: Schema | None, action: str) -> tuple[list[str], Schema | None]:
    """Return the path to what *name* names, and its schema; null where nothing is known."""
    if schema is None:
        return [name], None
    part: Schema = top_of(schema)
    if name in part.get("properties", {}):
        return [name], part["properties"][name]
    first, *rest = name.split(".")
    inside = one_of_kind(part.get("properties", {}).get(first, {}), schema, "object")
    if not rest or inside is None:
        _check_key(name, part, action)
        return [name], {}
    path = [first]
    for member in rest:
        _check_key(member, inside or {}, f"{'.'.join(path)} of {action}")
        found = (inside or {}).get("properties", {}).get(member, {})
        path.append(member)
        part, inside = found, one_of_kind(found, schema, "object")
    return path, part


def _put(
    params: dict[str, Any], path: list[str], value: Any, part: Schema | None, schema: Schema | None
) -> None:
    target = params
    for step in path[:-1]:
        target = target.setdefault(step, {})
        if not isinstance(target, dict):
            raise click.UsageError(f"{step} is given twice, whole and in parts")
    name = path[-1]
    if name not in target:
        target[name] = value
        return
    takes_several = part is not None and part and "array" in kinds_of(part, schema or {})
    if not takes_several:
        raise click.UsageError(f"{'.'.join(path)} is given twice")
    target[name] = _as_list(target[name]) + _as_list(value)


def _typed(key: str, text: str, part: Schema | None, root: Schema | None, action: str) -> Any:
    if part is None or root is None:
        return _taken(key, text)
    kinds = kinds_of(part, root)
    text = _taken(key, text)
    if kinds == ANY:
        return _json_or_text(text)
    if "string" in kinds:
        return text
    if "boolean" in kinds and text.lower() in _WORDS:
        return _WORDS[text.lower()]
    value = _json_or_text(text)
    if kind_of(value) in kinds:
        return value
    if (several := one_of_kind(part, root, "array")) is not None:
        return [_typed(key, _literally(text), several.get("items", {}), root, action)]
    wanted = " or ".join(sorted(kinds - {"null"}))
    raise click.UsageError(f"{key} of {action} is to be {wanted}, not {_shortened(text)!r}")


def _taken(key: str, text: str) -> str:
    """Return *text*, or what is in the file that it names; `@@` is a plain `@`."""
    if not text.startswith("@"):
        return text
    if text.startswith("@@"):
        return text[1:]
    name = text[1:]
    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return content.decode()
    except OSError as error:
        raise click.UsageError(
            f"{key}=@{name} is to come from a file, which cannot be read ({error.strerror}); "
            f"for the text itself, write {key}=@@{name}"
        ) from error
    except UnicodeDecodeError as error:
        raise click.UsageError(f"{key}=@{name}: the file is not UTF-8 text") from error


def _literally(text: str) -> str:
    """Return *text* spelled so that it is taken once more as it is."""
    return f"@{text}" if text.startswith("@") else text


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


def _check_key(key: str, part: Schema, action: str) -> None:
    if key in part.get("properties", {}) or part.get("additionalProperties") is not False:
        return
    known = list(part.get("properties", {}))
    near = difflib.get_close_matches(key, known, n=3)
    hint = (
        f"did you mean {' or '.join(near)}?" if near else f"it takes {', '.join(known) or 'none'}"
    )
    raise click.UsageError(f"{action} has no param {key!r}; {hint}")


def _check_required(params: Mapping[str, Any], schema: Schema, action: str) -> None:
    missing = [key for key in top_of(schema).get("required", []) if key not in params]
    if missing:
        raise click.UsageError(
            f"{action} needs {' and '.join(missing)}: " + " ".join(f"{key}=…" for key in missing)
        )


def _word(key: str, value: Any, part: Schema, root: Schema) -> str:
    """Return the one pair that is read as *value*."""
    kinds = kinds_of(part, root)
    if isinstance(value, str):
        is_read_as_text = ("string" in kinds and kinds != ANY) or _json_or_text(value) == value
        return f"{key}={_literally(value)}" if is_read_as_text else f"{key}:={_encoded(value)}"
    is_read_as_json = "string" not in kinds or kinds == ANY
    return f"{key}{'=' if is_read_as_json else ':='}{_encoded(value)}"


def _quoted(word: str) -> str:
    if "'" in word and _MEANT_IN_QUOTES.isdisjoint(word):
        return f'"{word}"'
    return shlex.quote(word)


def _goes_by_items(value: list[Any], part: Schema, root: Schema) -> bool:
    kinds = kinds_of(part, root)
    if not value or "array" not in kinds or "string" in kinds:
        return False
    return all(kind_of(item) in _SCALARS and not _looks_like_a_list(item) for item in value)


def _looks_like_a_list(item: object) -> bool:
    return isinstance(item, str) and isinstance(_json_or_text(item), list)


def _encoded(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _shortened(text: str) -> str:
    return text if len(text) <= 100 else f"{text[:100]}…"
