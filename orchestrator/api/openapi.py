"""The OpenAPI 3.1 document, made from the operations and their types and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from orchestrator.access.entrances import Entrance, entrance
from orchestrator.api.operation import Operation
from orchestrator.errors import (
    BodyTooLarge,
    HostNotAllowed,
    InvalidRequest,
    MalformedBody,
    OriginNotAllowed,
    Refusal,
    Unauthorized,
    UnsupportedMediaType,
)
from orchestrator.problems import MEDIA_TYPE, Problem

Json = dict[str, Any]

_REF: Final = "#/components/schemas/{name}"

LINE: Final = "x-item-schema"
"""The schema of a line, where a body is lines of JSON."""

TAGS: Final = {
    "Commands": "One action asked of one agent, and the outcome in the same response.",
    "Agents": "Named agents, each with one browser of its own.",
    "Events": "What happens, as it happens, for whoever shows it.",
    "Artifacts": "Bytes that a command made or needs: a screenshot, a PDF, a download, an upload.",
    "Access": "Who is asking, and links by which browsers come in.",
    "Enrolment": "How a new agent gets a credential.",
    "Health": "For load balancers, for Prometheus, and for people who wonder.",
}

_SCHEMES: Final[Mapping[str, Json]] = {
    "user": {
        "type": "http",
        "scheme": "bearer",
        "description": "The user's token. The orchestrator makes it at its first start; "
        "`xagent token` prints it.",
    },
    "agent": {
        "type": "http",
        "scheme": "bearer",
        "description": "The credential that an agent made when it enrolled.",
    },
    "enrolment": {
        "type": "http",
        "scheme": "bearer",
        "description": "An enrolment token: valid once, for one hour, for one name.",
    },
}

_SECURITY: Final[Mapping[Entrance, list[Json]]] = {
    Entrance.PUBLIC: [],
    Entrance.USER: [{"user": []}],
    Entrance.USER_OR_AGENT: [{"user": []}, {"agent": []}],
    Entrance.AGENT: [{"agent": []}],
    Entrance.ANY_AGENT: [{"agent": []}],
    Entrance.ENROLMENT: [{"enrolment": []}],
}

_DESCRIPTION: Final = (
    "Real, logged-in browsers that live anywhere, behind one HTTP API. Each browser belongs to a "
    "named agent that dials out to this server and stays; you ask the agent for an action and "
    "get the result in the same response."
)


def describe(operations: Sequence[Operation], version: str) -> Json:
    """Return the whole document."""
    schemas = _Schemas(operations)
    paths: dict[str, Json] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, schemas)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Xagent",
            "version": version,
            "summary": "Named browsers behind one API",
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {"schemas": schemas.components, "securitySchemes": dict(_SCHEMES)},
    }
    # Defaults of fields are Python's tuples and enumerations until they have been JSON once.
    plain: Json = msgspec.json.decode(msgspec.json.encode(document))
    return plain


def refusals_of(operation: Operation) -> list[type[Refusal]]:
    """Return every refusal that *operation* may answer with, the common ones first."""
    found: list[type[Refusal]] = [HostNotAllowed, OriginNotAllowed]
    if entrance(operation.method, operation.path) is not Entrance.PUBLIC:
        found.append(Unauthorized)
    if operation.body is not None:
        found += [MalformedBody, BodyTooLarge, UnsupportedMediaType]
    if operation.body is not None or operation.query is not None or operation.headers is not None:
        found.append(InvalidRequest)
    if operation.method == "POST" and "agent_id" in operation.path_types:
        found.append(InvalidRequest)
    return list(dict.fromkeys([*found, *operation.refusals]))


class _Schemas:
    """The schema of every type the operations mention, and the components these refer to."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        types = list(_types(operations))
        # Named path parameters are annotated strings, equal where they are the same.
        found, components = msgspec.json.schema_components(
            [kind for _, kind in types], ref_template=_REF
        )
        self._of = {key: schema for (key, _), schema in zip(types, found, strict=True)}
        self._parameters = {
            each.__name__: components.pop(each.__name__)
            for operation in operations
            for each in (operation.query, operation.headers)
            if each is not None and each.__name__ in components
        }
        self.components: Json = dict(sorted(components.items()))

    def of(self, key: str) -> Json:
        return self._of[key]

    def fields(self, struct: type[msgspec.Struct]) -> Iterator[tuple[str, Json, bool]]:
        """Yield name, schema and whether it is required, of each field of a query or headers."""
        schema = self._parameters[struct.__name__]
        for name, field in schema["properties"].items():
            yield name, _present(field), name in schema.get("required", ())


