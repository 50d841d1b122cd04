"""What the command prints: tables for people, JSON for programs, sentences for errors.

Results go to standard output and everything else to standard error, so that a pipe carries
results alone.
"""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from xagent_client.errors import CommandFailed, Refused, Unreachable, XagentError
from xagent_client.models import Agent, Command, Fact
from xagent_protocol.transitions import CommandState

_PIPE_WIDTH: Final = 200
_READABLE_WIDTH: Final = 100
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_STYLES: Final = {
    CommandState.SUCCEEDED: "green",
    CommandState.FAILED: "red",
    CommandState.CANCELLED: "yellow",
    CommandState.EXPIRED: "yellow",
    CommandState.TIMED_OUT: "red",
    CommandState.LOST: "bold red",
}


def console(*, stderr: bool = False) -> Console:
    """Return a console on the present standard streams, which tests replace."""
    return Console(stderr=stderr, highlight=False, soft_wrap=True)


def as_json(value: object) -> None:
    """Print *value* as one JSON document."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def note(sentence: str) -> None:
    """Say something to the person at the terminal."""
    click.echo(sentence, err=True)


def error(problem: XagentError, *, as_json: bool) -> None:
    """Print *problem*: its sentences, or a problem document."""
    if not as_json:
        click.echo(f"xagent: {problem}", err=True)
        return
    document: object = {"code": problem.code, "detail": str(problem)}
    if isinstance(problem, Refused):
        document = problem.problem
    elif isinstance(problem, CommandFailed):
        document = problem.command
    elif isinstance(problem, Unreachable) and problem.request_id is not None:
        document = {
            "code": problem.code,
            "detail": str(problem),
            "request_id": problem.request_id,
        }
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2), err=True)


def result(value: Any) -> None:
    """Print a command's result naturally: text as it is, anything else as JSON.

    An object that holds lines of text is printed member by member, so that they can be read.
    """
    if value is None:
        return
    if isinstance(value, str):
        click.echo(value)
        return
    if isinstance(value, dict) and any(map(_has_lines, value.values())):
        for name, member in value.items():
            click.echo(_member(name, member))
        return
    text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    if sys.stdout.isatty():
        console().print_json(text, ensure_ascii=False)
    else:
        click.echo(text)


def table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]]) -> None:
    """Print *rows* under *columns*; as wide as the terminal, or as needed in a pipe."""
    drawn = Table(*columns, box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for row in rows:
        drawn.add_row(*map(_literal, row))
    _print(drawn)


def fields(pairs: Iterable[tuple[str, str | Text]]) -> None:
    """Print names and values, one pair a line."""
    drawn = Table.grid(padding=(0, 2))
    for name, value in pairs:
        drawn.add_row(Text(name, style="bold"), _literal(value))
    _print(drawn)


def heading(text: str) -> None:
    """Print what the lines below it are about."""
    click.secho(_harmless(text), bold=True)


def line(text: str) -> None:
    """Print *text* in one line, cut behind the last word that the terminal has room for."""
    width = _width()
    text = _harmless(text)
    if width is not None and len(text) > width:
        text = text[:width].rpartition(" ")[0].rstrip(" ,;:") + " …"
    click.echo(text)


def prose(text: str) -> None:
    """Print paragraphs, filled to the terminal, and an empty line."""
    for paragraph in text.split("\n\n"):
        click.echo(_filled(paragraph) + "\n")


def entries(rows: Iterable[tuple[str, str, str]]) -> None:
    """Print name, kind and meaning of each: the meaning on lines of its own below."""
    found = list(rows)
    indent = " " * (4 + max((len(name) for name, _, _ in found), default=0))
    for name, kind, meaning in found:
        click.echo(_filled(f"  {name:<{len(indent) - 4}}  {kind}", indent))
        if meaning:
            click.echo(_filled(indent + meaning, indent))
    click.echo()


def state(command: Command) -> Text:
    """Return the command's state in its colour."""
    return Text(command.state, style=_STYLES.get(command.state, "cyan"))


def connection(agent: Agent) -> Text:
    """Return one word on whether the agent can be reached."""
    if not agent.contact.connected.value:
        return Text("disconnected", style="red")
    if not agent.contact.responsive.value:
        return Text("not responding", style="yellow")
    if not agent.contact.browser_ok.value:
        return Text("browser down", style="yellow")
    return Text("connected", style="green")


def fact(name: str, value: Fact) -> Text:
    """Return a fact and its age."""
    word = Text("yes" if value.value else "no", style="green" if value.value else "red")
    return word + Text(f", since {age(value.since)}" if value.since else "", style="dim")


def age(moment: datetime | None) -> str:
    """Return how long ago *moment* was, in the unit that fits."""
    if moment is None:
        return "–"
    seconds = (datetime.now(UTC) - moment).total_seconds()
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return f"{max(0, int(seconds))} s ago"


def duration(command: Command) -> str:
    """Return how long the command ran."""
    return "–" if command.duration_ms is None else f"{command.duration_ms:,.0f} ms"


def _width() -> int | None:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _filled(text: str, indent: str | None = None) -> str:
    own = text[: len(text) - len(text.lstrip())]
    return textwrap.fill(
        _harmless(text),
        min(_width() or _PIPE_WIDTH, _READABLE_WIDTH),
        subsequent_indent=own if indent is None else indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _has_lines(value: Any) -> bool:
    return isinstance(value, str) and "\n" in value


def _member(name: str, value: Any) -> str:
    if not _has_lines(value):
        return f"{name}: {msgspec.json.encode(value).decode()}"
    return f"{name}:\n" + textwrap.indent(_harmless(value), "  ")


def _harmless(text: str) -> str:
    """Return text of a page or an agent without what would steer the terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _literal(value: str | Text) -> Text:
    # Brackets in a title or a selector are no markup.
    return value if isinstance(value, Text) else Text(value)


def _print(drawn: Table) -> None:
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    Console(highlight=False, width=width).print(drawn)
