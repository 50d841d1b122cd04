"""On which hosts a secret may be typed.

A pattern is `shop.example.com`, or `*.example.com` for every host below it and not itself; a port
may follow, and else any is meant. The way there has to be encrypted, unless it does not leave this
machine or the pattern begins with `http://`.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from agent_runtime.secrets.errors import SecretInvalid

_PATTERN: Final = re.compile(
    r"(?P<scheme>https?://)?(?P<below>\*\.)?(?P<host>\[[0-9a-f:.]+\]|[^\s/?#@:*\[\]]+)"
    r"(?P<port>:[0-9]{1,5})?/?\Z",
    re.IGNORECASE,
)
_LABELS: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_-]{1,63}\Z")
_ENCRYPTED: Final = "https"


def host_pattern(text: str) -> str:
    """Return the pattern *text* as it is kept: in small letters, international names encoded.

    Raises:
        SecretInvalid: it is none.
    """
    match = _PATTERN.match(text.strip())
    host = _ascii(match["host"].lower()) if match is not None else None
    if match is None or host is None or (match["below"] and "." not in host):
        raise SecretInvalid(
            f"{text!r} is no host such as shop.example.com, *.example.com or localhost:8443"
        )
    scheme = "http://" if (match["scheme"] or "").lower() == "http://" else ""
    return f"{scheme}{match['below'] or ''}{host}{match['port'] or ''}"


def host_of(url: str) -> str | None:
    """Return what to call the host of a document's *url*; null if it has none."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] if _is_of_a_host(parts) else None


def may_be_typed(url: str, patterns: tuple[str, ...]) -> bool:
    """Say whether the document at *url*, as the browser tells it, is on one of these hosts."""
    parts = urlsplit(url)
    return _is_of_a_host(parts) and any(_matches(parts, pattern) for pattern in patterns)


def _matches(parts: SplitResult, pattern: str) -> bool:
    rest = pattern.removeprefix("http://")
    host, port = _split(rest.removeprefix("*."))
    own = parts.hostname or ""
    if parts.scheme != _ENCRYPTED and rest == pattern and not _is_loopback(own):
        return False
    if port is not None and port != (parts.port or (443 if parts.scheme == _ENCRYPTED else 80)):
        return False
    return own.endswith(f".{host}") if rest.startswith("*.") else own == host


def _is_of_a_host(parts: SplitResult) -> bool:
    return parts.scheme in ("http", _ENCRYPTED) and bool(parts.hostname)


def _split(authority: str) -> tuple[str, int | None]:
    split = urlsplit(f"//{authority}")
    return split.hostname or "", split.port


def _ascii(host: str) -> str | None:
    if host.startswith("["):
        try:
            return f"[{ip_address(host[1:-1]).compressed}]"
        except ValueError:
            return None
    try:
        encoded = host.encode("idna").decode()
    except UnicodeError:
        return None
    return encoded if _LABELS.match(encoded) else None


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
