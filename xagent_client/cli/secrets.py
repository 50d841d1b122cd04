"""`xagent secret`: keep what an agent of this machine types and tells nobody.

Secrets never travel, so no orchestrator is asked: the agent's own program keeps them, on the
machine that the agent runs on. A value goes from the terminal to that program, past this one.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from typing import Any, Final

import click
import msgspec
from click.shell_completion import CompletionItem

from xagent_client.cli import output
from xagent_client.cli.context import Context, global_options, with_context
from xagent_client.cli.servers import PYTHON, data_dir_flags
from xagent_client.discovery import find_data_dir

_MODULE: Final = "agent_runtime.secrets"
_COMPLETION_SECONDS: Final = 3.0


def local_agents(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the name of an agent that has a directory on this machine."""
    context = ctx.find_object(Context) or Context()
    try:
        found = sorted((find_data_dir(context.data_dir) / "agents").iterdir())
    except OSError:
        return []
    return [
        CompletionItem(path.name)
        for path in found
        if path.is_dir() and path.name.startswith(incomplete)
    ]


def secret_names(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the name of a secret of the agent named before it."""
    agent = ctx.params.get("agent")
    if not agent:
        return []
    command = _command(ctx.find_object(Context) or Context(), "list", agent)
    # A shell that hangs or prints a traceback at a press of the tab key is worse than no help.
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_COMPLETION_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [
        CompletionItem(one["name"], help=one["kind"])
        for one in msgspec.json.decode(done.stdout)
        if one["name"].startswith(incomplete)
    ]


@click.group()
def secret() -> None:
    """Keep passwords and keys of one-time codes at an agent of this machine.

    The agent types them where the actions fill_secret and totp say, and tells nobody.
    """


@secret.command("set")
@click.argument("agent", shell_complete=local_agents)
@click.argument("name", shell_complete=secret_names)
@click.option("--totp", is_flag=True, help="It is the key of one-time codes, or its otpauth URL.")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="PATTERN",
    help="Type it only there: shop.example.com, *.example.com, localhost:8443. Repeatable.",
)
@click.option(
    "--keep-in",
    type=click.Choice(["file", "keyring"]),
    help="The agent's own file, or the keyring of the system.  [env: XAGENT_SECRETS; default: "
    "file]",
)
@global_options
@with_context
def set_secret(
    context: Context,
    agent: str,
    name: str,
    totp: bool,
    hosts: tuple[str, ...],
    keep_in: str | None,
) -> None:
    """Keep a secret for AGENT under NAME, in place of any that was there.

    Its value is asked for and not shown, or else read from standard input.
    """
    flags = ["--totp"] if totp else []
    flags += [f"--host={host}" for host in hosts]
    flags += [f"--keep-in={keep_in}"] if keep_in else []
    kept = _run(context, "set", *flags, agent, name)
    if context.as_json:
        output.as_json(kept)
        return
    where = "on pages of " + " and ".join(kept["hosts"]) if kept["hosts"] else "on any page"
    action = "totp" if totp else "fill_secret"
    output.note(f"Kept for {agent}: {action} name={name} types it {where}.")
    if not kept["hosts"]:
        output.note("Better name the hosts on which it may be typed, with --host.")


@secret.command("list")
@click.argument("agent", shell_complete=local_agents)
@global_options
@with_context
def list_secrets(context: Context, agent: str) -> None:
    """List the secrets of AGENT, without their values."""
    found = _run(context, "list", agent)
    if context.as_json:
        output.as_json({"items": found})
    elif not found:
        output.note(f"{agent} has no secrets. Keep one with: xagent secret set {agent} NAME")
    else:
        output.table(
            ("NAME", "KIND", "HOSTS", "KEPT IN"),
            [
                (one["name"], one["kind"], " ".join(one["hosts"]) or "any", one["keeper"])
                for one in found
            ],
        )


@secret.command("remove")
@click.argument("agent", shell_complete=local_agents)
@click.argument("name", shell_complete=secret_names)
@global_options
@with_context
def remove_secret(context: Context, agent: str, name: str) -> None:
    """Forget the secret NAME of AGENT."""
    removed = _run(context, "remove", agent, name)
    if context.as_json:
        output.as_json(removed)
    else:
        output.note(f"{agent} has forgotten {name}.")


def _run(context: Context, verb: str, *arguments: str) -> Any:
    """Return what the agent's program answers; it complains to the terminal itself."""
    done = subprocess.run(_command(context, verb, *arguments), stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise SystemExit(done.returncode)
    return msgspec.json.decode(done.stdout)


def _command(context: Context, verb: str, *arguments: str) -> Sequence[str]:
    as_json = ["--json"] if context.as_json else []
    return [*PYTHON, "-m", _MODULE, *data_dir_flags(context), *as_json, verb, *arguments]
