"""`xagent agents`, `show` and `token`: who is there, and who may come."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
from rich.text import Text

from xagent_client.cli import output, spelling
from xagent_client.cli.completion import agent_names
from xagent_client.cli.context import Context, global_options, with_context
from xagent_client.discovery import (
    TOKEN_FILE,
    Access,
    find_data_dir,
    is_loopback,
    is_private,
    read_token,
)
from xagent_client.models import Agent


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
