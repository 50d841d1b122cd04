"""The page of settings, from the parsers themselves and the variables they were seen to read."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from agent_runtime import settings as agent
from docs.generator.markdown import code, sentence, table
from orchestrator import settings as orchestrator
from xagent_client.discovery import DEFAULT_URL, find_access
from xagent_client.errors import XagentError

_DATA_DIR: Final = "the platform's place for user data"

# Where the program's own help is silent, or shorter than a page may be.
_ORCHESTRATOR: Final = {
    "--host": "The address to listen on; another than loopback needs TLS or `--behind-proxy`.",
    "--port": "The port to listen on; 0 chooses a free one.",
    "--data-dir": "Database, token and artifacts; made if missing.",
    "--allowed-host": "A host name this server answers for, beside the loopback ones and "
    "`--host`: a name, good for any port, or `name:port`. Repeatable; comma-separated in the "
    "variable.",
    "--allowed-origin": "An origin whose pages may call this server, beside its own. Repeatable; "
    "comma-separated in the variable.",
    "--behind-proxy": "A proxy in front ends TLS. Its `X-Forwarded-For` and `X-Forwarded-Proto` "
    "are believed, so nobody else may reach the port.",
    "--tls-certificate": "A PEM file with the certificate chain; goes with `--tls-key`.",
    "--tls-key": "A PEM file with the private key.",
    "--durability": "What an answered command survives: `process`, any killed process; `power`, "
    "a power cut too, at the price of a disk flush per commit.",
    "--beat-seconds": "Interval of the heartbeat, 0.1 to 60. An agent that is silent for 2.5 of "
    "them is shown as not responsive; after 4 its socket is closed.",
    "--artifact-days": "How many days artifacts are kept; 0 is for ever. See "
    "[What is kept](operations.md#what-is-kept).",
    "--artifact-gib": "How many GiB of artifacts are kept, the oldest going first; 0 is any "
    "amount.",
    "--history-days": "How many days commands and sessions are kept, at least 1; 0 is for ever.",
    "--log-format": "`auto` is `console` on a terminal and `json` elsewhere.",
    "--restored": (
        "The database was put back from a backup: take nothing in it for never begun. For that "
        "one start; see [Backup](operations.md#backup)."
    ),
    "--exit-with-parent": "Drain when standard input ends: whoever started this process holds it "
    "open.",
}
_AGENT: Final = {
    "NAME": "The agent's name, such as `shop-1`: up to 63 of a-z, 0-9, dot, dash and underscore.",
    "--url": "The orchestrator's address.",
    "--data-dir": "The agent's own directory is `agents/NAME` in it.",
    "--headed": "Show the browser's window.",
    "--label": "A label, `key=value`. Repeatable; comma-separated in the variable.",
    "--insecure-http": "Allow plain http to another machine.",
    "--allow-site": "A site that the browser may open; once there is one, it opens no other. "
    "[What names a site](security.md#where-the-browser-may-go). Repeatable; comma-separated in the "
    "variable; both count.",
    "--deny-site": "A site that it may not open, whatever is allowed. Written in the same way.",
    "--block-private-network": "Nothing that a page does reaches this machine, its networks, any "
    "other private address, or the orchestrator. An address that `--allow-site` names by its "
    "number is open all the same.",
    "--log-format": "Left out, `console` on a terminal and `json` elsewhere.",
    "--allow-code": "Let `run_code` run Python inside the agent, with all that its process may do: "
    "see [Security](security.md#code-in-the-agent).",
    "--exit-with-parent": "Stop when standard input ends.",
    "XAGENT_BROWSER": "The browser to run; used or refused, never passed over for another. Left "
    "out, one is found.",
    "XAGENT_ENROLMENT_TOKEN": "Lets this install in under its name, once, within the hour.",
}
_CLIENT: Final = {
    "XAGENT_URL": f"The orchestrator's address. Left out: what a running one wrote into the data "
    f"directory, else `{DEFAULT_URL}`.",
    "XAGENT_TOKEN": "The user's token. Left out: the file `token` in the data directory, for "
    "addresses of this machine only.",
    "XAGENT_DATA_DIR": "The data directory. Left out: `.xagent` here or in a directory above, "
    f"else {_DATA_DIR}.",
    "XAGENT_INSECURE_HTTP": "Allow plain http to another machine: `1` or `0`.",
}
_AGENT_DEFAULTS: Final = {"--url": code(agent.DEFAULT_URL), "--data-dir": _DATA_DIR}

_TIMERS: Final = {
    "hello": "An agent that has dialled must say hello within this, and after the welcome its "
    "inventory.",
    "beat": "Interval of the heartbeat (`--beat-seconds`).",
    "suspect": "Silence after which an agent is not responsive: 2.5 heartbeats.",
    "lost": "Silence after which its socket is closed, and for how long its name is kept for "
    "its install: 4 heartbeats.",
    "lag": "When the server's own loop is held up for longer, no agent is blamed for that time: "
    "half a heartbeat.",
    "grace": "Added to a command's timeout before it is given up as lost.",
    "stall": "An agent that reads nothing for so long is disconnected.",
    "drain": "What a shutdown may take.",
    "sweep": "How often expired and overdue commands are looked for.",
}
_BOUNDS: Final = {
    "frame_bytes": "A frame of the wire.",
    "body_bytes": "A JSON body of a request; beyond it 413.",
    "inline_result_bytes": "A result inside an answer; a longer one becomes an artifact.",
    "artifact_bytes": "An artifact; beyond it 413.",
    "unsent_bytes": "What an agent may leave unread before it is disconnected.",
    "in_flight_per_agent": "Commands that are with one agent at once; the others queue.",
    "queue_per_agent": "Commands that wait for one agent; beyond it 429.",
    "open_commands": "Commands that are not over, of all agents; beyond it 503.",
    "attempts": "How often an idempotent command is sent in all.",
}


class _Environment(dict[str, str]):
    """An empty environment that remembers what was looked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]  # any default comes back as it is
        if key not in self.asked:
            self.asked.append(key)
        return default


