"""The page of the command line, from its own help."""

from __future__ import annotations

import copy
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
    parts = []
    for name in xagent.list_commands(root):
        command = _without_globals(xagent.commands[name])
        with click.Context(command, parent=root, info_name=name) as context:
            lines = [line.rstrip() for line in command.get_help(context).splitlines()]
        parts.append(f"## xagent {name}\n\n```text\n" + "\n".join(lines).strip() + "\n```")
    return "\n\n".join(parts)


def exit_statuses() -> str:
    """What the exit status says."""
    rows = [(str(status.value), sentence(meaning)) for status, meaning in MEANINGS.items()]
    return table(("status", "means"), rows)


def _without_globals(command: click.Command) -> click.Command:
    shown = copy.copy(command)
    shown.params = [param for param in command.params if param.name not in _GLOBALS]
    return shown
