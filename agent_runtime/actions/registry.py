"""Every action an agent can do, made from typed functions.

An action is one async function: its keyword-only parameters are the params, its return type is
the result, its docstring the description. `@action` makes the rest: decoder, schemas, spec. A new
action costs its function and nothing else; it is announced as soon as its module is registered.
"""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from types import ModuleType
from typing import Any, Final, Self, get_type_hints

import msgspec

from agent_runtime.actions.call import Call
from agent_runtime.actions.errors import ActionFailed
from agent_runtime.actions.schemas import json_schema
from xagent_protocol.errors import ErrorCode
from xagent_protocol.messages import ActionSpec

ActionFunction = Callable[..., Awaitable[Any]]


def _number(text: str) -> float | int:
    number = float(text)
    return int(number) if number.is_integer() else number


_lenient: Final = msgspec.json.Decoder(float_hook=_number)


class Action:
    """One action: what is announced of it, and how it is run."""

    def __init__(
        self,
        function: ActionFunction,
        *,
        family: str,
        reads: bool,
        on_page: bool,
        of_others: bool,
        example: Mapping[str, object] | None,
    ) -> None:
        """Read everything else from the function's signature.

        Raises:
            TypeError: a parameter is not keyword-only or has no type.
        """
        hints = get_type_hints(function, include_extras=True)
        self._function = function
        self.is_of_others = of_others
        self._params = _params_type(function, hints)
        self._decoder = msgspec.json.Decoder(self._params)
        self.spec = ActionSpec(
            name=function.__name__,
            family=family,
            description=inspect.cleandoc(function.__doc__ or ""),
            reads=reads,
            on_page=on_page,
            params=json_schema(self._params),
            result=json_schema(hints.get("return", None)),
        )
        # The struct was made here; a result's name is its author's own.
        del self.spec.params["title"]
        if example is not None:
            self.spec.params["examples"] = [dict(example)]

    @property
    def module(self) -> str:
        """The name of the module that defines it."""
        return self._function.__module__

    def __call__(self, call: Call, **params: object) -> Awaitable[Any]:
        """Do it as a part of another action, with params that fit."""
        return self._function(call, **params)

    def brought_by(self, package: str) -> Action:
        """Return the same action, announced as one of *package*, which is not ours."""
        brought = copy.copy(self)
        brought.spec = msgspec.structs.replace(self.spec, package=package)
        return brought

    def decode(self, raw: bytes | msgspec.Raw) -> msgspec.Struct:
        """Read params.

        Raises:
            ActionFailed: `invalid_params`; the message names the field.
        """
        try:
            try:
                return self._decoder.decode(raw)
            except msgspec.ValidationError:
                # To JSON Schema 1.0 is an integer, to msgspec it is not; so look once more.
                value = _lenient.decode(raw)
                return msgspec.convert(value, self._params)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise ActionFailed(
                ErrorCode.INVALID_PARAMS,
                f"the params of {self.spec.name} are not valid: {error}",
                details={"action": self.spec.name},
            ) from error

    async def run(self, call: Call, params: msgspec.Struct) -> object:
        """Do it; raises whatever the function raises."""
        return await self._function(call, **msgspec.structs.asdict(params))


def action(
    *,
    family: str,
    reads: bool,
    on_page: bool = True,
    of_others: bool = False,
    example: Mapping[str, object] | None = None,
) -> Callable[[ActionFunction], Action]:
    """Turn an async function into the action of its name.

    *reads*: it changes nothing, so it may be repeated. *on_page*: it acts on one page, in turn
    with the other commands for that page; else it runs at once. *of_others*: it is made of other
    actions, each of which takes its own turn at its own page. *example*: params that make sense.
    """

    def decorate(function: ActionFunction) -> Action:
        return Action(
            function,
            family=family,
            reads=reads,
            on_page=on_page,
            of_others=of_others,
            example=example,
        )

    return decorate


class ActionRegistry:
    """The actions of one agent, by name; does not change once made."""

    def __init__(self, actions: Iterable[Action]) -> None:
        """Hold *actions*; of two of the same name the later one counts."""
        self._actions = {one.spec.name: one for one in actions}

    @classmethod
    def of(cls, *modules: ModuleType) -> Self:
        """Gather the actions that *modules* define."""
        return cls(action for module in modules for action in actions_of(module))

    def __iter__(self) -> Iterator[Action]:
        """Iterate over the actions."""
        return iter(self._actions.values())

    def families(self) -> dict[str, str]:
        """Say what each family is for, by the first line of its module.

        That is the module of the same name, or else the first that has an action of the family.
        """
        modules: dict[str, str] = {}
        for one in self:
            family = one.spec.family
            if one.module.rpartition(".")[2] == family:
                modules[family] = one.module
            else:
                modules.setdefault(family, one.module)
        return {family: _first_line(name) for family, name in modules.items()}

    def specs(self) -> tuple[ActionSpec, ...]:
        """What the agent announces."""
        return tuple(one.spec for one in self._actions.values())

    def get(self, name: str) -> Action | None:
        """Return the action *name*, if there is one."""
        return self._actions.get(name)

    def named(self, name: str) -> Action:
        """Return the action *name*.

        Raises:
            ActionFailed: `unknown_action`, with the nearest names.
        """
        found = self._actions.get(name)
        if found is not None:
            return found
        near = get_close_matches(name, self._actions, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "see the agent's list of actions"
        raise ActionFailed(
            ErrorCode.UNKNOWN_ACTION,
            f"there is no action {name!r}: {hint}",
            details={"known": list(self._actions)},
        )


def actions_of(module: ModuleType) -> list[Action]:
    """Return the actions under the names of *module*, in their order."""
    return [value for value in vars(module).values() if type(value) is Action]


def _first_line(module: str) -> str:
    return (sys.modules[module].__doc__ or "").strip().partition("\n")[0]


def _params_type(function: ActionFunction, hints: dict[str, Any]) -> type[msgspec.Struct]:
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        if parameter.kind is not parameter.KEYWORD_ONLY or parameter.name not in hints:
            raise TypeError(
                f"{function.__name__}: parameter {parameter.name!r} must be keyword-only and typed"
            )
        if parameter.default is parameter.empty:
            fields.append((parameter.name, hints[parameter.name]))
        else:
            fields.append((parameter.name, hints[parameter.name], parameter.default))
    return msgspec.defstruct(
        f"{function.__name__}_params", fields, kw_only=True, frozen=True, forbid_unknown_fields=True
    )
