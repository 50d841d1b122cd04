"""Where the orchestrator is and which token opens it, if the caller does not say.

Looked at in this order: what was given, the environment (`XAGENT_URL`, `XAGENT_TOKEN`), the data
directory. A token that was merely found in a directory goes to this machine's own addresses and
to nobody else, so that a mistyped or planted URL never learns it; and no token goes to another
machine unencrypted, unless that is allowed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
from platformdirs import user_data_dir

from xagent_client.errors import NoToken, XagentError

DEFAULT_URL: Final = "http://127.0.0.1:8000"
TOKEN_FILE: Final = "token"
ADDRESS_FILE: Final = "orchestrator.json"
CHECKOUT_DIRECTORY: Final = ".xagent"


class InvalidAddress(XagentError):
    """The URL given is not one of an orchestrator, or not one to send a token to."""

    code = "invalid_url"


@dataclass(frozen=True)
class Access:
    """An orchestrator's URL, without a slash at its end, and a token for it."""

    url: str
    token: str


class Address(msgspec.Struct, frozen=True):
    """What a running orchestrator writes into its data directory."""

    url: str
    pid: int


def find_access(
    url: str | None = None,
    token: str | None = None,
    *,
    token_file: str | os.PathLike[str] | None = None,
    data_dir: str | os.PathLike[str] | None = None,
    insecure_http: bool = False,
    environment: Mapping[str, str] = os.environ,
    directory: Path | None = None,
) -> Access:
    """Find what the caller did not give; *directory* stands for the current one.

    *insecure_http*, or `XAGENT_INSECURE_HTTP=1`, allows to send the token to another machine over
    plain http, where everybody on the way can read it.

    Raises:
        NoToken: the message names the places looked at and the next step.
        InvalidAddress: the URL is none, or leads over plain http to another machine.
    """
    insecure_http = insecure_http or _says_yes(environment.get("XAGENT_INSECURE_HTTP", ""))
    data_directory = find_data_dir(data_dir, environment=environment, directory=directory)
    url = url or environment.get("XAGENT_URL") or _running_url(data_directory) or DEFAULT_URL
    url = _checked(url)
    if token is None and token_file is not None:
        token = read_token(Path(token_file))
        if token is None:
            raise NoToken(f"there is no token in {token_file}; check --token-file")
    token = token or environment.get("XAGENT_TOKEN")
    if token:
        return _access(url, token.strip(), insecure_http=insecure_http)
    if not is_loopback(url):
        raise NoToken(
            f"no token for {url}. Tokens found on this machine are not sent to other hosts: "
            "give one by --token-file, or set XAGENT_TOKEN"
        )
    path = data_directory / TOKEN_FILE
    found = read_token(path)
    if found is None:
        raise NoToken(
            f"no token: XAGENT_TOKEN is not set, and there is none to read at {path}. "
            "Start an orchestrator with: xagent up; or name its data directory by --data-dir"
        )
    return _access(url, found, insecure_http=insecure_http)


def find_data_dir(
    data_dir: str | os.PathLike[str] | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    directory: Path | None = None,
) -> Path:
    """Return the data directory: given, of the environment, of a checkout, or the platform's.

    A checkout's is `.xagent` in the current directory or in one above it; one that belongs to
    another user is passed over, because whoever made it would choose whom we talk to.
    """
    if data_dir is not None:
        return Path(data_dir).expanduser().absolute()
    if from_environment := environment.get("XAGENT_DATA_DIR"):
        return Path(from_environment).expanduser().absolute()
    start = (directory or Path.cwd()).absolute()
    for parent in (start, *start.parents):
        candidate = parent / CHECKOUT_DIRECTORY
        if candidate.is_dir() and _is_ours(candidate):
            return candidate
    return Path(user_data_dir("xagent", appauthor=False))


def read_address(data_dir: Path) -> Address | None:
    """Return where the orchestrator of *data_dir* listens, or None if it does not say."""
    try:
        return msgspec.json.decode((data_dir / ADDRESS_FILE).read_bytes(), type=Address)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def is_loopback(url: str) -> bool:
    """Say whether *url* leads to this machine and nowhere else."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_token(path: Path) -> str | None:
    """Return the token in the file at *path*, or None if there is none to read."""
    try:
        return path.read_text(encoding="ascii").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def is_private(url: str) -> bool:
    """Say whether nobody on the way to *url* can read what is sent there."""
    return is_loopback(url) or urlsplit(url).scheme == "https"


def _access(url: str, token: str, *, insecure_http: bool) -> Access:
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise NoToken("the token cannot be one: it holds other characters than one word of ASCII")
    if not (insecure_http or is_private(url)):
        raise InvalidAddress(
            f"{url} is another machine's and http is not encrypted, so the token is not sent: "
            "use https, or say --insecure-http (XAGENT_INSECURE_HTTP=1) if the way there is private"
        )
    return Access(url, token)


def _running_url(data_dir: Path) -> str | None:
    address = read_address(data_dir)
    # Whoever could write the file could lead us, and what we are told to do, to a host of theirs.
    return address.url if address and is_loopback(address.url) else None


def _says_yes(word: str) -> bool:
    return word.strip().lower() in {"1", "true", "yes", "on"}


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_valid = False
        parts = urlsplit("")
    if not is_valid or parts.query or parts.fragment or parts.username is not None:
        raise InvalidAddress(
            f"{url!r} is not the URL of an orchestrator; one looks like {DEFAULT_URL}"
        )
    return url.rstrip("/")


def _is_ours(directory: Path) -> bool:
    return not hasattr(os, "geteuid") or directory.stat().st_uid == os.geteuid()
