"""The edge: bytes of a request become frozen values here, or a refusal that names the field."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeVar
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from orchestrator.errors import (
    BodyTooLarge,
    FieldError,
    InvalidRequest,
    MalformedBody,
    UnsupportedMediaType,
)

StructT = TypeVar("StructT", bound=msgspec.Struct)

JSON: Final = b"application/json"

_AT: Final = re.compile(r" - at `(?:key in )?\$\.?([^`]*)`\Z")
_MISSING: Final = re.compile(r"Object missing required field `(.+)`\Z", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`\Z", re.DOTALL)
_SHOWN_CHARS: Final = 100
_QUERY_FIELDS: Final = 64
_CACHED_QUERY_BYTES: Final = 64


def query_reader(struct: type[StructT]) -> Callable[[bytes], StructT]:
    """Return a function that reads a query string into *struct*.

    Its values are frozen, so the few spellings that arrive again and again (``wait=30``) are
    read once and shared.
    """
    lists = {
        field.encode_name
        for field in msgspec.structs.fields(struct)
        if isinstance(_bare(msgspec.inspect.type_info(field.type)), msgspec.inspect.VarTupleType)
    }

    def read(query_string: bytes) -> StructT:
        values: dict[str, str | list[str]] = {}
        for name, value in _pairs(query_string):
            if name in lists:
                several = values.setdefault(name, [])
                assert isinstance(several, list)
                several.append(value)
            elif name in values:
                raise invalid_field(name, "is given more than once")
            else:
                values[name] = value
        return _convert(values, struct)

    read_cached = lru_cache(maxsize=256)(read)

    def read_either(query_string: bytes) -> StructT:
        if len(query_string) <= _CACHED_QUERY_BYTES:
            return read_cached(query_string)
        return read(query_string)

    return read_either


def headers_reader(struct: type[StructT]) -> Callable[[Scope], StructT]:
    """Return a function that reads the headers named by *struct*'s fields."""
    wanted = {name.lower().encode(): name for name in struct.__struct_encode_fields__}
    absent = _convert({}, struct)

    def read(scope: Scope) -> StructT:
        values: dict[str, str] = {}
        for name, value in scope["headers"]:
            if name in wanted:
                if wanted[name] in values:
                    raise invalid_field(wanted[name], "is given more than once")
                values[wanted[name]] = value.decode("latin-1")
        return _convert(values, struct) if values else absent

    return read


def body_reader(struct: type[StructT]) -> Callable[[bytes], StructT]:
    """Return a function that reads a JSON body into *struct*."""
    decode = msgspec.json.Decoder(struct).decode
    names = struct.__struct_encode_fields__

    def read(body: bytes) -> StructT:
        try:
            # Values that pass through raw are not looked into, so bytes that are no text would
            # travel on to whoever reads them next.
            if not body.isascii():
                body.decode()
            return decode(body)
        except msgspec.ValidationError as error:
            raise _invalid(error, names, whole="body") from error
        except (msgspec.DecodeError, UnicodeError) as error:
            raise MalformedBody(f"The body is not JSON: {error}.") from error
        except RecursionError as error:
            raise invalid_field("body", "is nested too deeply") from error

    return read


def require_json(scope: Scope) -> None:
    """Refuse a body that is not declared as JSON; a web page can send any other unasked."""
    require_media_type(scope, JSON)


def require_media_type(scope: Scope, wanted: bytes) -> None:
    """Refuse a body that is not declared to be what is *wanted*."""
    media_type = None
    for name, value in scope["headers"]:
        if name == b"content-type":
            if media_type is not None:
                raise UnsupportedMediaType("The request has two Content-Type headers.")
            media_type = value
    if media_type == wanted:
        return
    if media_type is None or media_type.partition(b";")[0].strip().lower() != wanted:
        raise UnsupportedMediaType(f"Send the body as `Content-Type: {wanted.decode()}`.")


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes:
    """Return the whole body, never holding more than *limit* bytes and one message.

    Raises:
        BodyTooLarge: it is longer; what was announced as longer is not read at all.
        ClientDisconnect: the client left in the middle.
    """
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            raise _too_large(limit)
    message = await receive()
    chunk = _chunk(message)
    if not message.get("more_body", False):
        if len(chunk) > limit:
            raise _too_large(limit)
        return chunk
    body = bytearray(chunk)
    while message.get("more_body", False):
        message = await receive()
        body += _chunk(message)
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def invalid_field(field: str, message: str) -> InvalidRequest:
    """Return the refusal of one *field*; *message* continues the sentence that its name begins."""
    return invalid_fields(FieldError(field, message))


def invalid_fields(*errors: FieldError, known: Sequence[str] = ()) -> InvalidRequest:
    """Return the refusal of several fields."""
    detail = "; ".join(f"{error.field}: {error.message}" for error in errors)
    return InvalidRequest(f"{detail}.", errors=errors, known=known)


def nearest(name: str, names: Sequence[str]) -> list[str]:
    """Return the names that the caller may have meant, best first."""
    return difflib.get_close_matches(name[:_SHOWN_CHARS], names, n=3)


def _bare(kind: msgspec.inspect.Type) -> msgspec.inspect.Type:
    """Return the type beneath its descriptions."""
    return kind.type if isinstance(kind, msgspec.inspect.Metadata) else kind


def _pairs(query_string: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            query_string.decode("latin-1"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_QUERY_FIELDS,
        )
    except UnicodeError as error:
        raise invalid_field("query", "is not UTF-8") from error
    except ValueError as error:
        raise invalid_field("query", f"has more than {_QUERY_FIELDS} fields") from error


def _convert(values: Mapping[str, object], struct: type[StructT]) -> StructT:
    names = struct.__struct_encode_fields__
    try:
        converted = msgspec.convert(values, struct, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(error, names, whole="query") from error
    for name, attribute in zip(names, struct.__struct_fields__, strict=True):
        # The word "null" is read as null wherever no text is expected.
        if name in values and getattr(converted, attribute) is None:
            raise invalid_field(name, "is not to be null; leave it out")
    return converted


def _invalid(error: msgspec.ValidationError, names: Sequence[str], *, whole: str) -> InvalidRequest:
    text = str(error)
    path = ""
    if at := _AT.search(text):
        path, text = at[1], text[: at.start()]
    prefix = f"{path}." if path else ""
    if missing := _MISSING.match(text):
        return invalid_field(prefix + missing[1], "is required")
    if unknown := _UNKNOWN.match(text):
        name = unknown[1][:_SHOWN_CHARS]
        known = nearest(name, names)
        hint = f"; did you mean {known[0]!r}?" if known else f"; known are {', '.join(names)}"
        return invalid_fields(FieldError(prefix + name, f"is not a known field{hint}"), known=known)
    return invalid_field(path or whole, text[:1].lower() + text[1:])


def _chunk(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientDisconnect
    chunk: bytes = message.get("body", b"")
    return chunk


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is over {limit} bytes; send bytes to /api/artifacts instead.")
