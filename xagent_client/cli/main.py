"""The root of the `xagent` command."""

from __future__ import annotations

import sys
from importlib import metadata

import click

from xagent_client.cli import exit_status
from xagent_client.cli.actions import actions
from xagent_client.cli.agents import agents, show, token
from xagent_client.cli.artifacts import artifact, artifacts, upload
from xagent_client.cli.commands import cancel, command, commands
from xagent_client.cli.completion import VARIABLE, completion
from xagent_client.cli.context import global_options
from xagent_client.cli.exit_status import ExitStatus
from xagent_client.cli.run import run
from xagent_client.cli.secrets import secret
from xagent_client.cli.servers import agent, orchestrator
from xagent_client.cli.up import up


class Ordered(click.Group):
    """A group that lists its commands in the order of their use, not of the alphabet."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names as they were added."""
        return list(self.commands)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the exit statuses under the help."""
        with formatter.section("Exit status"):
            formatter.write(exit_status.explain() + "\n")


def _print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"xagent {_version()}")
        ctx.exit()


def _version() -> str:
    try:
        return metadata.version("xagent")
    except metadata.PackageNotFoundError:
        return "(not installed)"


@click.group(cls=Ordered, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version and leave.",
)
@global_options
def xagent() -> None:
    """Real, logged-in browsers that live anywhere, behind one HTTP API, each under its own name.

    Begin with: xagent up
    """


for each in (
    up,
    agents,
    show,
    actions,
    run,
    commands,
    command,
    cancel,
    artifacts,
    artifact,
    upload,
    token,
    secret,
    orchestrator,
    agent,
    completion,
):
    xagent.add_command(each)


def main() -> None:
    """Run the command line; what `[project.scripts]` names."""
    try:
        status = xagent.main(prog_name="xagent", complete_var=VARIABLE, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = ExitStatus.USAGE
    except (click.Abort, KeyboardInterrupt):
        status = ExitStatus.INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough; there is nobody left to tell.
        sys.stderr.close()
        status = ExitStatus.FAILED
    sys.exit(status if isinstance(status, int) else ExitStatus.SUCCEEDED)


if __name__ == "__main__":
    main()
