"""What can be wrong with a network, in the words of Toxiproxy.

A toxic works on one direction of a proxy's connections, those that are open included, until it
is taken away. `toxicity` is the part of the connections that it works on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Stream(StrEnum):
    """Which way: up from the client to the server, or down from the server to the client."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


@dataclass(frozen=True, kw_only=True, eq=False)
class Toxic:
    """What all have."""

    stream: Stream = Stream.DOWNSTREAM
    toxicity: float = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Latency(Toxic):
    """Everything comes later, by `latency_ms` and at random up to `jitter_ms` more or less."""

    latency_ms: float
    jitter_ms: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Bandwidth(Toxic):
    """No more than so many kilobytes a second."""

    rate_kb: float


@dataclass(frozen=True, kw_only=True, eq=False)
class SlowClose(Toxic):
    """The end of a connection is told so much later."""

    delay_ms: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Timeout(Toxic):
    """Nothing gets through, and after `timeout_ms` the connection is closed; 0 is never.

    Taking it away closes the connection, too: what was dropped can never be made up for.
    """

    timeout_ms: float


@dataclass(frozen=True, kw_only=True, eq=False)
class ResetPeer(Toxic):
    """The connection is reset, after `timeout_ms`."""

    timeout_ms: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Slicer(Toxic):
    """Everything comes in pieces of about `average_bytes`, `delay_us` apart."""

    average_bytes: int
    variation_bytes: int = 0
    delay_us: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class LimitData(Toxic):
    """The connection is closed once so many bytes have gone through it."""

    bytes: int
