"""One entry of a list of sites, as an operator writes it.

example.com           that host, at any port
*.example.com         every host below it, at any depth
example.com:8443      that host at that port
https://example.com   that host, spoken to so, at the port that this means
10.0.0.0/8            every address of that network
*                     every host
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network
from typing import Final

from agent_runtime.policy.addresses import Network, plain
from agent_runtime.policy.destination import DEFAULT_PORTS, Destination
from agent_runtime.policy.errors import BadPattern
from agent_runtime.policy.hosts import Address, UnreadableHost, read_host

_SHAPE: Final = re.compile(
    r"(?:(?P<scheme>[a-z]+)://)?(?P<host>\[[^\]]*\]|[^:/]*)(?::(?P<port>[0-9]+))?/?", re.IGNORECASE
)


@dataclass(frozen=True)
class SitePattern:
    """One of *name*, *suffix* and *network* says which hosts; without any, it is every host."""

    text: str
    name: str | None = None
    suffix: str | None = None
    """With the dot that it begins with."""
    network: Network | None = None
    scheme: str | None = None
    port: int | None = None

    def covers(self, destination: Destination) -> bool:
        """Say whether it names *destination*, by what stands in its URL."""
        if self.port not in (None, destination.port):
            return False
        if None not in (self.scheme, destination.scheme) and self.scheme != destination.scheme:
            return False
        host = destination.host
        if self.network is not None:
            return host.address is not None and self._holds(host.address)
        if self.suffix is not None:
            return host.address is None and host.name.endswith(self.suffix)
        return self.name is None or (host.address is None and host.name == self.name)

    def covers_address(self, address: Address, port: int) -> bool:
        """Say whether it names *address* as an address, whatever name has led there."""
        return self.port in (None, port) and self._holds(address)

    def _holds(self, address: Address) -> bool:
        network = self.network
        return network is not None and (address in network or plain(address) in network)


def read_pattern(text: str) -> SitePattern:
    """Read one entry of a list.

    Raises:
        BadPattern: one sentence says what is wrong with it.
    """
    for read in _READERS:
        pattern = read(text.strip())
        if pattern is not None:
            return pattern
    raise BadPattern(
        f"{text!r} names no site: write example.com, *.example.com, example.com:8443, "
        "https://example.com, 10.0.0.0/8 or *"
    )


def _network(text: str) -> SitePattern | None:
    if "://" in text or "/" not in text.removesuffix("/"):
        return None
    try:
        network = ip_network(text)
    except ValueError as error:
        raise BadPattern(f"{text!r} is no network such as 10.0.0.0/8: {error}") from error
    return SitePattern(text, network=network)


def _bare_v6(text: str) -> SitePattern | None:
    try:
        return SitePattern(text, network=ip_network(plain(IPv6Address(text))))
    except ValueError:
        return None


def _site(text: str) -> SitePattern | None:
    match = _SHAPE.fullmatch(text)
    if match is None or not match["host"]:
        return None
    scheme = match["scheme"].lower() if match["scheme"] else None
    if scheme not in (None, *DEFAULT_PORTS):
        raise BadPattern(f"{text!r} is of a scheme that is never opened: only http and https are")
    port = int(match["port"]) if match["port"] else DEFAULT_PORTS.get(scheme or "")
    if port is not None and not 0 < port < 65536:
        raise BadPattern(f"{text!r} names no site: there is no port {port}")
    if match["host"] == "*":
        return SitePattern(text, scheme=scheme, port=port)
    return _of_host(text, match["host"], scheme, port)


def _of_host(text: str, written: str, scheme: str | None, port: int | None) -> SitePattern:
    is_suffix = written.startswith("*.")
    try:
        host = read_host(written.removeprefix("*."))
    except UnreadableHost as error:
        raise BadPattern(f"{text!r} names no site: {error}") from error
    if "*" in host.name or (is_suffix and host.address is not None):
        raise BadPattern(f"{text!r} names no site: a star stands alone, or as *. before a name")
    if is_suffix:
        return SitePattern(text, suffix=f".{host.name}", scheme=scheme, port=port)
    if host.address is None:
        return SitePattern(text, name=host.name, scheme=scheme, port=port)
    return SitePattern(text, network=ip_network(plain(host.address)), scheme=scheme, port=port)


_READERS: Final[tuple[Callable[[str], SitePattern | None], ...]] = (_network, _bare_v6, _site)