def _types(operations: Iterable[Operation]) -> Iterator[tuple[str, Any]]:
    yield "problem", Problem
    for each in operations:
        for part, kind in (
            ("answer", each.answer),
            ("body", each.body),
            ("query", each.query),
            ("headers", each.headers),
        ):
            if kind is not None:
                yield f"{each.name}.{part}", kind
        if each.lines is not None:
            yield from zip((f"{each.name}.asked", f"{each.name}.told"), each.lines, strict=True)
        for name, kind in each.path_types.items():
            yield f"{each.name}.path.{name}", kind


def _present(field: Json) -> Json:
    """Return a field's schema without null: a parameter that has no value is left out."""
    field = {name: value for name, value in field.items() if value is not None}
    choices = [each for each in field.pop("anyOf", ()) if each != {"type": "null"}]
    if len(choices) == 1:
        return {**choices[0], **field}
    return {**field, "anyOf": choices} if choices else field


def _operation(operation: Operation, schemas: _Schemas) -> Json:
    described: Json = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description or f"{operation.summary}.",
        "security": _SECURITY[entrance(operation.method, operation.path)],
    }
    if parameters := list(_parameters(operation, schemas)):
        described["parameters"] = parameters
    if operation.body is not None:
        content: Json = {"schema": schemas.of(f"{operation.name}.body")}
        if operation.example is not None:
            content["example"] = operation.example
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    elif operation.takes_bytes is not None:
        described["requestBody"] = {
            "content": {operation.takes_bytes: _line(operation, schemas, "asked")}
        }
    described["responses"] = _responses(operation, schemas)
    return described


def _parameters(operation: Operation, schemas: _Schemas) -> Iterator[Json]:
    for name in operation.path_types:
        schema = schemas.of(f"{operation.name}.path.{name}")
        yield _parameter(name, "path", schema, is_required=True)
    for place, struct in (("query", operation.query), ("header", operation.headers)):
        if struct is not None:
            for name, schema, is_required in schemas.fields(struct):
                yield _parameter(name, place, schema, is_required=is_required)


def _parameter(name: str, place: str, schema: Json, *, is_required: bool) -> Json:
    schema = dict(schema)
    parameter: Json = {"name": name, "in": place, "required": is_required}
    if description := schema.pop("description", None):
        parameter["description"] = description
    parameter["schema"] = schema
    return parameter


def _responses(operation: Operation, schemas: _Schemas) -> Json:
    responses: Json = {}
    for status, description in operation.statuses.items():
        response: Json = {"description": description}
        if operation.answer is not None:
            schema = schemas.of(f"{operation.name}.answer")
            response["content"] = {"application/json": {"schema": schema}}
        else:
            response["content"] = {operation.media_type: _line(operation, schemas, "told")}
        if status == 202:
            response["headers"] = {
                "Location": {
                    "description": "Where to ask for the command again.",
                    "schema": {"type": "string"},
                }
            }
        responses[str(status)] = response
    by_status: dict[int, list[type[Refusal]]] = {}
    for refusal in refusals_of(operation):
        by_status.setdefault(refusal.status, []).append(refusal)
    for status, refusals in sorted(by_status.items()):
        responses[str(status)] = {
            "description": " ".join(_explained(refusal) for refusal in refusals),
            "content": {MEDIA_TYPE: {"schema": schemas.of("problem")}},
        }
    return responses


def _line(operation: Operation, schemas: _Schemas, side: str) -> Json:
    """Return what OpenAPI 3.2 calls `itemSchema`, and 3.1 has no word for."""
    return {} if operation.lines is None else {LINE: schemas.of(f"{operation.name}.{side}")}


def _explained(refusal: type[Refusal]) -> str:
    meaning = (refusal.__doc__ or refusal.title).partition("\n")[0]
    return f"`{refusal.code}`: {meaning}"
