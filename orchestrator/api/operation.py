"""One method on one path, declared once: run by `endpoint.py`, described by `openapi.py`.

What an operation takes and gives stands in its function's annotations, so that the document
cannot say anything else than the code does.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from starlette.responses import Response

from orchestrator.errors import Refusal

BodyT = TypeVar("BodyT")

Handler = Callable[..., Awaitable[object]]

_PLACEHOLDER: Final = re.compile(r"{(\w+)}")


class Reply(msgspec.Struct, Generic[BodyT], frozen=True):
    """An answer whose status depends on how it went."""

    status: int
    body: BodyT
    location: str | None = None


@dataclass(frozen=True)
class Operation:
    """Everything there is to know about one method of one path.

    *path_types* maps each placeholder to its type. *query*, *headers* and *body* are the structs
    these parts of a request are read into, null where the operation takes none. *answer* is the
    type of the answer's JSON, null where the answer is no JSON; *media_type* says what it is
    then. *takes_bytes* is the media type of a body that is not JSON. *lines* are the types of a
    line of the body and of the answer, where both are lines of JSON. *example* is a body.
    """

    method: str
    path: str
    handler: Handler
    name: str
    summary: str
    description: str
    tag: str
    statuses: Mapping[int, str]
    refusals: Sequence[type[Refusal]]
    path_types: Mapping[str, Any]
    query: type[msgspec.Struct] | None
    headers: type[msgspec.Struct] | None
    body: type[msgspec.Struct] | None
    answer: Any | None
    media_type: str
    takes_bytes: str | None
    lines: tuple[type[msgspec.Struct], type[msgspec.Struct]] | None
    takes_request: bool
    takes_principal: bool
    example: Mapping[str, object] | None

    @property
    def status(self) -> int:
        """The status of an answer that names none itself."""
        return next(iter(self.statuses))


def operation(
    method: str,
    path: str,
    *,
    tag: str,
    statuses: Mapping[int, str],
    refusals: Sequence[type[Refusal]] = (),
    media_type: str = "application/json",
    takes_bytes: str | None = None,
    lines: tuple[type[msgspec.Struct], type[msgspec.Struct]] | None = None,
    example: Mapping[str, object] | None = None,
) -> Callable[[Handler], Operation]:
    """Declare the decorated function as the answer to *method* on *path*.

    Its first parameter receives the `Services`; the others are recognised by name: the path's
    placeholders, ``query``, ``headers``, ``body``, ``request`` and ``principal``. Its docstring
    becomes summary and description; the first of *statuses* is the usual one.
    """

    def declare(handler: Handler) -> Operation:
        hints = get_type_hints(handler, include_extras=True)
        answer = hints.pop("return")
        if get_origin(answer) is Reply:
            (answer,) = get_args(answer)
        elif isinstance(answer, type) and issubclass(answer, Response):
            answer = None
        summary, _, description = inspect.cleandoc(handler.__doc__ or "").partition("\n\n")
        placeholders = _PLACEHOLDER.findall(path)
        return Operation(
            method=method,
            path=path,
            handler=handler,
            name=handler.__name__,
            summary=summary.removesuffix("."),
            description=description,
            tag=tag,
            statuses=statuses,
            refusals=refusals,
            path_types={name: hints[name] for name in placeholders},
            query=hints.get("query"),
            headers=hints.get("headers"),
            body=hints.get("body"),
            answer=answer,
            media_type=media_type,
            takes_bytes=takes_bytes,
            lines=lines,
            takes_request="request" in hints,
            takes_principal="principal" in hints,
            example=example,
        )

    return declare
