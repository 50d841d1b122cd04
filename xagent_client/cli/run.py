"""`xagent run`: one action, asked of one agent, and its result printed."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import click
import msgspec

from xagent_client.cli import exit_status, output, params
from xagent_client.cli.actions import find_action
from xagent_client.cli.completion import action_names, agent_names, param_names
from xagent_client.cli.context import Context, global_options, with_context
from xagent_client.cli.exit_status import ExitStatus
from xagent_client.client import Client
from xagent_client.errors import CommandNotFound, XagentError, failure
from xagent_client.models import Command
from xagent_protocol.ids import is_request_id

_CANCEL_SECONDS = 15.0

_TRACE = "trace.zip"
"""What `stop_tracing` calls what it hands over."""


@click.command()
@click.argument("agent", shell_complete=agent_names)
@click.argument("action", shell_complete=action_names)
@click.argument("pairs", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=param_names)
@click.option("--page", metavar="ID", help="The page to act on; the main page if left out.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="The command's time budget.  [default: 30]",
)
@click.option(
    "--wait",
    type=click.FloatRange(0),
    metavar="SECONDS",
    help="How long to wait for its end; 0 returns at once.  [default: a little over --timeout]",
)
@click.option(
    "--request-id", metavar="ID", help="Name the command; the same name never runs twice."
)
@click.option(
    "--record",
    type=click.Choice(["trace"]),
    help="Record what it does, even if it fails, and print where that can be looked at.",
)
@click.option(
    "--if-controlled",
    type=click.Choice(["fail", "wait"]),
    help="While a person drives the page: fail, or wait for the hand-back.  [default: fail]",
)
@click.option(
    "--control-token",
    envvar="XAGENT_CONTROL_TOKEN",
    metavar="TOKEN",
    help="That of your own lease to drive the page; rather set XAGENT_CONTROL_TOKEN.",
)
@click.option("--queue", is_flag=True, help="Let it wait if the agent is offline.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the artifact or the text that it answers to FILE; - is standard output.",
)
@global_options
@with_context
def run(
    context: Context,
    agent: str,
    action: str,
    pairs: tuple[str, ...],
    page: str | None,
    timeout: float | None,
    wait: float | None,
    request_id: str | None,
    record: str | None,
    if_controlled: str | None,
    control_token: str | None,
    queue: bool,
    out: Path | None,
) -> None:
    """Run ACTION on AGENT and print its result.

    Values are read as the action's schema says. A list gets an item from each KEY=VALUE of its
    name; KEY.MEMBER=VALUE goes into an object; KEY=@FILE reads FILE (- is standard input);
    KEY:=JSON gives JSON outright. What an action takes: xagent actions AGENT ACTION

    Ctrl-C cancels the command on the agent; a second one leaves without waiting for that.
    """
    if request_id is not None and not is_request_id(request_id):
        raise click.UsageError(
            f"{request_id!r} cannot name a command: use up to 128 letters, digits and . _ : -"
        )
    request_id = request_id or str(uuid4())
    with context.connect() as client:
        handle = client.agent(agent)
        given = {}
        if pairs:
            specs = handle.actions()
            spec = find_action(specs, action, agent) if specs else None
            given = params.parse(pairs, spec.params if spec else None, action)
        with _cancelling(context, request_id), _progress(f"{action} on {agent}"):
            command = handle.run(
                action,
                given,
                page=page,
                timeout=timeout,
                wait=wait,
                request_id=request_id,
                record=record,
                if_controlled=if_controlled,
                control_token=control_token,
                if_offline="queue" if queue else None,
            )
        finish(context, client, command, out)


def finish(context: Context, client: Client, command: Command, out: Path | None) -> None:
    """Print *command* and leave with the status that it earned."""
    status = exit_status.of_command(command)
    if out is not None and command.succeeded:
        _write(client, command, out)
    if context.as_json:
        if out is None or str(out) != "-":
            output.as_json(command)
    elif command.succeeded:
        for notice in command.notices:
            output.note(notice)
        if out is None:
            _print(command)
        _show_traces(client, command)
    elif command.is_over:
        error = failure(command)
        output.note(f"xagent: {error} [{error.code}]")
        _show_traces(client, command)
    else:
        output.note(
            f"Still {command.state}. Its result: xagent command {command.request_id} --wait 60"
        )
        click.echo(command.request_id)
    raise SystemExit(status)


def _print(command: Command) -> None:
    output.result(command.result)
    if command.result is None and command.page and sys.stderr.isatty():
        output.note(f"{command.action}: done on {command.page.id}, {command.page.url}")
    if command.made:
        output.note("Add --out FILE to save it.")


def _show_traces(client: Client, command: Command) -> None:
    for artifact in command.artifacts:
        if artifact is command.trace or artifact.name == _TRACE:
            output.note(f"See what happened: {client.access.url}/traces/{artifact.artifact_id}")


def _write(client: Client, command: Command, out: Path) -> None:
    with _opened(out) as target:
        if command.made:
            client.download(command.made[0], target)
        elif isinstance(command.result, str):
            target.write(command.result.encode())
        else:
            target.write(msgspec.json.format(msgspec.json.encode(command.result)) + b"\n")
    if str(out) != "-":
        output.note(f"Wrote {out}.")


@contextlib.contextmanager
def _opened(out: Path) -> Iterator[BinaryIO]:
    if str(out) == "-":
        yield sys.stdout.buffer
        return
    # A half-written file must not pass for a whole one.
    partial = out.with_name(f".{out.name}.{uuid4().hex[:8]}.part")
    try:
        with partial.open("wb") as target:
            yield target
        partial.replace(out)
    except OSError as error:
        raise CannotWrite(f"cannot write {out}: {error.strerror}") from error
    finally:
        partial.unlink(missing_ok=True)


class CannotWrite(XagentError):
    """The file to write to cannot be written."""

    code = "cannot_write"


@contextlib.contextmanager
def _progress(what: str) -> Iterator[None]:
    if not sys.stderr.isatty():
        yield
        return
    with output.console(stderr=True).status(what):
        yield


@contextlib.contextmanager
def _cancelling(context: Context, request_id: str) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        output.note(f"Cancelling {request_id}; press Ctrl-C again to leave it.")
        try:
            # The interrupted client may have a half-read answer on its connection.
            with context.connect() as client:
                client.cancel(request_id)
                command = client.command(request_id, wait=_CANCEL_SECONDS)
            output.note(f"It is {command.state}, effect {command.effect}.")
        except CommandNotFound:
            output.note("Nothing had been sent.")
        except KeyboardInterrupt:
            output.note(f"Left it. Where it stands: xagent command {request_id}")
        except XagentError as error:
            output.note(f"xagent: {error}")
        raise SystemExit(ExitStatus.INTERRUPTED) from None
