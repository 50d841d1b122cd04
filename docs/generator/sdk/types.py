"""JSON Schemas as Python annotations, and the named types that they need.

The two sides differ. What a caller gives is taken as it comes: any sequence, any mapping, a
`TypedDict`. What an agent answers is read into frozen values, and must not break because a newer
agent says more.
"""

from __future__ import annotations

import json
import keyword
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from docs.generator.schemas import Schema, description

_SCALARS: Final = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}
_TELLING: Final = frozenset({"title", "description", "default", "examples"})
"""What a schema says of itself that no value has to fit."""


@dataclass(frozen=True)
class Field:
    """One member of a named type; *name* is its name in JSON, *default* is Python, null if due."""

    name: str
    annotation: str
    default: str | None = None
    about: str = ""


@dataclass(frozen=True)
class Declaration:
    """A named type; *tag* is the member, and its value, that tells it from others in a union."""

    name: str
    about: str
    fields: tuple[Field, ...]
    tag: tuple[str, str] | None = None


class Types(ABC):
    """The named types of one side, found while annotations are made."""

    def __init__(self, known: Mapping[str, Schema] | None = None) -> None:
        """Begin with the types that are written by hand elsewhere, by name."""
        self._shapes = {name: _shape(schema) for name, schema in (known or {}).items()}
        self._by_hand = frozenset(self._shapes)
        self._about_by_hand = frozenset(description(each) for each in (known or {}).values())
        self._told: set[str] = set()
        self.used_by_hand: set[str] = set()
        self.declarations: dict[str, Declaration] = {}

    def annotation(self, schema: Schema, hint: str, module: str = "") -> str:
        """Return what fits *schema*; *hint* names it if it has no title, *module* is said before.

        The named types that it needs are declared from then on.
        """
        return self._annotation(schema, hint, module)

    def optional(self, schema: Schema, hint: str, module: str = "") -> str:
        """Return the same or None."""
        return _either([self.annotation(schema, hint, module), "None"])

    def says(self, text: str) -> bool:
        """Say whether a type says *text* of itself, so that its fields need not."""
        declared = {each.about for each in self.declarations.values()}
        return text in declared or text in self._about_by_hand

    @abstractmethod
    def _sequence(self, item: str) -> str: ...

    @abstractmethod
    def _mapping(self, value: str) -> str: ...

    @abstractmethod
    def _fields(self, schema: Schema, name: str) -> Iterator[Field]: ...

    @abstractmethod
    def _alternatives(self, schemas: list[Schema], hint: str, module: str) -> list[str]:
        """Return the annotations of several objects, one of which it is."""

    def _annotation(self, schema: Schema, hint: str, module: str, *, is_field: bool = False) -> str:
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return self._union(schema[word], hint, module)
        if "const" in schema:
            return f"Literal[{_literal(schema['const'])}]"
        if "enum" in schema:
            return f"Literal[{', '.join(map(_literal, schema['enum']))}]"
        kind = schema.get("type")
        if isinstance(kind, list):
            return _either(
                [self._annotation({**schema, "type": each}, hint, module) for each in kind]
            )
        if kind == "array":
            return self._array(schema, hint, module)
        if kind == "object":
            return self._object(schema, hint, module, is_field=is_field)
        return _SCALARS.get(str(kind), "Any")

    def _union(self, schemas: list[Schema], hint: str, module: str) -> str:
        objects = [each for each in schemas if each.get("properties")]
        if len(objects) < 2:
            return _either([self._annotation(each, hint, module) for each in schemas])
        others = [each for each in schemas if not each.get("properties")]
        return _either(
            [
                *self._alternatives(objects, hint, module),
                *(self._annotation(each, hint, module) for each in others),
            ]
        )

    def _array(self, schema: Schema, hint: str, module: str) -> str:
        if prefix := schema.get("prefixItems"):
            items = [self._annotation(each, f"{hint}Item", module) for each in prefix]
            return self._tuple(items)
        item = schema.get("items")
        return self._sequence(
            self._annotation(item, _singular(hint), module) if isinstance(item, Mapping) else "Any"
        )

    def _tuple(self, items: list[str]) -> str:
        return f"tuple[{', '.join(items)}]"

    def _object(self, schema: Schema, hint: str, module: str, *, is_field: bool) -> str:
        if schema.get("properties"):
            return f"{module}{self._named(schema, hint, is_field=is_field)}"
        values = schema.get("additionalProperties")
        if isinstance(values, Mapping):
            return self._mapping(self._annotation(values, f"{hint}Value", module))
        return self._mapping("Any")

    def _named(
        self,
        schema: Schema,
        hint: str,
        *,
        is_field: bool = False,
        tag: tuple[str, str] | None = None,
    ) -> str:
        shape = _shape(schema) + repr(tag)
        title = re.sub(r"\W", "", str(schema.get("title", ""))) or hint
        for name in (title, hint, f"{hint}{title}", *(f"{hint}{n}" for n in range(2, 100))):
            if name in self._by_hand:
                if self._shapes[name] + repr(tag) == shape:
                    self.used_by_hand.add(name)
                    return name
                continue
            known = self._shapes.setdefault(name, shape)
            if known == shape:
                self._declare(schema, name, is_field=is_field, tag=tag)
                return name
        raise ValueError(f"no name is left for {title}")

    def _declare(
        self, schema: Schema, name: str, *, is_field: bool, tag: tuple[str, str] | None
    ) -> None:
        about = str(schema.get("description", ""))
        known = self.declarations.get(name)
        if known is None:
            # Its place is before the types that it is made of; a reader begins with it.
            self.declarations[name] = Declaration(name, about, (), tag)
            fields = tuple(each for each in self._fields(schema, name) if not _is(each, tag))
            self.declarations[name] = Declaration(name, about, fields, tag)
        elif not is_field and name not in self._told:
            # A field may describe its value in words of its own; the type's are seen elsewhere.
            self.declarations[name] = replace(known, about=about)
        if not is_field:
            self._told.add(name)


