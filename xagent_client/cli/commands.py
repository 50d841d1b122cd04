"""`xagent commands`, `command` and `cancel`: what was asked, and how it went."""

from __future__ import annotations

from pathlib import Path

import click

from xagent_client.cli import output, run
from xagent_client.cli.completion import agent_names
from xagent_client.cli.context import Context, global_options, with_context
from xagent_protocol.transitions import CommandState


@click.command()
@click.argument("agent", required=False, shell_complete=agent_names)
@click.option("--state", type=click.Choice([each.value for each in CommandState]))
@click.option("--action", metavar="NAME")
@click.option("--by", "requested_by", metavar="ASKER", help="As the column BY shows it.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@global_options
@with_context
def commands(
    context: Context,
    agent: str | None,
    state: str | None,
    action: str | None,
    requested_by: str | None,
    limit: int,
) -> None:
    """List commands, newest first; all of them or AGENT's."""
    with context.connect() as client:
        page = client.commands(
            agent_id=agent, state=state, action=action, requested_by=requested_by, limit=limit
        )
    if context.as_json:
        output.as_json(page)
        return
    if not page.items:
        output.note("No such commands.")
        return
    output.table(
        ("COMMAND", "AGENT", "ACTION", "STATE", "TOOK", "CREATED", "BY", "ERROR"),
        [
            (
                each.request_id,
                each.agent_id,
                each.action,
                output.state(each),
                output.duration(each),
                output.age(each.created_at),
                each.requested_by or "",
                each.error.code if each.error else "",
            )
            for each in page
        ],
    )


@click.command()
@click.argument("request_id", metavar="ID")
@click.option(
    "--wait", type=click.FloatRange(0), default=0.0, metavar="SECONDS", help="Wait for its end."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the artifact or the text that it answered to FILE.",
)
@global_options
@with_context
def command(context: Context, request_id: str, wait: float, out: Path | None) -> None:
    """Show one command and its result.

    The exit status says how it ended, as that of `xagent run`.
    """
    with context.connect() as client:
        found = client.command(request_id, wait=wait)
        if not context.as_json:
            took = "" if found.duration_ms is None else f" in {output.duration(found)}"
            by = "" if found.requested_by is None else f", asked by {found.requested_by}"
            output.note(
                f"{found.action} on {found.agent_id}: {found.state}{took}, effect {found.effect}, "
                f"created {output.age(found.created_at)}{by}"
            )
        run.finish(context, client, found, out)


@click.command()
@click.argument("request_id", metavar="ID")
@global_options
@with_context
def cancel(context: Context, request_id: str) -> None:
    """Stop the command ID, or never start it."""
    with context.connect() as client:
        found = client.cancel(request_id)
    if context.as_json:
        output.as_json(found)
    elif found.is_over:
        output.note(f"{request_id} is {found.state}, effect {found.effect}.")
    else:
        output.note(f"{request_id} is asked to stop. See: xagent command {request_id} --wait 10")
