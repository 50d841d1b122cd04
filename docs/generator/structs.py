"""msgspec's types in a few words each; JSON Schema cannot say what passes through raw."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Final

import msgspec
from msgspec import inspect as types

from docs.generator.markdown import code, codes, prose, table
from xagent_protocol.messages import HOLDS

_SCALARS: Final[dict[type[types.Type], str]] = {
    types.StrType: "string",
    types.IntType: "integer",
    types.FloatType: "number",
    types.BoolType: "boolean",
    types.NoneType: "null",
    types.RawType: "any JSON",
    types.AnyType: "any JSON",
}


def describe(kind: type) -> str:
    """Return a struct's docstring and fields, or an enum's docstring and words."""
    about = prose(inspect.getdoc(kind) or "")
    if issubclass(kind, Enum):
        return f"{about}\n\nOne of {codes(each.value for each in kind)}."
    return f"{about}\n\n{_field_table(kind)}"


def parts_of(kinds: Iterable[type[msgspec.Struct]]) -> dict[str, type]:
    """Return the structs and enums that *kinds* are made of, by name."""
    found: dict[str, type] = {}
    for kind in kinds:
        for part in _parts(_struct_type(kind)):
            found[part.__name__] = part
    return dict(sorted(found.items()))


def _field_table(kind: type) -> str:
    rows = [
        (code(field.encode_name), _words(field.type), _default(field))
        for field in _struct_type(kind).fields
    ]
    return table(("field", "type", "default"), rows) if rows else "No fields."


def _struct_type(kind: type) -> types.StructType:
    known = types.type_info(kind)
    assert isinstance(known, types.StructType)
    return known


def _parts(kind: types.Type) -> Iterator[type]:
    match kind:
        case types.StructType():
            for field in kind.fields:
                for inner in _inside(field.type):
                    if isinstance(inner, types.StructType | types.EnumType):
                        yield inner.cls
                    yield from _parts(inner)


def _inside(kind: types.Type) -> Iterator[types.Type]:
    match kind:
        case types.Metadata():
            yield from _inside(_held(kind))
        case types.UnionType():
            for each in kind.types:
                yield from _inside(each)
        case types.VarTupleType() | types.ListType():
            yield from _inside(kind.item_type)
        case _:
            yield kind


def _held(kind: types.Metadata) -> types.Type:
    """Return what is meant where JSON is passed through, and its type is only told."""
    return types.type_info((kind.extra or {})[HOLDS])


def _words(kind: types.Type) -> str:
    match kind:
        case types.Metadata():
            return _words(_held(kind))
        case types.StructType() | types.EnumType():
            return f"[{kind.cls.__name__}](#{kind.cls.__name__.lower()})"
        case types.UnionType():
            return " or ".join(_words(each) for each in kind.types)
        case types.VarTupleType() | types.ListType():
            return f"list of {_words(kind.item_type)}"
        case types.DictType():
            inside = _words(kind.value_type)
            return "object" if inside == "any JSON" else f"object of {inside}"
        case _:
            return _SCALARS[type(kind)]


def _default(field: types.Field) -> str:
    if field.required:
        return "required"
    value: Any = field.default
    if value is msgspec.NODEFAULT and callable(field.default_factory):
        value = field.default_factory()
    raw = value if isinstance(value, msgspec.Raw) else msgspec.json.encode(value)
    return code(bytes(raw).decode())
