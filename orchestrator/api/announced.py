"""The actions that agents announced, as parts of the OpenAPI document.

The orchestrator knows no action by itself: what stands here is what agents said, merged by name.
Where two versions of the runtime disagree about an action, both schemas are there, told apart by
their digests. Schemas that a document could not hold are left open, never copied.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import jsonschema_rs
import msgspec

from xagent_protocol.messages import ActionSpec

Json = dict[str, Any]
Sets = Iterable[tuple[ActionSpec, ...]]

MOST_ACTIONS: Final = 1000
"""How many a document holds; agents that announce more than that mean no good."""

EXTENSION: Final = "x-xagent-action"

_REF: Final = "#/components/schemas/"
_SUBMIT: Final = ("/api/agents/{agent_id}/commands", "post")
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]")
_ELSEWHERE: Final = frozenset(
    {"$ref", "$dynamicRef", "$recursiveRef", "$id", "$schema", "$anchor", "$dynamicAnchor"}
)
"""Words by which a schema would mean something else inside another document."""

_TOO_LARGE: Final = "TruncatedResult"
_TRUNCATED: Final[Json] = {
    "title": _TOO_LARGE,
    "description": "In place of a result that is too large for the answer; the artifact has it.",
    "type": "object",
    "properties": {
        "truncated": {"const": True},
        "artifact_id": {"type": "string"},
        "size": {"type": "integer"},
    },
    "required": ["truncated", "artifact_id", "size"],
}


@dataclass(frozen=True)
class _Variant:
    """One action as some agents announced it."""

    spec: ActionSpec
    digest: str


def with_actions(document: Json, sets: Sets, *, own: bool) -> Json:
    """Return *document* with what agents announced; with *own*, those of users' packages, too.

    *document* stays as it is, and shares with the new one what is the same.
    """
    variants = _variants(sets, own=own)
    if not variants:
        return document
    components: Json = {_TOO_LARGE: _TRUNCATED}
    for name, several in variants.items():
        components |= _components(name, several)
    path, method = _SUBMIT
    submit = document["paths"][path][method]
    body = submit["requestBody"]["content"]["application/json"]
    schemas = {**document["components"]["schemas"], **components}
    asked = {**body, "schema": _one_of(variants, "request")}
    submit = {
        **submit,
        "requestBody": {**submit["requestBody"], "content": {"application/json": asked}},
        "responses": _responses(submit["responses"], variants),
    }
    methods = {**document["paths"][path], method: submit}
    return {
        **document,
        "paths": {**document["paths"], path: methods},
        "components": {**document["components"], "schemas": schemas},
    }


def actions_of(document: Json) -> Iterator[tuple[str, Json]]:
    """Yield the name of each action in *document* and the schema of what asks for it."""
    for schema in document["components"]["schemas"].values():
        if EXTENSION in schema:
            yield schema["title"], schema


def params_of(request: Json, document: Json) -> list[Json]:
    """Return the schemas of the params that *request*, as `actions_of` yields it, may have."""
    schema = request["allOf"][1]["properties"]["params"]
    schemas = document["components"]["schemas"]
    return [schemas[each["$ref"].removeprefix(_REF)] for each in schema.get("anyOf", [schema])]


def result_of(request: Json, document: Json) -> list[Json]:
    """Return the schemas of what an action answers; the same as many as it has params."""
    name = _safe(request["title"])
    schemas: Mapping[str, Json] = document["components"]["schemas"]
    return [
        schema
        for component, schema in schemas.items()
        if component == f"{name}.result" or component.startswith(f"{name}.result.")
    ]


def without_actions(schema: Json, document: Json) -> Json:
    """Return what all alternatives of *schema* have in common, if it has one for each action."""
    if "discriminator" not in schema:
        return schema
    first = schema["oneOf"][0]["$ref"].removeprefix(_REF)
    common: Json = document["components"]["schemas"][first]["allOf"][0]
    return common


def is_of_an_action(component: str) -> bool:
    """Say whether a component describes an action, and not the API itself."""
    return "." in component


def _variants(sets: Sets, *, own: bool) -> dict[str, list[_Variant]]:
    """Return what was announced under each name, every schema once."""
    found: dict[tuple[str, str], _Variant] = {}
    for spec in (each for actions in sets for each in actions):
        if spec.package is None or own:
            variant = _Variant(spec, _digest(spec))
            found.setdefault((spec.name, variant.digest), variant)
        if len(found) >= MOST_ACTIONS:
            break
    by_name: dict[str, list[_Variant]] = {}
    for _, variant in sorted(found.items(), key=lambda each: each[0][1]):
        by_name.setdefault(variant.spec.name, []).append(variant)
    # In the order in which an agent told them: families stay together.
    return {name: by_name[name] for name in dict.fromkeys(name for name, _ in found)}


def _digest(spec: ActionSpec) -> str:
    schemas = msgspec.json.encode((spec.params, spec.result), order="sorted")
    return hashlib.sha256(schemas).hexdigest()[:8]


def _components(name: str, variants: list[_Variant]) -> Json:
    components: Json = {}
    params: list[Json] = []
    results: list[Json] = []
    for variant in variants:
        ending = f".{variant.digest}" if len(variants) > 1 else ""
        for side, schema, references in (
            ("params", variant.spec.params, params),
            ("result", variant.spec.result, results),
        ):
            component = f"{_safe(name)}.{side}{ending}"
            components[component] = _embedded(schema, spec=variant.spec, side=side)
            references.append({"$ref": f"{_REF}{component}"})
    needs_params = all(each.spec.params.get("required") for each in variants)
    spec = variants[0].spec
    told = {
        "family": spec.family,
        "reads": spec.reads,
        "on_page": spec.on_page,
        "package": spec.package,
    }
    components[f"{_safe(name)}.request"] = {
        "title": name,
        "description": spec.description,
        EXTENSION: told,
        "allOf": [
            {"$ref": f"{_REF}CommandRequest"},
            {
                "type": "object",
                "properties": {"action": {"const": name}, "params": _any_of(params)},
                "required": ["action", *(["params"] if needs_params else [])],
            },
        ],
    }
    result = _any_of([*results, {"$ref": f"{_REF}{_TOO_LARGE}"}, {"type": "null"}])
    components[f"{_safe(name)}.command"] = {
        "allOf": [
            {"$ref": f"{_REF}Command"},
            {"type": "object", "properties": {"action": {"const": name}, "result": result}},
        ]
    }
    return components


def _responses(responses: Json, variants: Mapping[str, list[_Variant]]) -> Json:
    answered = dict(responses)
    for status, response in responses.items():
        if status.startswith("2"):
            content = {"application/json": {"schema": _one_of(variants, "command")}}
            answered[status] = {**response, "content": content}
    return answered


def _one_of(names: Iterable[str], side: str) -> Json:
    references = {name: f"{_REF}{_safe(name)}.{side}" for name in names}
    return {
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "action", "mapping": references},
    }


def _any_of(schemas: list[Json]) -> Json:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _embedded(schema: Json, *, spec: ActionSpec, side: str) -> Json:
    if not _refers_elsewhere(schema) and _is_schema(schema):
        return schema
    open_schema: Json = {
        "description": f"The {side} of {spec.name}; its schema cannot stand in another document, "
        "so ask for the actions of the agent."
    }
    return {**open_schema, "type": "object"} if side == "params" else open_schema


def _is_schema(schema: Json) -> bool:
    try:
        jsonschema_rs.validator_for(schema)
    except (ValueError, RecursionError):
        return False
    return True


def _refers_elsewhere(schema: object) -> bool:
    match schema:
        case dict():
            return not _ELSEWHERE.isdisjoint(schema) or any(
                _refers_elsewhere(each) for each in schema.values()
            )
        case list():
            return any(_refers_elsewhere(each) for each in schema)
    return False


def _safe(name: str) -> str:
    """Return *name* as a component may be called; what had to change is told apart by a digest."""
    plain = _UNSAFE.sub("_", name)
    if plain == name:
        return name
    return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
