"""Where a connection goes: a host, a port, and how it is spoken there, as far as anybody knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agent_runtime.policy.hosts import Host

DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Destination:
    """*scheme* is null for a tunnel: what goes through it is for its two ends to know."""

    host: Host
    port: int
    scheme: str | None = None

    def __str__(self) -> str:
        """As it stands in a URL, with its port unless that goes without saying."""
        usual = (self.port,) if self.scheme is None else (DEFAULT_PORTS.get(self.scheme),)
        is_usual = self.port in usual and self.port in DEFAULT_PORTS.values()
        return str(self.host) if is_usual else f"{self.host}:{self.port}"

    def is_at(self, other: Destination) -> bool:
        """Say whether a connection to *other* ends at the same place."""
        return (self.host, self.port) == (other.host, other.port)
