"""What each agent can do, as it announced it, and whether given params fit.

The orchestrator holds no list of actions: a schema is compiled when its action is first asked
for, once for all agents that announce the same one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final, TypeVar

import jsonschema_rs
import msgspec

from orchestrator.errors import ActionUnknown, FieldError, InvalidParams
from orchestrator.store.records import AgentRecord
from xagent_protocol.messages import ActionSpec

KEPT_SCHEMAS: Final = 1000
KEPT_SETS: Final = 100
NAMED_ERRORS: Final = 10

Kind = jsonschema_rs.ValidationErrorKind


class _UnusableSchema(Exception):
    """An agent announced a schema that cannot be compiled."""


def _refuse_to_fetch(uri: str) -> Any:
    raise ValueError(f"a schema must be self-contained, this one refers to {uri}")


class ActionCatalog:
    """Looks actions up and validates params."""

    def __init__(self) -> None:
        """Begin with nothing compiled."""
        self._by_name: dict[int, tuple[tuple[ActionSpec, ...], dict[str, ActionSpec]]] = {}
        self._compiled: dict[str, jsonschema_rs.Validator] = {}
        self._validators: dict[int, tuple[ActionSpec, jsonschema_rs.Validator]] = {}

    def find(self, agent: AgentRecord, name: str) -> ActionSpec:
        """Return what *agent* announced under *name*.

        Raises:
            ActionUnknown: it announced nothing of that name; the error names the nearest.
        """
        # Agents that announced the same have one object of it, and so one index.
        kept = self._by_name.get(id(agent.actions))
        if kept is None or kept[0] is not agent.actions:
            kept = (agent.actions, {action.name: action for action in agent.actions})
            _keep(self._by_name, id(agent.actions), kept, KEPT_SETS)
        action = kept[1].get(name)
        if action is None:
            raise _unknown_action(agent, name, kept[1])
        return action

    def validate(self, action: ActionSpec, params: object) -> None:
        """Check *params*, decoded, against the action's schema.

        Raises:
            InvalidParams: they do not fit; the error names each field.
        """
        try:
            validator = self._validator(action)
        except _UnusableSchema as error:
            raise InvalidParams(
                f"The agent announced a schema for {action.name!r} that cannot be used: {error}"
            ) from error
        if validator.is_valid(params):
            return
        errors = [
            found
            for error, _ in zip(validator.iter_errors(params), range(NAMED_ERRORS), strict=False)
            for found in _field_errors(error, action)
        ][:NAMED_ERRORS]
        fields = ", ".join(dict.fromkeys(error.field for error in errors))
        raise InvalidParams(
            f"The params of {action.name!r} do not fit its schema: {fields}. "
            f"See GET /api/agents/…/actions.",
            errors=errors,
        )

    def _validator(self, action: ActionSpec) -> jsonschema_rs.Validator:
        known = self._validators.get(id(action))
        # The spec is kept with its validator, so an id cannot come to mean another object.
        if known is not None and known[0] is action:
            return known[1]
        digest = hashlib.sha256(msgspec.json.encode(action.params, order="sorted")).hexdigest()
        validator = self._compiled.get(digest)
        if validator is None:
            validator = _compile(action.params)
            _keep(self._compiled, digest, validator, KEPT_SCHEMAS)
        _keep(self._validators, id(action), (action, validator), KEPT_SCHEMAS)
        return validator


_KeyT = TypeVar("_KeyT")
_ValueT = TypeVar("_ValueT")


def _keep(kept: dict[_KeyT, _ValueT], key: _KeyT, value: _ValueT, most: int) -> None:
    if len(kept) >= most:
        kept.pop(next(iter(kept)))
    kept[key] = value


def _compile(schema: Mapping[str, Any]) -> jsonschema_rs.Validator:
    try:
        return jsonschema_rs.validator_for(dict(schema), retriever=_refuse_to_fetch)
    except (ValueError, RecursionError) as error:
        raise _UnusableSchema(str(error).split("\n", 1)[0]) from error


def _unknown_action(
    agent: AgentRecord, name: str, actions: Mapping[str, ActionSpec]
) -> ActionUnknown:
    near = get_close_matches(name, actions, 5, 0.4)
    hint = f"Did you mean {near[0]!r}?" if near else "See GET /api/agents/…/actions."
    if not actions:
        hint = "It has not announced any action yet."
    return ActionUnknown(
        f"Agent {agent.agent_id!r} knows no action {name!r}. {hint}",
        errors=[FieldError("action", f"unknown action {name!r}")],
        known=near or sorted(actions)[:5],
    )


def _field_errors(error: jsonschema_rs.ValidationError, action: ActionSpec) -> list[FieldError]:
    path = ".".join(["params", *map(str, error.instance_path)])
    kind = error.kind
    if isinstance(kind, Kind.AnyOf):
        return _choice_errors(error, kind.context, path, action)
    if isinstance(kind, Kind.OneOfNotValid) and (names := _missing(kind.context)):
        return [FieldError(path, f"needs exactly one of {', '.join(names)}")]
    if isinstance(kind, Kind.OneOfMultipleValid):
        return [FieldError(path, "has several of which it may have only one")]
    if isinstance(kind, Kind.Required):
        return [FieldError(f"{path}.{kind.property}", "is required")]
    if isinstance(kind, Kind.AdditionalProperties):
        if error.instance_path:
            return [FieldError(f"{path}.{name}", "is not known here") for name in kind.unexpected]
        known = list(action.params.get("properties", ()))
        return [FieldError(f"{path}.{name}", _not_a_param(name, known)) for name in kind.unexpected]
    return [FieldError(path, error.message)]


def _choice_errors(
    error: jsonschema_rs.ValidationError,
    choices: list[list[jsonschema_rs.ValidationError]],
    path: str,
    action: ActionSpec,
) -> list[FieldError]:
    """Say what is wrong with the one of several choices that was meant, if that can be told."""
    depth = len(error.instance_path)
    of_its_type = [choice for choice in choices if not any(_is_type(one, depth) for one in choice)]
    tags = [[one for one in choice if _is_tag(one, depth)] for choice in of_its_type]
    meant = [choice for choice, tag in zip(of_its_type, tags, strict=True) if not tag]
    if len(meant) == 1:
        return [found for one in meant[0] for found in _field_errors(one, action)]
    if tags and not meant and len({str(tag[0].instance_path[-1]) for tag in tags}) == 1:
        known = ", ".join(repr(_only(tag[0])) for tag in tags)
        return [FieldError(f"{path}.{tags[0][0].instance_path[-1]}", f"is none of {known}")]
    return [FieldError(path, error.message)]


def _missing(choices: list[list[jsonschema_rs.ValidationError]]) -> list[str]:
    """Return the fields of which one is needed, if that is all that the choices are about."""
    return [
        one.kind.property
        for choice in choices
        for one in choice
        if isinstance(one.kind, Kind.Required)
    ]


def _is_type(error: jsonschema_rs.ValidationError, depth: int) -> bool:
    """Whether it is of another type altogether than this choice."""
    return isinstance(error.kind, Kind.Type) and len(error.instance_path) == depth


def _is_tag(error: jsonschema_rs.ValidationError, depth: int) -> bool:
    """Whether its tag, a field that can have one value only, says that it is another choice."""
    return len(error.instance_path) == depth + 1 and _only(error) is not None


def _only(error: jsonschema_rs.ValidationError) -> object:
    match error.kind:
        case Kind.Constant(expected_value=value):
            return value
        case Kind.Enum(options=[value]):
            return value
    return None


def _not_a_param(name: str, known: list[str]) -> str:
    matches = get_close_matches(name, known, 1, 0.5)
    if matches:
        return f"is no param of this action; did you mean {matches[0]!r}?"
    return f"is no param of this action; it takes {', '.join(known) or 'none'}"
