"""What one agent is told at its start; nothing else in this package reads flags or environment.

Except `crash.py`, of which only tests make use.
"""

from __future__ import annotations

import argparse
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import urlsplit

import platformdirs

from agent_runtime.errors import InvalidSettings
from agent_runtime.policy.errors import BadPattern
from agent_runtime.policy.patterns import SitePattern, read_pattern
from agent_runtime.policy.url_policy import UrlPolicy
from agent_runtime.policy.web_url import read_url
from xagent_protocol.ids import AgentId, is_agent_id

DEFAULT_URL: Final = "http://127.0.0.1:8000"

_LABEL_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,62}\Z")
_MAX_LABEL_VALUE: Final = 256
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"", "0", "false", "no", "off"})


class LogFormat(StrEnum):
    """How a line of the log looks."""

    CONSOLE = "console"
    JSON = "json"


@dataclass(frozen=True)
class Settings:
    """Everything an agent is told from outside.

    *url* is the orchestrator's base address, `http` or `https`, without a slash at its end.
    *log_format* is null when the terminal is to decide. *allow_code* lets commands run Python in
    this process.
    """

    agent_id: AgentId
    url: str
    data_directory: Path
    headed: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    browser: Path | None = None
    enrolment_token: str | None = field(default=None, repr=False)
    log_format: LogFormat | None = None
    allow_code: bool = False
    exit_with_parent: bool = False
    url_policy: UrlPolicy = field(default_factory=UrlPolicy)

    @property
    def websocket_url(self) -> str:
        """Where this agent's socket is dialled."""
        return f"ws{self.url.removeprefix('http')}/ws/agents/{self.agent_id}"

    @property
    def channels_url(self) -> str:
        """Below which channels are dialled."""
        return f"ws{self.url.removeprefix('http')}/ws/channels"

    @property
    def on_loopback(self) -> bool:
        """Whether the orchestrator runs on this machine."""
        return _is_loopback(urlsplit(self.url).hostname or "")

    @classmethod
    def read(cls, arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
        """Build the settings; a flag wins over its variable.

        Raises:
            InvalidSettings: something is missing or makes no sense.
        """
        flags = _parser().parse_args(arguments)
        labels = dict(_label(text) for text in _split(environment.get("XAGENT_LABELS", "")))
        labels |= dict(_label(text) for text in flags.label)
        browser = environment.get("XAGENT_BROWSER")
        url = _url(
            flags.url or environment.get("XAGENT_URL") or DEFAULT_URL,
            insecure=flags.insecure_http or _boolean(environment, "XAGENT_INSECURE_HTTP"),
        )
        return cls(
            agent_id=read_agent_id(flags.name),
            url=url,
            data_directory=read_data_directory(
                flags.data_dir or environment.get("XAGENT_DATA_DIR")
            ),
            headed=flags.headed or _boolean(environment, "XAGENT_HEADED"),
            labels=labels,
            browser=Path(browser) if browser else None,
            enrolment_token=environment.get("XAGENT_ENROLMENT_TOKEN") or None,
            log_format=_log_format(flags.log_format or environment.get("XAGENT_LOG_FORMAT")),
            allow_code=flags.allow_code or _boolean(environment, "XAGENT_ALLOW_CODE"),
            exit_with_parent=flags.exit_with_parent,
            url_policy=UrlPolicy(
                allow=_patterns(flags.allow_site, environment, "XAGENT_ALLOW_SITES"),
                deny=_patterns(flags.deny_site, environment, "XAGENT_DENY_SITES"),
                block_private=flags.block_private_network
                or _boolean(environment, "XAGENT_BLOCK_PRIVATE_NETWORK"),
                orchestrator=read_url(url).destination,
            ),
        )


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one sentence, like every other reason not to start."""

    def error(self, message: str) -> NoReturn:
        raise InvalidSettings(f"{message}; see python -m agent_runtime --help")


def _parser() -> _Parser:
    parser = _Parser(
        prog="python -m agent_runtime",
        description="Run one named agent: a real browser that takes commands from an orchestrator.",
        epilog="Variables: XAGENT_URL, XAGENT_DATA_DIR, XAGENT_ENROLMENT_TOKEN, XAGENT_BROWSER, "
        "XAGENT_HEADED, XAGENT_LABELS, XAGENT_INSECURE_HTTP, XAGENT_LOG_FORMAT, "
        "XAGENT_ALLOW_SITES, XAGENT_DENY_SITES, XAGENT_BLOCK_PRIVATE_NETWORK, XAGENT_ALLOW_CODE.",
    )
    parser.add_argument("name", metavar="NAME", help="the agent's name, such as shop-1")
    parser.add_argument("--url", help=f"the orchestrator's address (default {DEFAULT_URL})")
    parser.add_argument("--data-dir", help="where profile, identity and downloads are kept")
    parser.add_argument("--headed", action="store_true", help="show the browser's window")
    parser.add_argument("--label", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument(
        "--insecure-http", action="store_true", help="allow an unencrypted way to another machine"
    )
    parser.add_argument(
        "--allow-site",
        action="append",
        default=[],
        metavar="SITE",
        help="open this site and no other: example.com, *.example.com, example.com:8443, "
        "https://example.com, 10.0.0.0/8",
    )
    parser.add_argument(
        "--deny-site",
        action="append",
        default=[],
        metavar="SITE",
        help="never open this site, whatever is allowed",
    )
    parser.add_argument(
        "--block-private-network",
        action="store_true",
        help="keep pages from this machine and its networks, the orchestrator included",
    )
    parser.add_argument("--log-format", choices=[*LogFormat])
    parser.add_argument(
        "--allow-code", action="store_true", help="let commands run Python inside this agent"
    )
    parser.add_argument(
        "--exit-with-parent", action="store_true", help="stop when standard input ends"
    )
    return parser


def read_agent_id(name: str) -> AgentId:
    """Read the name of an agent; raises `InvalidSettings` if it cannot be one."""
    if not is_agent_id(name):
        raise InvalidSettings(
            f"{name!r} cannot name an agent: use up to 63 of a-z, 0-9, dot, dash and underscore, "
            "and begin with a letter or digit"
        )
    return AgentId(name)


def _url(text: str, *, insecure: bool) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise InvalidSettings(f"{text!r} is not an address: {error}") from error
    if parts.username or parts.password or parts.query or parts.fragment:
        # Not quoted: what stands there is likely to be a secret.
        raise InvalidSettings("the orchestrator's address may hold no credentials and no query")
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    if scheme not in ("http", "https") or not parts.hostname:
        raise InvalidSettings(f"{text!r} is not an address such as https://xagent.example.com")
    if scheme == "http" and not (insecure or _is_loopback(parts.hostname)):
        raise InvalidSettings(
            f"{parts.hostname} is another machine and {parts.scheme} is not encrypted: use https, "
            "or say --insecure-http if the way there is private"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    authority = host if port is None else f"{host}:{port}"
    return f"{scheme}://{authority}{parts.path.rstrip('/')}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_data_directory(text: str | None) -> Path:
    """Read where data are kept; left out, it is the platform's own place."""
    return Path(text) if text else Path(platformdirs.user_data_dir("xagent", appauthor=False))


def _label(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator or not _LABEL_KEY.match(key) or len(value) > _MAX_LABEL_VALUE:
        raise InvalidSettings(f"{text!r} is not a label such as region=eu")
    return key, value


def _patterns(
    flags: Sequence[str], environment: Mapping[str, str], name: str
) -> tuple[SitePattern, ...]:
    # Both count: whoever gives a flag means to add to a list, and not to drop the one that the
    # machine's owner has put into the environment.
    try:
        return tuple(read_pattern(text) for text in (*_split(environment.get(name, "")), *flags))
    except BadPattern as error:
        raise InvalidSettings(str(error)) from error


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _boolean(environment: Mapping[str, str], name: str) -> bool:
    word = environment.get(name, "").strip().lower()
    if word not in _TRUE | _FALSE:
        raise InvalidSettings(f"{name} is {word!r}: say 1 or 0")
    return word in _TRUE


def _log_format(word: str | None) -> LogFormat | None:
    if not word or word == "auto":
        return None
    try:
        return LogFormat(word)
    except ValueError:
        raise InvalidSettings(f"the log format is {word!r}: say auto, console or json") from None
