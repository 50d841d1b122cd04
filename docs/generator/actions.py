"""The page of actions, from the registry that an agent announces.

Nothing here knows an action or a family by its name: what a family is for stands in its module,
what an action does in its docstring, and an example with its function.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from agent_runtime.actions.vocabulary import standard_registry
from docs.generator.markdown import code, prose, sentence, table
from docs.generator.schemas import description, fields, words
from xagent_client.cli.params import spell
from xagent_protocol.messages import ActionSpec

_LINE: Final = 100


def names() -> str:
    """Every action by its family, for the README."""
    return _by_family(lambda family: f"[{family}](docs/actions.md#{family})", code)


def index() -> str:
    """The same as links within the page."""
    return _by_family(lambda family: f"[{family}](#{family})", lambda name: f"[{name}](#{name})")


def reference() -> str:
    """Every action in full, by its family."""
    registry = standard_registry()
    parts = []
    for family, about in registry.families().items():
        parts.append(f"## {family.capitalize()}\n\n{prose(sentence(about))}")
        parts += [_action(spec) for spec in registry.specs() if spec.family == family]
    return "\n\n".join(parts)


def _by_family(show_family: Callable[[str], str], show_name: Callable[[str], str]) -> str:
    registry = standard_registry()
    rows = [
        (
            show_family(family),
            ", ".join(show_name(spec.name) for spec in registry.specs() if spec.family == family),
        )
        for family in registry.families()
    ]
    return table(("family", "actions"), rows)


def _action(spec: ActionSpec) -> str:
    kind = "Reads" if spec.reads else "Writes"
    where = "on one page, in turn with its other commands" if spec.on_page else "runs at once"
    parts = [
        f"### {spec.name}",
        f"{prose(spec.description)}",
        f"{kind}; {where}.",
    ]
    rows = [
        (code(name), words(field), note, prose(description(field)))
        for name, field, note in fields(spec.params)
    ]
    parts.append(table(("param", "type", "default", "means"), rows) if rows else "No params.")
    parts.append(_result(spec.result))
    parts += _examples(spec)
    return "\n\n".join(parts)


def _result(schema: dict[str, Any]) -> str:
    about = prose(description(schema)).partition("\n\n")[0]
    if "properties" not in schema:
        kind = "nothing" if schema.get("type") == "null" else words(schema)
        return f"Result: {kind}."
    parts = [f"`{name}` ({words(field)})" for name, field, _ in fields(schema)]
    told = f"Result: an object of {', '.join(parts)}."
    return f"{told}\n{about}" if about else told


def _examples(spec: ActionSpec) -> Iterator[str]:
    for example in spec.params.get("examples", ()):
        line = f"xagent run alpha {spec.name} {spell(example, spec.params)}".strip()
        body = {"action": spec.name, "params": example} if example else {"action": spec.name}
        yield f"```sh\n{line}\n```"
        yield f"```json\n{_json(body)}\n```"


def _json(body: object) -> str:
    in_a_line = json.dumps(body, ensure_ascii=False)
    if len(in_a_line) <= _LINE:
        return in_a_line
    return json.dumps(body, ensure_ascii=False, indent=2)
