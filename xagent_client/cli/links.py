"""`xagent open` and `xagent share`: the dashboard in a browser, and one agent for others to see."""

from __future__ import annotations

import re
import webbrowser
from typing import Final
from urllib.parse import quote

import click

from xagent_client.cli import output
from xagent_client.cli.completion import agent_names
from xagent_client.cli.context import Context, global_options, with_context

_DURATION: Final = re.compile(r"(\d+)([smhd])")
_UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Duration(click.ParamType[float]):
    """Seconds, written as `90s`, `30m`, `2h` or `7d`."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the seconds."""
        if isinstance(value, float):
            return value
        match = _DURATION.fullmatch(str(value).strip().lower())
        if match is None:
            self.fail(f"{value!r} is no time: write 90s, 30m, 2h or 7d", param, ctx)
        return float(int(match[1]) * _UNIT_SECONDS[match[2]])


@click.command("open")
@click.argument("agent", required=False, shell_complete=agent_names)
@click.option("--print", "only_print", is_flag=True, help="Print the link and open nothing.")
@click.option("--look-only", is_flag=True, help="Let that browser look, and change nothing.")
@global_options
@with_context
def open_dashboard(context: Context, agent: str | None, only_print: bool, look_only: bool) -> None:
    """Open the dashboard in this machine's browser, signed in.

    The link works once, within five minutes. With AGENT it leads to that agent.
    """
    with context.connect() as client:
        link = client.sign_in_link(can_control=not look_only)
    url = link.url if agent is None else f"{link.url}?next={quote(f'/agents/{agent}', safe='')}"
    if context.as_json:
        output.as_json({"url": url, "expires_at": link.expires_at})
    if not only_print and not context.as_json:
        if webbrowser.open(url):
            output.note("Opened in your browser; press Sign in there.")
            return
        output.note("No browser could be opened here. Open this link, once, within five minutes:")
    if not context.as_json:
        click.echo(url)


@click.command()
@click.argument("agent", required=False, shell_complete=agent_names)
@click.option(
    "--for",
    "seconds",
    type=Duration(),
    default="1h",
    show_default=True,
    metavar="TIME",
    help="How long: 90s, 30m, 2h, up to 7d.",
)
@click.option("--list", "wants_list", is_flag=True, help="List the shares that have not ended.")
@click.option("--end", "share_id", metavar="ID", help="End a share, for all who came by it.")
@global_options
@with_context
def share(
    context: Context, agent: str | None, seconds: float, wants_list: bool, share_id: str | None
) -> None:
    """Make a link by which others may look at AGENT.

    They see its pages, how its commands go, and pictures that these made; they can change
    nothing.
    """
    if sum((agent is not None, wants_list, share_id is not None)) != 1:
        raise click.UsageError("name an agent to share; or use --list, or --end ID")
    if agent is not None:
        _make(context, agent, seconds)
    elif share_id is not None:
        _end(context, share_id)
    else:
        _list(context)


def _make(context: Context, agent: str, seconds: float) -> None:
    with context.connect() as client:
        made = client.share(agent, expires_in=seconds)
    if context.as_json:
        output.as_json(made)
        return
    click.echo(made.url)
    output.note(
        f"Whoever has the link can look at {agent} until {made.expires_at:%Y-%m-%d %H:%M} UTC. "
        f"To end it before: xagent share --end {made.id}"
    )


def _end(context: Context, share_id: str) -> None:
    with context.connect() as client:
        ended = client.end_share(share_id)
    if context.as_json:
        output.as_json(ended)
    else:
        output.note(f"Ended: nobody sees {ended.agent_id} by that link any more.")


def _list(context: Context) -> None:
    with context.connect() as client:
        found = client.shares()
    if context.as_json:
        output.as_json({"items": found})
    elif not found:
        output.note("Nothing is shared.")
    else:
        output.table(
            ("SHARE", "AGENT", "MADE", "UNTIL (UTC)"),
            [
                (
                    each.id,
                    each.agent_id,
                    output.age(each.created_at),
                    f"{each.expires_at:%Y-%m-%d %H:%M}",
                )
                for each in found
            ],
        )
