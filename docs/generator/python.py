"""The page of the SDK, from its verbs and its tree of errors."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Final, get_type_hints

from docs.generator.markdown import code, prose, table
from xagent_client import errors as sdk_errors
from xagent_client.actions import ActionVerbs
from xagent_client.agent_verbs import AgentVerbs
from xagent_client.asking import How
from xagent_client.client_verbs import ClientVerbs
from xagent_client.verbs import Verb

_OF_ALL: Final = frozenset(get_type_hints(How))
"""Keywords that stand on the page once, for all actions."""

_GROUPS: Final = (
    ("A client", "client", ClientVerbs),
    ("An agent: any action, and what is known of it", "agent", AgentVerbs),
)


def verbs() -> str:
    """Every method that asks the orchestrator for something."""
    parts = [f"### {title}\n\n{_table(owner, group)}" for title, owner, group in _GROUPS]
    for family in ActionVerbs.__bases__:
        title = family.__module__.rpartition(".")[2]
        about = prose(inspect.getdoc(family) or "")
        parts.append(f"### An agent: {title}\n\n{about}\n\n{_table('agent', family)}")
    return "\n\n".join(parts)


def errors() -> str:
    """The tree of errors."""
    tree = [line[4:] for line in (sdk_errors.__doc__ or "").splitlines() if line.startswith("    ")]
    return "```text\n" + "\n".join(tree) + "\n```"


def _table(owner: str, group: type) -> str:
    rows = [
        (code(f"{owner}.{name}({_parameters(function)})"), _returned(function), _first(function))
        for name, function in _verbs(group)
    ]
    return table(("call", "returns", "does"), rows)


def _verbs(group: type) -> Iterator[tuple[str, Verb[..., object]]]:
    for name, value in vars(group).items():
        if isinstance(value, Verb):
            yield name, value


def _parameters(verb: Verb[..., object]) -> str:
    shown = []
    has_star = False
    for parameter in list(_signature(verb).parameters.values())[1:]:
        if parameter.kind is parameter.VAR_KEYWORD:
            shown.append("…")
        elif parameter.name not in _OF_ALL or not _asks(verb):
            if parameter.kind is parameter.KEYWORD_ONLY and not has_star:
                has_star = True
                shown.append("*")
            shown.append(parameter.name + ("" if parameter.default is parameter.empty else "="))
    return ", ".join(shown)


def _asks(verb: Verb[..., object]) -> bool:
    """Say whether it asks for an action, and so takes the keywords of all of them."""
    kinds = [each.kind for each in _signature(verb).parameters.values()]
    return inspect.Parameter.VAR_KEYWORD in kinds


def _returned(verb: Verb[..., object]) -> str:
    text = str(_signature(verb).return_annotation)
    return code(text.removeprefix("Call[").removesuffix("]").replace("results.", ""))


def _first(verb: Verb[..., object]) -> str:
    return prose((verb.__doc__ or "").strip().partition("\n\n")[0])


def _signature(verb: Verb[..., object]) -> inspect.Signature:
    # A verb is called as the object it belongs to wants; what it takes stands in its generator.
    return inspect.signature(verb._exchanges)
