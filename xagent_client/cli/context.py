"""What all subcommands share: the global options, a client, and how errors end the program."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from xagent_client.cli import exit_status, output
from xagent_client.client import Client
from xagent_client.errors import XagentError

P = ParamSpec("P")
T = TypeVar("T")
Decorated = Callable[..., T]


@dataclass
class Context:
    """The global options; a subcommand's own spelling of one wins."""

    url: str | None = None
    token_file: Path | None = None
    data_dir: Path | None = None
    insecure_http: bool = False
    as_json: bool = False

    def connect(self) -> Client:
        """Return a client for the orchestrator that the options lead to.

        Raises:
            NoToken: none was found.
            InvalidAddress: the URL is none, or leads over plain http to another machine.
        """
        return Client(
            self.url,
            token_file=self.token_file,
            data_dir=self.data_dir,
            insecure_http=self.insecure_http,
            retry=False,
        )


def _remember(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value is not None and value is not False and param.name is not None:
        setattr(ctx.ensure_object(Context), param.name, value)


def global_options(command: Decorated[T]) -> Decorated[T]:
    """Add the global options, so that they may stand before and after the subcommand."""
    decorators = (
        click.option(
            "--url",
            metavar="URL",
            expose_value=False,
            callback=_remember,
            help="Address of the orchestrator.  [env: XAGENT_URL]",
        ),
        click.option(
            "--token-file",
            type=click.Path(dir_okay=False, path_type=Path),
            metavar="FILE",
            expose_value=False,
            callback=_remember,
            help="File that holds the token.  [env: XAGENT_TOKEN, the token itself]",
        ),
        click.option(
            "--data-dir",
            type=click.Path(file_okay=False, path_type=Path),
            metavar="DIR",
            expose_value=False,
            callback=_remember,
            help="Where a local orchestrator keeps its data.  [env: XAGENT_DATA_DIR]",
        ),
        click.option(
            "--insecure-http",
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Allow plain http to another machine.  [env: XAGENT_INSECURE_HTTP]",
        ),
        click.option(
            "--json",
            "as_json",
            is_flag=True,
            expose_value=False,
            callback=_remember,
            help="Print JSON, for programs.",
        ),
    )
    for decorate in reversed(decorators):
        command = decorate(command)
    return command


def with_context(
    command: Callable[Concatenate[Context, P], T],
) -> Callable[P, T]:
    """Pass the `Context` and turn the SDK's errors into a sentence and an exit status."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        context = click.get_current_context().ensure_object(Context)
        try:
            return command(context, *args, **kwargs)
        except XagentError as error:
            output.error(error, as_json=context.as_json)
            raise SystemExit(exit_status.of_error(error)) from error

    return run
