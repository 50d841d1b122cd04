"""Completion in the shell: names come from the orchestrator, quickly or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeVar

import click
from click.shell_completion import CompletionItem, get_completion_class

from xagent_client import calls
from xagent_client.cli.context import Context
from xagent_client.cli.schemas import meaning, properties
from xagent_client.client import Client
from xagent_client.errors import XagentError

T = TypeVar("T")

VARIABLE: Final = "_XAGENT_COMPLETE"
SHELLS: Final = ("bash", "zsh", "fish")

_HOW: Final = {
    "bash": 'eval "$(xagent completion bash)"  in ~/.bashrc',
    "zsh": 'eval "$(xagent completion zsh)"  in ~/.zshrc',
    "fish": "xagent completion fish > ~/.config/fish/completions/xagent.fish",
}


@click.command(epilog="To switch it on:\n\n" + "\n\n".join(_HOW.values()))
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the script for completion in SHELL.

    It completes agents, actions and params by asking the orchestrator.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell}")
    root = click.get_current_context().find_root()
    click.echo(kind(root.command, {}, "xagent", VARIABLE).source())


def agent_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the name of an agent."""
    agents = _asked(ctx, lambda client: client.perform(calls.list_agents()))
    return _matching([(each.agent_id, "") for each in agents], incomplete)


def action_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the name of an action of the agent named before it."""
    agent_id = ctx.params.get("agent")
    if not agent_id:
        return []
    actions = _asked(ctx, lambda client: client.perform(calls.list_actions(agent_id)))
    return _matching([(each.name, each.description) for each in actions], incomplete)


def param_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete `key=` of the action named before it."""
    agent_id, action = ctx.params.get("agent"), ctx.params.get("action")
    if not agent_id or not action or "=" in incomplete:
        return []
    given = {pair.partition("=")[0] for pair in ctx.params.get("pairs") or ()}
    for spec in _asked(ctx, lambda client: client.perform(calls.list_actions(agent_id))):
        if spec.name == action:
            left = [each for each in properties(spec.params) if each[0] not in given]
            return _matching([(f"{key}=", meaning(part)) for key, part, _ in left], incomplete)
    return []


def _asked(ctx: click.Context, question: Callable[[Client], Iterable[T]]) -> list[T]:
    # A shell that hangs or prints a traceback at a press of the tab key is worse than no help.
    context = ctx.find_object(Context) or Context()
    try:
        with context.connect() as client:
            return list(question(client))
    except XagentError:
        return []


def _matching(found: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(name, help=description.partition("\n")[0])
        for name, description in found
        if name.startswith(incomplete)
    ]
