"""Every setting of the orchestrator, read once from flags and ``XAGENT_*`` and passed down."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from platformdirs import user_data_dir

from orchestrator.errors import CannotStart

DEFAULT_PORT: Final = 8000
DURABILITIES: Final = ("process", "power")
LOG_FORMATS: Final = ("auto", "console", "json")
_LARGEST_AMOUNT: Final = 1_000_000.0


@dataclass(frozen=True)
class Timers:
    """Durations in seconds; the defaults are those of `docs/settings.md`."""

    hello: float = 5.0
    beat: float = 10.0
    suspect: float = 25.0
    lost: float = 40.0
    lag: float = 5.0
    grace: float = 10.0
    stall: float = 10.0
    drain: float = 15.0
    sweep: float = 1.0


@dataclass(frozen=True)
class Bounds:
    """What is accepted at most: bytes and counts."""

    frame_bytes: int = 1024 * 1024
    body_bytes: int = 1024 * 1024
    inline_result_bytes: int = 256 * 1024
    artifact_bytes: int = 1024**3
    unsent_bytes: int = 4 * 1024 * 1024
    in_flight_per_agent: int = 16
    queue_per_agent: int = 100
    open_commands: int = 10_000
    attempts: int = 3


@dataclass(frozen=True)
class Keeping:
    """For how long things are kept, and how much of them; 0 means without limit.

    *history_days* is of commands and sessions, and at least 1: within a day the same request id
    must never make a second command.
    """

    artifact_days: float = 30.0
    artifact_total_bytes: int = 20 * 1024**3
    history_days: float = 90.0


@dataclass(frozen=True)
class Settings:
    """One orchestrator's settings."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    behind_proxy: bool = False
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    durability: str = "process"
    log_format: str = "auto"
    exit_with_parent: bool = False
    restored: bool = False
    timers: Timers = field(default_factory=Timers)
    bounds: Bounds = field(default_factory=Bounds)
    keeping: Keeping = field(default_factory=Keeping)

    @property
    def scheme(self) -> str:
        """The scheme under which this process itself is reached."""
        return "https" if self.tls_certificate else "http"


