"""`xagent actions`: what an agent can do, and how each of it is asked for.

There is no list of actions here: all of it is what the agent itself announced.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import click

from xagent_client.cli import output, params, spelling
from xagent_client.cli.completion import action_names, agent_names
from xagent_client.cli.context import Context, global_options, with_context
from xagent_client.cli.schemas import default, describe, meaning, plain, properties
from xagent_client.models import ActionSpec

_INDENT: Final = "  "
_WIDEST_NAME: Final = 24


@click.command()
@click.argument("agent", shell_complete=agent_names)
@click.argument("action", required=False, shell_complete=action_names)
@global_options
@with_context
def actions(context: Context, agent: str, action: str | None) -> None:
    """List what AGENT can do, or explain ACTION."""
    with context.connect() as client:
        specs = client.agent(agent).actions()
    if action is None:
        if context.as_json:
            output.as_json({"items": specs})
        else:
            _list(specs, agent)
        return
    spec = find_action(specs, action, agent)
    if context.as_json:
        output.as_json(spec)
    else:
        _explain(spec, agent)


def find_action(specs: tuple[ActionSpec, ...], action: str, agent: str) -> ActionSpec:
    """Return the spec of *action*.

    Raises:
        UsageError: the agent has no such action; the message names near ones.
    """
    for spec in specs:
        if spec.name == action:
            return spec
    near = difflib.get_close_matches(action, [spec.name for spec in specs], n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"see: xagent actions {agent}"
    raise click.UsageError(f"{agent} has no action {action!r}; {hint}")


def _list(specs: tuple[ActionSpec, ...], agent: str) -> None:
    families: dict[str, list[ActionSpec]] = {}
    for spec in specs:
        families.setdefault(_heading(spec), []).append(spec)
    width = min(max((len(spec.name) for spec in specs), default=0), _WIDEST_NAME)
    for heading, members in families.items():
        output.heading(heading)
        for spec in members:
            output.line(f"{_INDENT}{spec.name:<{width}}  {_first(spec)}")
        click.echo()
    output.note(f"{len(specs)} actions. How one is asked for: xagent actions {agent} ACTION")


def _heading(spec: ActionSpec) -> str:
    return spec.family if spec.package is None else f"{spec.family} (of {spec.package})"


def _first(spec: ActionSpec) -> str:
    return plain(spec.description.partition("\n")[0])


def _explain(spec: ActionSpec, agent: str) -> None:
    output.heading(spec.name)
    output.prose(plain(spec.description))
    kind = "It only reads" if spec.reads else "It writes"
    where = "acts on one page (--page)" if spec.on_page else "is not held up by any page"
    output.prose(f"{kind}, and {where}." + ("" if spec.package is None else f" {_origin(spec)}"))
    rows = list(_params(spec))
    output.heading("Params" if rows else "No params")
    output.entries(rows)
    output.heading("Result")
    answered = describe(spec.result, spec.result)
    output.prose(_INDENT + ("nothing" if answered == "null" else answered))
    output.heading("Example")
    here = spelling.xagent(Path.cwd())
    for example in _examples(spec):
        click.echo(f"{_INDENT}{here} run {agent} {spec.name} {example}".rstrip())


def _origin(spec: ActionSpec) -> str:
    return f"It came with the package {spec.package}."


def _params(spec: ActionSpec) -> Iterator[tuple[str, str, str]]:
    """Yield name, what fits, and meaning of each param."""
    for name, part, is_required in properties(spec.params):
        told = describe(part, spec.params)
        if is_required:
            told += ", required"
        elif value := default(part):
            told += f", {value} if left out"
        yield name, told, meaning(part)


def _examples(spec: ActionSpec) -> Iterable[str]:
    found = [each for each in spec.params.get("examples", ()) if isinstance(each, dict)]
    # An action of somebody's own need not have one; what it requires is shown at least.
    required = [name for name, _, is_required in properties(spec.params) if is_required]
    return [params.spell(each, spec.params) for each in found] or [
        " ".join(f"{name}=…" for name in required)
    ]
