"""`xagent orchestrator` and `xagent agent`: become one of the servers.

They are other programs in the same installation; this package starts them by their module names
and imports neither.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from xagent_client.cli.context import Context
from xagent_client.discovery import CHECKOUT_DIRECTORY, find_data_dir

# -P: a directory that happens to be called `orchestrator` must not be run in its place.
PYTHON = (sys.executable, "-P")

_PASS_THROUGH = {"ignore_unknown_options": True, "help_option_names": []}


@click.command(context_settings=_PASS_THROUGH, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[OPTIONS]")
@click.pass_context
def orchestrator(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Run the orchestrator alone.

    Its options: xagent orchestrator --help
    """
    _become("orchestrator", [*data_dir_flags(ctx.ensure_object(Context)), *arguments])


@click.command(context_settings=_PASS_THROUGH, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="NAME [OPTIONS]")
@click.pass_context
def agent(ctx: click.Context, arguments: tuple[str, ...]) -> None:
    """Run one agent: a browser under a name.

    Its options: xagent agent --help
    """
    context = ctx.ensure_object(Context)
    url = ["--url", context.url] if context.url else []
    insecure = ["--insecure-http"] if context.insecure_http else []
    _become("agent_runtime", [*url, *insecure, *data_dir_flags(context), *arguments])


def data_dir_flags(context: Context) -> list[str]:
    """Return how the data directory is named to a program of ours."""
    if context.data_dir is not None:
        return ["--data-dir", str(context.data_dir)]
    # A checkout's own directory is where every other command of ours looks; the servers, which
    # may be started anywhere by anything, look only where they are told.
    found = find_data_dir()
    return ["--data-dir", str(found)] if found.name == CHECKOUT_DIRECTORY else []


def _become(module: str, arguments: Sequence[str]) -> NoReturn:
    # What was typed comes last in *arguments*, because the last of two flags wins.
    command = [*PYTHON, "-m", module, *arguments]
    if os.name == "posix":
        os.execv(command[0], command)
    try:
        status = subprocess.run(command, check=False).returncode
    except KeyboardInterrupt:
        status = 130
    raise SystemExit(status)
