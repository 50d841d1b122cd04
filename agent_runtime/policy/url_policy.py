"""Where this agent's browser may go: as its own machine was told, and nobody else can say.

A name is judged by the lists, and every address that it leads to is judged again, because whoever
owns a name can have it lead anywhere. A policy never changes once it is made, and nothing that
comes over the wire takes part in making it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from agent_runtime.policy.addresses import Network, is_private, plain
from agent_runtime.policy.destination import Destination
from agent_runtime.policy.errors import BlockedByPolicy
from agent_runtime.policy.hosts import Address
from agent_runtime.policy.obstacles import Obstacle
from agent_runtime.policy.patterns import SitePattern
from agent_runtime.policy.web_url import BLANK, read_url

ALLOW: Final = "--allow-site"
DENY: Final = "--deny-site"
PRIVATE: Final = "--block-private-network"

_LOOPBACK: Final = IPv4Address("127.0.0.1")


@dataclass(frozen=True)
class UrlPolicy:
    """Which sites may be opened; all of them if nothing is said.

    A site must be named by *allow*, unless that is empty, and not by *deny*. With *block_private*,
    no address of a private network is reached unless *allow* names it as an address, and never
    *orchestrator*.
    """

    allow: tuple[SitePattern, ...] = ()
    deny: tuple[SitePattern, ...] = ()
    block_private: bool = False
    orchestrator: Destination | None = None

    @property
    def is_limiting(self) -> bool:
        """Whether there is a site that may not be opened."""
        return bool(self.allow or self.deny or self.block_private)

    def check(self, url: str) -> str:
        """Return *url* as the browser will read it, if it may be opened.

        Where its name leads is not looked up here: that is for whoever connects.

        Raises:
            NotAUrl, BlockedByPolicy
        """
        read = read_url(url)
        if read.text == BLANK:
            return read.text
        if read.destination is None:
            raise BlockedByPolicy(
                f"{read.scheme}: is not opened here, only http:, https: and about:blank are"
            )
        if self.is_limiting and (obstacle := self.refused(read.destination)) is not None:
            raise BlockedByPolicy.by(obstacle)
        return read.text

    def refused(self, destination: Destination) -> Obstacle | None:
        """Return what keeps the browser from *destination*, by what stands in its URL."""
        if any(pattern.covers(destination) for pattern in self.deny):
            return _denied(destination)
        if self.allow and not any(pattern.covers(destination) for pattern in self.allow):
            return _not_allowed(destination)
        if self.block_private and self.orchestrator and self.orchestrator.is_at(destination):
            return _own(destination)
        host = destination.host
        address = _LOOPBACK if host.is_localhost else host.address
        return None if address is None else self.refused_address(destination, address)

    def refused_address(
        self, destination: Destination, address: Address, local: Sequence[Network] = ()
    ) -> Obstacle | None:
        """Return what keeps it from *address*, to which *destination* leads.

        *local*: the networks that this machine stands in.
        """
        port = destination.port
        if any(pattern.covers_address(address, port) for pattern in self.deny):
            return _denied(destination)
        if not self.block_private:
            return None
        if self._is_orchestrator(address, port):
            return _own(destination)
        is_named = any(pattern.covers_address(address, port) for pattern in self.allow)
        return _private(destination) if is_private(address, local) and not is_named else None

    def _is_orchestrator(self, address: Address, port: int) -> bool:
        if self.orchestrator is None or self.orchestrator.port != port:
            return False
        host, found = self.orchestrator.host, plain(address)
        if host.is_localhost or (host.address is not None and host.address.is_loopback):
            return found.is_loopback or found.is_unspecified
        return host.address is not None and plain(host.address) == found


def _denied(destination: Destination) -> Obstacle:
    return Obstacle(
        destination,
        f"{destination} is one of the sites that this agent may not open: "
        f"its operator named it by {DENY}",
        DENY,
    )


def _not_allowed(destination: Destination) -> Obstacle:
    return Obstacle(
        destination,
        f"{destination} is none of the sites that this agent may open: "
        f"its operator names them by {ALLOW}",
        ALLOW,
    )


def _private(destination: Destination) -> Obstacle:
    # The address itself is not told: what names there mean is none of the caller's business.
    return Obstacle(
        destination,
        f"{destination} leads into a private network, which this agent may not reach: "
        f"its operator closed it by {PRIVATE}",
        PRIVATE,
    )


def _own(destination: Destination) -> Obstacle:
    return Obstacle(
        destination,
        f"{destination} is this agent's own orchestrator, which its pages may not reach: "
        f"its operator closed it by {PRIVATE}",
        PRIVATE,
    )