def read_settings(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Build the settings from flags, which win, and the environment.

    Raises:
        CannotStart: a combination that would expose the browsers, or a value out of range.
        SystemExit: a flag is unknown or malformed; argparse has said which.
    """
    parsed = _parser(environment).parse_args(arguments)
    settings = Settings(
        data_dir=Path(parsed.data_dir).expanduser().resolve(),
        host=parsed.host,
        port=parsed.port,
        allowed_hosts=tuple(parsed.allowed_host),
        allowed_origins=tuple(parsed.allowed_origin),
        behind_proxy=parsed.behind_proxy,
        tls_certificate=parsed.tls_certificate,
        tls_key=parsed.tls_key,
        durability=parsed.durability,
        log_format=parsed.log_format,
        exit_with_parent=parsed.exit_with_parent,
        restored=parsed.restored,
        timers=Timers(
            beat=parsed.beat_seconds,
            suspect=parsed.beat_seconds * 2.5,
            lost=parsed.beat_seconds * 4,
            lag=parsed.beat_seconds / 2,
        ),
        keeping=Keeping(
            artifact_days=parsed.artifact_days,
            artifact_total_bytes=round(parsed.artifact_gib * 1024**3),
            history_days=parsed.history_days,
        ),
    )
    _refuse_unknown_words(settings)
    _refuse_exposure(settings)
    return settings


def is_loopback(host: str) -> bool:
    """Say whether only this machine can reach *host*."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def own_host(host: str) -> str | None:
    """Return how a URL and a Host header name *host*; null for one that means every address."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return host.lower() or None
    if address.is_unspecified:
        return None
    return f"[{address.compressed}]" if address.version == 6 else str(address)


def _refuse_unknown_words(settings: Settings) -> None:
    # argparse checks the choices of a flag, but not those of the variable behind it.
    for name, value, words in (
        ("XAGENT_DURABILITY", settings.durability, DURABILITIES),
        ("XAGENT_LOG_FORMAT", settings.log_format, LOG_FORMATS),
    ):
        if value not in words:
            raise CannotStart(f"{name} is {value!r}: it can be {', '.join(words)}.")


def _refuse_exposure(settings: Settings) -> None:
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise CannotStart("--tls-certificate and --tls-key go together: give both or neither.")
    for path in (settings.tls_certificate, settings.tls_key):
        if path is not None and not path.is_file():
            raise CannotStart(f"The TLS file {path} does not exist.")
    if is_loopback(settings.host) or settings.tls_certificate or settings.behind_proxy:
        return
    raise CannotStart(
        f"Refusing to listen on {settings.host} without TLS, because tokens would cross the "
        "network in the clear: give --tls-certificate and --tls-key, or --behind-proxy if a "
        "proxy in front of this server ends TLS."
    )


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xagent orchestrator",
        description="Keep the registry of agents and route commands to them.",
    )
    parser.add_argument("--host", default=environment.get("XAGENT_HOST", "127.0.0.1"))
    parser.add_argument("--port", type=_port, default=environment.get("XAGENT_PORT", DEFAULT_PORT))
    parser.add_argument(
        "--data-dir",
        default=environment.get("XAGENT_DATA_DIR") or user_data_dir("xagent", appauthor=False),
        help="database, token and artifacts; made if missing",
    )
    parser.add_argument(
        "--allowed-host",
        action=_Collect,
        default=_list(environment.get("XAGENT_ALLOWED_HOSTS")),
        metavar="NAME",
        help="a host name this server answers for, beside the loopback ones; repeatable",
    )
    parser.add_argument(
        "--allowed-origin",
        action=_Collect,
        default=_list(environment.get("XAGENT_ALLOWED_ORIGINS")),
        metavar="ORIGIN",
        help="an origin whose pages may call this server, beside its own; repeatable",
    )
    parser.add_argument(
        "--behind-proxy",
        action="store_true",
        default=_flag(environment.get("XAGENT_BEHIND_PROXY")),
        help="a proxy in front of this server ends TLS",
    )
    parser.add_argument(
        "--tls-certificate", type=Path, default=_path(environment.get("XAGENT_TLS_CERTIFICATE"))
    )
    parser.add_argument("--tls-key", type=Path, default=_path(environment.get("XAGENT_TLS_KEY")))
    parser.add_argument(
        "--durability",
        choices=DURABILITIES,
        default=environment.get("XAGENT_DURABILITY", "process"),
        help="what an answered command survives: any killed process, or the power cut too",
    )
    parser.add_argument(
        "--beat-seconds",
        type=_beat,
        default=environment.get("XAGENT_BEAT_SECONDS", 10.0),
        help="interval of the heartbeat; an agent is suspect after 2.5 and lost after 4 of them",
    )
    parser.add_argument(
        "--artifact-days",
        type=_amount,
        default=environment.get("XAGENT_ARTIFACT_DAYS", Keeping.artifact_days),
        metavar="DAYS",
        help="how long artifacts are kept; 0 is for ever",
    )
    parser.add_argument(
        "--artifact-gib",
        type=_amount,
        default=environment.get("XAGENT_ARTIFACT_GIB", Keeping.artifact_total_bytes / 1024**3),
        metavar="GIB",
        help="how much of them is kept, the oldest going first; 0 is any amount",
    )
    parser.add_argument(
        "--history-days",
        type=_history_days,
        default=environment.get("XAGENT_HISTORY_DAYS", Keeping.history_days),
        metavar="DAYS",
        help="how long commands and sessions are kept, at least 1; 0 is for ever",
    )
    parser.add_argument(
        "--log-format",
        choices=LOG_FORMATS,
        default=environment.get("XAGENT_LOG_FORMAT", "auto"),
    )
    parser.add_argument(
        "--restored",
        action="store_true",
        help="the database was put back from a backup: take nothing in it for never begun",
    )
    parser.add_argument(
        "--exit-with-parent",
        action="store_true",
        help="drain when standard input ends: whoever started this process holds it open",
    )
    return parser


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 65535")
    return port


def _beat(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0.1 <= seconds <= 60:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0.1 to 60")
    return seconds


def _amount(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = -1
    if not 0 <= amount <= _LARGEST_AMOUNT:
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount such as 30, or 0 for no limit")
    return amount


def _history_days(text: str) -> float:
    days = _amount(text)
    if 0 < days < 1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is less than a day, for which a request id may not name another command"
        )
    return days


class _Collect(argparse.Action):
    """Collects the values of a repeated flag in place of its default; `append` adds to it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        given = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [*([] if given is self.default else given), values])


def _list(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def _flag(text: str | None) -> bool:
    return (text or "").lower() in {"1", "true", "yes", "on"}


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def environment() -> Mapping[str, str]:
    """Return the process's environment: the one place that reads it."""
    return os.environ
