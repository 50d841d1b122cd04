"""A URL of the web as the browser reads it: its scheme, host and port.

A browser ignores case, blanks around a URL and line breaks within, takes a backslash for a slash,
and finds the host behind the last `@`; so a check must as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from agent_runtime.policy.destination import DEFAULT_PORTS, Destination
from agent_runtime.policy.errors import NotAUrl
from agent_runtime.policy.hosts import UnreadableHost, read_host

BLANK: Final = "about:blank"

_STRIPPED: Final = "".join(map(chr, range(0x21)))
"""What a browser strips from both ends of a URL."""
_REMOVED: Final = str.maketrans("", "", "\t\n\r")
"""What a browser removes from anywhere in a URL."""
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_AUTHORITY: Final = re.compile(r"[/\\]{2}([^/\\?#]*)")
_PORT: Final = re.compile(r":([0-9]{0,5})\Z")


@dataclass(frozen=True)
class WebUrl:
    """*text* is what the browser is to be given; *destination* is null where *scheme* has none."""

    text: str
    scheme: str
    destination: Destination | None = None


def read_url(url: str) -> WebUrl:
    """Read *url*, of any scheme; a host is looked for where it is one of the web.

    Raises:
        NotAUrl: it has no scheme, or is of the web and names no host.
    """
    text = url.translate(_REMOVED).strip(_STRIPPED)
    match = _SCHEME.match(text)
    if match is None:
        raise NotAUrl(f"{url[:200]!r} lacks its scheme: write https://…")
    scheme = match[1].lower()
    if text.lower() == BLANK:
        return WebUrl(BLANK, "about")
    if scheme not in DEFAULT_PORTS:
        return WebUrl(text, scheme)
    authority = _AUTHORITY.match(text, match.end())
    if authority is None or not authority[1]:
        raise NotAUrl(f"{url[:200]!r} names no host")
    try:
        return WebUrl(text, scheme, read_authority(authority[1].rpartition("@")[2], scheme))
    except UnreadableHost as error:
        raise NotAUrl(f"{url[:200]!r} is no URL: {error}") from error


def read_authority(text: str, scheme: str | None) -> Destination:
    """Read `host` or `host:port`; where the port is left out, *scheme* says which it is.

    Raises:
        UnreadableHost
    """
    port = _PORT.search(text)
    host = read_host(text if port is None else text[: port.start()])
    if port is not None and port[1]:
        number = int(port[1])
        if not 0 < number < 65536:
            raise UnreadableHost(f"{port[1][:20]} is no port")
        return Destination(host, number, scheme)
    if scheme is None:
        raise UnreadableHost(f"{text[:200]!r} names no port")
    return Destination(host, DEFAULT_PORTS[scheme], scheme)


def read_target(text: str) -> tuple[Destination, str]:
    """Read what a browser asks of its proxy in plain HTTP: where to, and what to ask for there.

    Raises:
        NotAUrl: it is not the whole address of something in plain HTTP.
    """
    url = read_url(text)
    if url.destination is None or url.scheme != "http":
        raise NotAUrl(f"{text[:200]!r} is not asked of a proxy")
    authority = _AUTHORITY.match(url.text, len("http:"))
    path = url.text[authority.end() :] if authority is not None else ""
    return url.destination, path if path.startswith("/") else f"/{path}"
