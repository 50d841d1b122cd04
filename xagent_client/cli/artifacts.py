"""`xagent artifacts`, `artifact` and `upload`: bytes that commands made or need."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from xagent_client.cli import output
from xagent_client.cli.context import Context, global_options, with_context
from xagent_client.cli.run import CannotWrite
from xagent_client.errors import XagentError

_UNITS = ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB"))


class CannotRead(XagentError):
    """The file to upload cannot be read."""

    code = "cannot_read"


@click.command()
@click.option("--agent", "agent_id", metavar="NAME", help="Only those that this agent uploaded.")
@click.option("--command", "request_id", metavar="ID", help="Only those of this command.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@global_options
@with_context
def artifacts(context: Context, agent_id: str | None, request_id: str | None, limit: int) -> None:
    """List artifacts, newest first."""
    with context.connect() as client:
        page = client.artifacts(agent_id=agent_id, request_id=request_id, limit=limit)
    if context.as_json:
        output.as_json(page)
        return
    if not page.items:
        output.note("No such artifacts.")
        return
    output.table(
        ("ARTIFACT", "NAME", "TYPE", "SIZE", "AGENT", "COMMAND", "CREATED"),
        [
            (
                each.artifact_id,
                each.name,
                each.content_type,
                _size(each.size),
                each.agent_id or "",
                each.request_id or "",
                output.age(each.created_at),
            )
            for each in page
        ],
    )


@click.command()
@click.argument("artifact_id", metavar="ID")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    required=True,
    help="Write it to FILE; - is standard output.",
)
@global_options
@with_context
def artifact(context: Context, artifact_id: str, out: Path) -> None:
    """Fetch one artifact."""
    with context.connect() as client:
        if str(out) == "-":
            client.download(artifact_id, sys.stdout.buffer)
            return
        try:
            client.download(artifact_id, out)
        except OSError as error:
            raise CannotWrite(f"cannot write {out}: {error.strerror}") from error
    output.note(f"Wrote {out}.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", help="What it is called; the file's own name if left out.")
@click.option("--content-type", metavar="TYPE", help="By its name if left out.")
@global_options
@with_context
def upload(context: Context, file: Path, name: str | None, content_type: str | None) -> None:
    """Upload FILE and print the id of the artifact, to be named in params.

    It is kept for as long as other artifacts are.
    """
    with context.connect() as client:
        try:
            kept = client.upload(file, name=name, content_type=content_type)
        except OSError as error:
            raise CannotRead(f"cannot read {file}: {error.strerror}") from error
    if context.as_json:
        output.as_json(kept)
        return
    output.note(f"Uploaded {kept.name}, {_size(kept.size)}, {kept.content_type}.")
    click.echo(kept.artifact_id)


def _size(size: int) -> str:
    for unit, word in _UNITS:
        if size >= unit:
            return f"{size / unit:.1f} {word}"
    return f"{size} bytes"