class ParamTypes(Types):
    """What a caller gives."""

    def _sequence(self, item: str) -> str:
        return f"Sequence[{item}]"

    def _tuple(self, items: list[str]) -> str:
        return self._sequence(_either(items))

    def _mapping(self, value: str) -> str:
        return f"Mapping[str, {value}]"

    def _alternatives(self, schemas: list[Schema], hint: str, module: str) -> list[str]:
        return [self._annotation(each, f"{hint}{n}", module) for n, each in enumerate(schemas, 1)]

    def _fields(self, schema: Schema, name: str) -> Iterator[Field]:
        for key, each in schema["properties"].items():
            kind = self._annotation(each, f"{name}{camel(key)}", "", is_field=True)
            if key not in schema.get("required", ()):
                kind = f"NotRequired[{kind}]"
            yield Field(key, kind, about=description(each))


class ResultTypes(Types):
    """What an agent answers."""

    def _sequence(self, item: str) -> str:
        return f"tuple[{item}, ...]"

    def _mapping(self, value: str) -> str:
        return f"dict[str, {value}]"

    def _alternatives(self, schemas: list[Schema], hint: str, module: str) -> list[str]:
        tags = _tags(schemas)
        if tags is None:
            # Nothing in the answer would say which of them it is.
            return [self._mapping("Any")]
        return [
            f"{module}{self._named(each, f'{hint}{camel(tag[1])}', tag=tag)}"
            for each, tag in zip(schemas, tags, strict=True)
        ]

    def _fields(self, schema: Schema, name: str) -> Iterator[Field]:
        for key, each in schema["properties"].items():
            kind = self._annotation(each, f"{name}{camel(key)}", "", is_field=True)
            default = None
            if "None" in _parts(kind) or key not in schema.get("required", ()):
                default = _default(each.get("default"))
            if default == "None" and kind != "Any":
                kind = _either([kind, "None"])
            yield Field(key, kind, default, description(each))


def camel(words: str) -> str:
    """Return `select_option` as `SelectOption`."""
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[^A-Za-z0-9]+", words))


def identifier(name: str) -> str:
    """Return a name from JSON as one of Python."""
    plain = re.sub(r"\W", "_", name)
    return f"{plain}_" if keyword.iskeyword(plain) or not plain.isidentifier() else plain


def _shape(schema: object) -> str:
    return json.dumps(_without_telling(schema), sort_keys=True)


def _without_telling(schema: object) -> object:
    match schema:
        case {"properties": dict(properties), **rest}:
            # A property may be called `title`.
            inside = {name: _without_telling(each) for name, each in properties.items()}
            return {**_as_dict(_without_telling(rest)), "properties": inside}
        case dict():
            return {
                name: _without_telling(each)
                for name, each in schema.items()
                if name not in _TELLING
            }
        case list():
            return [_without_telling(each) for each in schema]
    return schema


def _as_dict(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def _either(kinds: list[str]) -> str:
    """Return the union, None at its end."""
    flat = [part for kind in kinds for part in _parts(kind)]
    if "Any" in flat:
        return "Any"
    found = [kind for kind in dict.fromkeys(flat) if kind != "None"]
    return " | ".join([*found, *(["None"] if "None" in flat else [])])


def _parts(kind: str) -> list[str]:
    """Split a union at its own bars, not at those within brackets."""
    parts, depth = [""], 0
    for piece in re.split(r"(\[|\]| \| )", kind):
        depth += {"[": 1, "]": -1}.get(piece, 0)
        if piece == " | " and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _default(value: object) -> str:
    match value:
        case str() | bool() | int() | float():
            return _literal(value)
        case []:
            return "()"
        case {} if value == {}:
            return "{}"
    return "None"


def _tags(schemas: list[Schema]) -> list[tuple[str, str]] | None:
    """Return the one member whose single value tells each of *schemas* apart, if there is one."""
    for name in schemas[0]["properties"]:
        values = [each["properties"].get(name, {}).get("enum", ()) for each in schemas]
        words = [each[0] for each in values if len(each) == 1 and isinstance(each[0], str)]
        if len(set(words)) == len(schemas):
            return [(name, word) for word in words]
    return None


def _is(field: Field, tag: tuple[str, str] | None) -> bool:
    return tag is not None and field.name == tag[0]


def _singular(hint: str) -> str:
    return hint.removesuffix("s") if not hint.endswith("ss") else hint
