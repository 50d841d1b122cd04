"""What addresses a name has: asked of the machine, once in a while."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import inf
from typing import Final

from agent_runtime.policy.hosts import Address, Host

Ask = Callable[[str], Awaitable[tuple[Address, ...]]]
Resolve = Callable[[Host], Awaitable[tuple[Address, ...]]]
"""Both raise an `OSError` for a name that has no address."""

_LOCALHOST: Final = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
_KEPT_SECONDS: Final = 60.0
_KEPT: Final = 1000


async def ask_machine(name: str) -> tuple[Address, ...]:
    """Return the addresses that this machine knows *name* by, the preferred one first.

    Raises:
        OSError: it knows none.
    """
    try:
        answers = await asyncio.get_running_loop().getaddrinfo(
            name, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
    except UnicodeError as error:
        raise OSError("a part of it is longer than it may be") from error
    return tuple(ip_address(sockaddr[0]) for *_, sockaddr in answers)


class Resolver:
    """Keeps what it was told, as Chromium does where it asks the machine itself."""

    def __init__(self, ask: Ask = ask_machine, kept_seconds: float = _KEPT_SECONDS) -> None:
        """Begin without any name; *ask* raises an `OSError` for one that leads nowhere."""
        self._ask = ask
        self._kept_seconds = kept_seconds
        self._known: dict[Host, tuple[float, tuple[Address, ...]]] = {}

    async def resolve(self, host: Host) -> tuple[Address, ...]:
        """Return the addresses of *host*, each once, the preferred one first.

        Raises:
            OSError: it has none.
        """
        if host.address is not None:
            return (host.address,)
        if host.is_localhost:
            return _LOCALHOST
        clock = asyncio.get_running_loop().time
        kept_until, addresses = self._known.get(host, (-inf, ()))
        if kept_until <= clock():
            addresses = tuple(dict.fromkeys(await self._ask(host.name)))
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[host] = clock() + self._kept_seconds, addresses
        return addresses
