"""What `xagent up` prints when all is there: where, with which token, and what to paste.

The commands work as printed, in another shell in the same directory, without the internet: the
page that the browsers open is the orchestrator's own health check.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from xagent_client.cli import spelling
from xagent_client.discovery import TOKEN_FILE, find_data_dir, read_address
from xagent_client.models import Agent


@dataclass(frozen=True)
class Place:
    """Where everything is: the orchestrator's address, its data, and who looks at it from where."""

    url: str
    data_dir: Path
    directory: Path

    @property
    def data(self) -> str:
        """The data directory as one types it here."""
        return spelling.path(self.data_dir, self.directory)

    @property
    def is_found_alone(self) -> bool:
        """Whether the CLI and the SDK find it from here without being told."""
        found = find_data_dir(environment={}, directory=self.directory)
        if found.resolve() != self.data_dir.resolve():
            return False
        address = read_address(found)
        return address is not None and address.url == self.url


def commands(place: Place, agents: Sequence[str]) -> tuple[str, str, str]:
    """Return three lines to paste: for the CLI, for curl, for Python."""
    first, last = agents[0], agents[-1]
    page = f"{place.url}/health/live"
    extra = "" if place.is_found_alone else f" --data-dir {shlex.quote(place.data)}"
    argument = "" if place.is_found_alone else f"data_dir={place.data!r}"
    token = shlex.quote(f"{place.data}/{TOKEN_FILE}")
    code = (
        "from xagent_client import Client; "
        f'print(Client({argument}).agent("{last}").inner_text("body"))'
    )
    quoted = shlex.quote(code)
    cli = f"{spelling.xagent(place.directory)} run {first} goto url={page}{extra}"
    curl = (
        f'curl -s {place.url}/api/agents/{last}/commands -H "Authorization: Bearer '
        f"$(cat {token})\" -H 'Content-Type: application/json' "
        f"""-d '{{"action": "goto", "params": {{"url": "{page}"}}}}'"""
    )
    return cli, curl, f"{spelling.python(place.directory)} -c {quoted}"


def show(
    console: Console,
    place: Place,
    agents: Sequence[Agent],
    names: Sequence[str],
    missing: Sequence[str],
    link: str | None = None,
) -> None:
    """Print the box and, under it, the three commands, each on one line however long.

    *link* signs a browser in; there may be none.
    """
    grid = Table.grid(padding=(0, 2))
    grid.add_row(Text("API", style="bold"), f"{place.url}   reference at /docs")
    if link is not None:
        grid.add_row(Text("open", style="bold"), link)
        grid.add_row("", "signs one browser in, within 5 minutes; later: xagent open")
    wide = max((len(name) for name in names), default=0)
    for agent in agents:
        browser = agent.browser
        what = f"{browser.name} {browser.version}" if browser else "browser not started yet"
        grid.add_row(Text("agent", style="bold"), f"{agent.agent_id:{wide}}   {what}")
    for name in missing:
        absent = f"{name:{wide}}   not connected yet; see {place.data}/logs/{name}.log"
        grid.add_row(Text("agent", style="bold"), Text(absent, style="yellow"))
    grid.add_row(
        Text("token", style="bold"),
        f"{place.data}/{TOKEN_FILE}   as bearer token; CLI and SDK find it by themselves",
    )
    grid.add_row(Text("stop", style="bold"), "Ctrl-C")
    console.print(Panel(grid, title="Xagent is up", title_align="left", expand=False))
    console.print(
        "Paste into another shell, in this directory. No internet is needed: the page is the\n"
        "orchestrator's own health check.\n"
    )
    for command in commands(place, names):
        console.print(f"  {command}", markup=False, soft_wrap=True)
    console.print()
