"""Which pages have generated blocks, and who makes each block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from docs.generator import actions, cli, errors, faults, http, python, settings, wire
from docs.generator.markdown import file_block
from docs.generator.source import ROOT as ROOT

PAGES: Final = (
    "README.md",
    "docs/actions.md",
    "docs/cli.md",
    "docs/delivery.md",
    "docs/errors.md",
    "docs/http-api.md",
    "docs/own-actions.md",
    "docs/protocol.md",
    "docs/python.md",
    "docs/settings.md",
)

BLOCKS: Final[Mapping[str, Callable[[], str]]] = {
    "action-index": actions.index,
    "action-names": actions.names,
    "actions": actions.reference,
    "agent-messages": wire.agent_messages,
    "agent-session": wire.agent_session,
    "agent-settings": settings.of_agent,
    "bounds": settings.bounds,
    "cli-commands": cli.commands,
    "client-settings": settings.of_client,
    "close-codes": wire.close_codes,
    "command-codes": errors.of_commands,
    "command-diagram": wire.command_diagram,
    "command-moves": wire.command_moves,
    "effects": wire.effects,
    "exit-statuses": cli.exit_statuses,
    "fault-matrix": faults.table_of_faults,
    "fault-summary": faults.summary,
    "http-codes": errors.of_http,
    "http-operations": http.operations,
    "http-overview": http.overview,
    "http-schemas": http.schemas,
    "orchestrator-messages": wire.orchestrator_messages,
    "orchestrator-session": wire.orchestrator_session,
    "orchestrator-settings": settings.of_orchestrator,
    "own-actions-module": lambda: file_block("examples/own_actions/bookshop_actions.py", "python"),
    "own-actions-project": lambda: file_block("examples/own_actions/pyproject.toml", "toml"),
    "python-errors": python.errors,
    "python-verbs": python.verbs,
    "timers": settings.timers,
    "wire-values": wire.wire_values,
}


def make_block(name: str) -> str:
    """Make one block; raises KeyError for a name that nobody makes."""
    return BLOCKS[name]()
