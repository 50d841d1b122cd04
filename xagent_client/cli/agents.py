"""`xagent agents`, `show`, `actions` and `token`: who is there and what they can do."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.text import Text

from xagent_client.cli import output, params, spelling
from xagent_client.cli.completion import action_names, agent_names
from xagent_client.cli.context import Context, global_options, with_context
from xagent_client.discovery import (
    TOKEN_FILE,
    Access,
    find_data_dir,
    is_loopback,
    is_private,
    read_token,
)
from xagent_client.models import ActionSpec, Agent


@click.command()
@click.option("--status", type=click.Choice(["connected", "disconnected"]))
@click.option("--label", metavar="KEY:VALUE", help="Only agents that carry this label.")
@global_options
@with_context
def agents(context: Context, status: str | None, label: str | None) -> None:
    """List the agents and whether they are connected."""
    with context.connect() as client:
        found = client.agents(status=status, label=label)
        access = client.access
    if context.as_json:
        output.as_json({"items": found})
    elif not found:
        output.note(f"No agents. Start one with: {_first_agent(context, access)}")
    else:
        output.table(
            ("AGENT", "STATUS", "BROWSER", "PAGES", "RUNNING", "QUEUED", "SEEN", "LABELS"),
            [_row(agent) for agent in found],
        )


@click.command()
@click.argument("agent", shell_complete=agent_names)
@global_options
@with_context
def show(context: Context, agent: str) -> None:
    """Show one agent: contact, browser, pages, session."""
    with context.connect() as client:
        found = client.agent(agent).describe()
    if context.as_json:
        output.as_json(found)
        return
    output.fields(_fields(found))
    if found.browser and found.browser.pages:
        output.table(
            ("PAGE", "TITLE", "URL"),
            [
                (f"{page.id} (main)" if page.main else page.id, page.title, page.url)
                for page in found.browser.pages
            ],
        )


@click.command()
@click.argument("agent", shell_complete=agent_names)
@click.argument("action", required=False, shell_complete=action_names)
@global_options
@with_context
def actions(context: Context, agent: str, action: str | None) -> None:
    """List what AGENT can do, or explain ACTION."""
    with context.connect() as client:
        specs = client.agent(agent).actions()
    if action is None:
        if context.as_json:
            output.as_json({"items": specs})
            return
        output.table(
            ("ACTION", "", "PARAMS", "DESCRIPTION"),
            [
                (spec.name, "reads" if spec.reads else "writes", _signature(spec), _first(spec))
                for spec in sorted(specs, key=lambda each: (each.family, each.name))
            ],
        )
        return
    spec = find_action(specs, action, agent)
    if context.as_json:
        output.as_json(spec)
    else:
        _explain(spec)


@click.command()
@click.option("--agent", "agent", metavar="NAME", help="Make an enrolment token for this agent.")
@global_options
@with_context
def token(context: Context, agent: str | None) -> None:
    """Print the user token, or one for an agent to enrol."""
    with context.connect() as client:
        if agent is None:
            if context.as_json:
                output.as_json({"url": client.access.url, "token": client.access.token})
            else:
                click.echo(client.access.token)
            return
        enrolment = client.enrol(agent)
        url = client.access.url
    if context.as_json:
        output.as_json(enrolment)
        return
    click.echo(enrolment.token)
    flag = "" if is_private(url) else " --insecure-http"
    output.note(
        f"Good once, within the hour, for {agent} alone. On the agent's machine:\n"
        f"  XAGENT_ENROLMENT_TOKEN={enrolment.token} xagent agent {agent} --url {url}{flag}"
    )


def find_action(specs: tuple[ActionSpec, ...], action: str, agent: str) -> ActionSpec:
    """Return the spec of *action*.

    Raises:
        UsageError: the agent has no such action; the message names near ones.
    """
    for spec in specs:
        if spec.name == action:
            return spec
    near = difflib.get_close_matches(action, [spec.name for spec in specs], n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"see: xagent actions {agent}"
    raise click.UsageError(f"{agent} has no action {action!r}; {hint}")


def _first_agent(context: Context, access: Access) -> str:
    """Return what to type here for a first agent."""
    here = Path.cwd()
    data_dir = find_data_dir(context.data_dir)
    if is_loopback(access.url) and read_token(data_dir / TOKEN_FILE) == access.token:
        words = ["agent", "alpha", "--url", access.url]
        if context.data_dir is not None:
            words += ["--data-dir", spelling.path(data_dir, here)]
    else:
        # The orchestrator's own directory is not at hand, so the agent needs a token to enrol;
        # this makes one, and tells the next step.
        words = ["token", "--agent", "alpha", "--url", access.url]
        if context.token_file is not None:
            words += ["--token-file", spelling.path(context.token_file, here)]
        if not is_private(access.url):
            words.append("--insecure-http")
    return f"{spelling.xagent(here)} {shlex.join(words)}"


def _row(agent: Agent) -> tuple[str | Text, ...]:
    browser = agent.browser
    return (
        agent.agent_id,
        output.connection(agent),
        f"{browser.name} {browser.version}" if browser else "–",
        str(len(browser.pages)) if browser else "–",
        str(agent.in_flight),
        str(agent.queued),
        "now" if agent.is_connected else output.age(agent.last_seen_at),
        " ".join(f"{key}={value}" for key, value in agent.labels.items()),
    )


def _fields(agent: Agent) -> list[tuple[str, str | Text]]:
    rows: list[tuple[str, str | Text]] = [
        ("agent", agent.agent_id),
        ("connected", output.fact("connected", agent.contact.connected)),
        ("responsive", output.fact("responsive", agent.contact.responsive)),
        ("browser ok", output.fact("browser_ok", agent.contact.browser_ok)),
    ]
    if browser := agent.browser:
        mode = "headless" if browser.headless else "headed"
        rows.append(
            ("browser", f"{browser.name} {browser.version}, {mode}, launch {browser.epoch}")
        )
    if versions := agent.versions:
        rows.append(
            ("runtime", f"xagent {versions.xagent}, Python {versions.python}, {versions.platform}")
        )
        if versions.hostname:
            rows.append(("host", versions.hostname))
    if session := agent.session:
        rows.append(
            ("session", f"epoch {session.epoch}, from {session.remote_address or 'unknown'}")
        )
        if session.end_reason:
            rows.append(("ended", session.end_reason))
    rows += [
        ("last seen", "now" if agent.is_connected else output.age(agent.last_seen_at)),
        ("commands", f"{agent.in_flight} running, {agent.queued} queued"),
    ]
    if agent.labels:
        rows.append(("labels", " ".join(f"{key}={each}" for key, each in agent.labels.items())))
    return rows


def _signature(spec: ActionSpec) -> str:
    return " ".join(
        key if is_required else f"[{key}]" for key, _, is_required in params.properties(spec.params)
    )


def _first(spec: ActionSpec) -> str:
    return spec.description.partition("\n")[0]


def _default(part: Mapping[str, Any]) -> str:
    value = part.get("default")
    return "" if value is None else f"default {msgspec.json.encode(value).decode()}"


def _explain(spec: ActionSpec) -> None:
    click.echo(f"{spec.name}: {spec.description}\n")
    kind = "only reads" if spec.reads else "writes"
    where = "on a page (--page)" if spec.on_page else "on the browser as a whole"
    click.echo(f"It {kind}, and works {where}.")
    rows = [
        (
            key,
            params.describe(part, spec.params),
            "required" if is_required else _default(part),
            str(part.get("description", "")),
        )
        for key, part, is_required in params.properties(spec.params)
    ]
    if rows:
        output.table(("PARAM", "TYPE", "", "DESCRIPTION"), rows)
    else:
        click.echo("It has no params.")
