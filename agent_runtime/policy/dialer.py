"""The only place that connects to a site: it decides, looks the name up, decides again, connects.

The address that was judged is the one that is connected to, so it is of no use to a name to have
another one the next moment.
"""

from __future__ import annotations

import asyncio
import errno
from typing import Final

import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.policy import race
from agent_runtime.policy.addresses import LocalNetworks, local_networks
from agent_runtime.policy.destination import Destination
from agent_runtime.policy.errors import BlockedByPolicy, Unreachable
from agent_runtime.policy.hosts import Address
from agent_runtime.policy.obstacles import Obstacle, Obstacles
from agent_runtime.policy.resolver import Resolve, Resolver
from agent_runtime.policy.streams import Stream
from agent_runtime.policy.url_policy import UrlPolicy

log: FilteringBoundLogger = structlog.get_logger()

_CONNECT_SECONDS: Final = 30.0
_NET_ERRORS: Final = {
    errno.ECONNREFUSED: "ERR_CONNECTION_REFUSED",
    errno.ECONNRESET: "ERR_CONNECTION_RESET",
    errno.EHOSTUNREACH: "ERR_ADDRESS_UNREACHABLE",
    errno.ENETUNREACH: "ERR_ADDRESS_UNREACHABLE",
    errno.ETIMEDOUT: "ERR_CONNECTION_TIMED_OUT",
}


class Dialer:
    """Connects to what *policy* lets it; remembers what it could not connect to, and why."""

    def __init__(
        self,
        policy: UrlPolicy,
        *,
        resolve: Resolve | None = None,
        local: LocalNetworks = local_networks,
    ) -> None:
        """Prepare; *local* tells the networks that the machine stands in."""
        self._policy = policy
        self._resolve = resolve or Resolver().resolve
        self._local = local
        self.obstacles = Obstacles()

    async def dial(self, destination: Destination) -> Stream:
        """Return a connection to *destination*.

        Raises:
            BlockedByPolicy: it may not be opened, or leads where this browser may not go.
            Unreachable: it may, and cannot be.
        """
        self._refuse(self._policy.refused(destination))
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                addresses = await self._addresses(destination)
                return await race.connect(addresses, destination.port)
        except TimeoutError as error:
            raise self._unreachable(destination, "ERR_CONNECTION_TIMED_OUT") from error
        except OSError as error:
            net_error = _NET_ERRORS.get(error.errno or 0, "ERR_CONNECTION_FAILED")
            raise self._unreachable(destination, net_error) from error

    async def _addresses(self, destination: Destination) -> tuple[Address, ...]:
        try:
            addresses = await self._resolve(destination.host)
        except OSError as error:
            raise self._unreachable(destination, "ERR_NAME_NOT_RESOLVED") from error
        local = self._local() if self._policy.block_private else ()
        for address in addresses:
            # One bad address is enough: a name that is half inside is a trick or a mistake.
            self._refuse(self._policy.refused_address(destination, address, local))
        return addresses

    def _refuse(self, obstacle: Obstacle | None) -> None:
        if obstacle is None:
            return
        if self.obstacles.on_the_way_to(obstacle.destination) is None:
            # Once, and not for each picture of a page.
            log.info("blocked", host=str(obstacle.destination), setting=obstacle.setting)
        self.obstacles.note(obstacle, _now())
        raise BlockedByPolicy.by(obstacle)

    def _unreachable(self, destination: Destination, net_error: str) -> Unreachable:
        obstacle = Obstacle(
            destination, f"{destination} could not be reached: {net_error}", net_error=net_error
        )
        self.obstacles.note(obstacle, _now())
        return Unreachable(obstacle)


def _now() -> float:
    return asyncio.get_running_loop().time()
