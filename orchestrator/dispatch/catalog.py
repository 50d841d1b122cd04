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
        ]
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
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        return [FieldError(f"{path}.{kind.property}", "is required")]
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        known = list(action.params.get("properties", ()))
        return [FieldError(f"{path}.{name}", _not_a_param(name, known)) for name in kind.unexpected]
    return [FieldError(path, error.message)]


def _not_a_param(name: str, known: list[str]) -> str:
    matches = get_close_matches(name, known, 1, 0.5)
    if matches:
        return f"is no param of this action; did you mean {matches[0]!r}?"
    return f"is no param of this action; it takes {', '.join(known) or 'none'}"
