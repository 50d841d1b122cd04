"""The page of the command line, from its own help."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Final

import click

from docs.generator.markdown import sentence, table
from xagent_client.cli.exit_status import MEANINGS
from xagent_client.cli.main import xagent

_WIDTH: Final = 88
_GLOBALS: Final = frozenset({"url", "token_file", "data_dir", "as_json"})
"""Options that stand before or after any subcommand; the page tells of them once."""


def commands() -> str:
    """The help of every subcommand."""
    root = click.Context(
        xagent, info_name="xagent", max_content_width=_WIDTH, terminal_width=_WIDTH
    )
    return "\n\n".join(_helps(xagent, root))


def exit_statuses() -> str:
    """What the exit status says."""
    rows = [(str(status.value), sentence(meaning)) for status, meaning in MEANINGS.items()]
    return table(("status", "means"), rows)


def _helps(group: click.Group, parent: click.Context) -> Iterator[str]:
    for name in group.list_commands(parent):
        command = _without_globals(group.commands[name])
        with click.Context(command, parent=parent, info_name=name) as context:
            lines = [line.rstrip() for line in command.get_help(context).splitlines()]
            yield f"## {context.command_path}\n\n```text\n" + "\n".join(lines).strip() + "\n```"
            if isinstance(command, click.Group):
                yield from _helps(command, context)


def _without_globals(command: click.Command) -> click.Command:
    shown = copy.copy(command)
    shown.params = [param for param in command.params if param.name not in _GLOBALS]
    return shown
