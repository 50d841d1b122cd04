"""Which addresses lead into a network that is not for everybody.

Everything that the registries of special addresses do not call global, this machine itself, and
whatever its own networks reach without a router: with IPv6 a neighbour in the office has an address
that the whole world could use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

import psutil

from agent_runtime.policy.hosts import Address

Network = IPv4Network | IPv6Network
LocalNetworks = Callable[[], Sequence[Network]]

_SPECIAL: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # this machine
        "10.0.0.0/8",
        "100.64.0.0/10",  # behind a provider's NAT, and some clouds' metadata
        "127.0.0.0/8",
        "168.63.129.16/32",  # one cloud's metadata, under an address that is otherwise public
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",
        "2001::/23",  # among them Teredo, which holds addresses of IPv4
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which does too
        "3fff::/20",  # documentation
    )
)
_GLOBAL_V6: Final = IPv6Network("2000::/3")
"""Outside of it nothing of IPv6 is global: loopback, link-local, ULA, multicast."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
_SHORTEST_PREFIX: Final = {4: 8, 6: 32}
"""A network wider than that is no neighbourhood, but a trick of some tunnel."""


def plain(address: Address) -> Address:
    """Return the address of IPv4 that *address* stands for, or *address* itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address if address.scope_id is None else IPv6Address(int(address))


def is_private(address: Address, local: Sequence[Network] = ()) -> bool:
    """Say whether *address* is special, or lies in one of the *local* networks."""
    found = plain(address)
    if isinstance(found, IPv6Address) and found not in _GLOBAL_V6:
        return True
    return any(found in network for network in (*_SPECIAL, *local))


def local_networks() -> Sequence[Network]:
    """Return the networks that this machine stands in, as they are now."""
    networks: list[Network] = []
    for addresses in psutil.net_if_addrs().values():
        for one in addresses:
            try:
                networks.append(_network(one.address.partition("%")[0], one.netmask))
            except ValueError:
                continue  # a hardware address
    return networks


def _network(address: str, netmask: str | None) -> Network:
    own = ip_address(address)
    bits = own.max_prefixlen if netmask is None else int(ip_address(netmask)).bit_count()
    if bits < _SHORTEST_PREFIX[own.version]:
        bits = own.max_prefixlen
    return ip_network(f"{address}/{bits}", strict=False)