def of_orchestrator() -> str:
    """Flags and variables of the orchestrator."""
    environment = _Environment()
    parser = orchestrator._parser(environment)
    return _flags(parser, environment.asked, _ORCHESTRATOR, {"--data-dir": _DATA_DIR})


def of_agent() -> str:
    """Flags and variables of an agent."""
    environment = _Environment()
    agent.Settings.read(["shop-1"], environment)
    return _flags(agent._parser(), environment.asked, _AGENT, _AGENT_DEFAULTS)


def of_client() -> str:
    """Variables of the command line and the SDK."""
    environment = _Environment()
    with contextlib.suppress(XagentError):
        find_access(environment=environment, directory=Path("/"))
    return table(("variable", "means"), [(code(name), _CLIENT[name]) for name in environment.asked])


def timers() -> str:
    """The durations of the orchestrator."""
    defaults = dataclasses.asdict(orchestrator.Timers())
    return table(
        ("timer", "default", "means"),
        [(name, f"{seconds:g} s", _TIMERS[name]) for name, seconds in defaults.items()],
    )


def bounds() -> str:
    """The limits of the orchestrator."""
    defaults = dataclasses.asdict(orchestrator.Bounds())
    return table(
        ("limit", "default", "means"),
        [(name, _amount(name, value), _BOUNDS[name]) for name, value in defaults.items()],
    )


def _flags(
    parser: argparse.ArgumentParser,
    variables: Iterable[str],
    meanings: Mapping[str, str],
    defaults: Mapping[str, str],
) -> str:
    left = list(variables)
    rows = []
    for name, action in _actions(parser):
        variable = _variable(name, left)
        if variable is not None:
            left.remove(variable)
        default = defaults.get(name) or _default(action.default)
        rows.append((code(_typed(name, action)), _code_or_dash(variable), default, meanings[name]))
    rows += [("–", code(name), "", sentence(meanings[name])) for name in left]
    return table(("flag", "variable", "default", "means"), rows)


def _actions(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.Action]]:
    for action in parser._actions:
        if action.dest != "help":
            yield (action.option_strings or [str(action.metavar)])[0], action


def _variable(flag: str, variables: Iterable[str]) -> str | None:
    name = f"XAGENT_{flag.strip('-').replace('-', '_').upper()}"
    return next((one for one in variables if one in (name, f"{name}S")), None)


def _typed(name: str, action: argparse.Action) -> str:
    if action.nargs == 0 or not action.option_strings:
        return name
    if action.choices:
        return f"{name} {'|'.join(map(str, action.choices))}"
    word = "FILE" if action.type is Path else action.dest.rpartition("_")[2].upper()
    return f"{name} {action.metavar or word}"


def _default(value: object) -> str:
    if value in (None, [], ""):
        return ""
    return "off" if value is False else code(f"{value:g}" if isinstance(value, float) else value)


def _code_or_dash(text: str | None) -> str:
    return "–" if text is None else code(text)


def _amount(name: str, value: int) -> str:
    if not name.endswith("_bytes"):
        return f"{value:,}"
    for size, unit in ((1024**3, "GiB"), (1024**2, "MiB"), (1024, "KiB")):
        if value % size == 0:
            return f"{value // size} {unit}"
    return f"{value:,} bytes"
