"""What is to be broken, and when: a sequence that follows from the seed and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from chaos.records import ORCHESTRATOR
from chaos.toxics import (
    Bandwidth,
    Latency,
    LimitData,
    ResetPeer,
    Slicer,
    SlowClose,
    Stream,
    Timeout,
    Toxic,
)

DISK: Final = "disk"


class FaultName(StrEnum):
    """Each kind of fault, as `--only` takes it and as the report counts it."""

    ORCHESTRATOR_KILL = "orchestrator-kill"
    ORCHESTRATOR_CRASH = "orchestrator-crash"
    ORCHESTRATOR_FREEZE = "orchestrator-freeze"
    ORCHESTRATOR_TERM = "orchestrator-term"
    AGENT_KILL = "agent-kill"
    AGENT_CRASH = "agent-crash"
    AGENT_FREEZE = "agent-freeze"
    AGENT_TERM = "agent-term"
    BROWSER_KILL = "browser-kill"
    BROWSER_FREEZE = "browser-freeze"
    RENDERER_KILL = "renderer-kill"
    DRIVER_KILL = "driver-kill"
    NETWORK_CUT = "network-cut"
    NETWORK_LATENCY = "network-latency"
    NETWORK_BANDWIDTH = "network-bandwidth"
    NETWORK_SLOW_CLOSE = "network-slow-close"
    NETWORK_TIMEOUT = "network-timeout"
    NETWORK_RESET_PEER = "network-reset-peer"
    NETWORK_SLICER = "network-slicer"
    NETWORK_LIMIT_DATA = "network-limit-data"
    DISK_FULL = "disk-full"


_N: Final = FaultName

WEIGHTS: Final = {
    _N.ORCHESTRATOR_KILL: 7,
    _N.ORCHESTRATOR_CRASH: 5,
    _N.ORCHESTRATOR_FREEZE: 4,
    _N.ORCHESTRATOR_TERM: 4,
    _N.AGENT_KILL: 6,
    _N.AGENT_CRASH: 5,
    _N.AGENT_FREEZE: 5,
    _N.AGENT_TERM: 3,
    _N.BROWSER_KILL: 4,
    _N.BROWSER_FREEZE: 3,
    _N.RENDERER_KILL: 4,
    _N.DRIVER_KILL: 2,
    _N.NETWORK_CUT: 6,
    _N.NETWORK_LATENCY: 3,
    _N.NETWORK_BANDWIDTH: 2,
    _N.NETWORK_SLOW_CLOSE: 1,
    _N.NETWORK_TIMEOUT: 5,
    _N.NETWORK_RESET_PEER: 5,
    _N.NETWORK_SLICER: 2,
    _N.NETWORK_LIMIT_DATA: 5,
    _N.DISK_FULL: 2,
}
"""How often each is chosen, beside the others."""

ORCHESTRATOR_CRASHES: Final = (
    "before-submit",
    "after-submit",
    "command-sent",
    "result-received",
    "result-recorded",
)
AGENT_CRASHES: Final = (
    "command-received",
    "before-started",
    "after-started",
    "before-done",
    "after-done",
    "result-sent",
    "before-forget",
    "after-forget",
)
"""The named places at which the programs can be told to die."""

_AT_ONCE: Final = frozenset(
    {
        _N.ORCHESTRATOR_KILL,
        _N.ORCHESTRATOR_CRASH,
        _N.ORCHESTRATOR_TERM,
        _N.AGENT_KILL,
        _N.AGENT_CRASH,
        _N.AGENT_TERM,
        _N.BROWSER_KILL,
        _N.RENDERER_KILL,
        _N.DRIVER_KILL,
    }
)


@dataclass(frozen=True)
class Step:
    """One fault, so many seconds after the one before; it lasts *seconds*, or does not last."""

    after_seconds: float
    name: FaultName
    target: str
    seconds: float = 0.0
    toxic: Toxic | None = None
    crash_at: str | None = None


def plan(
    chance: Random,
    agents: Sequence[str],
    *,
    every_seconds: float,
    is_regular: bool = False,
    only: Sequence[FaultName] = (),
    without: frozenset[FaultName] = frozenset(),
) -> Iterator[Step]:
    """Think up faults for ever, one in *every_seconds* on average, or exactly if *is_regular*."""
    names = [name for name in (only or tuple(FaultName)) if name not in without]
    weights = [WEIGHTS[name] for name in names]
    while True:
        # A pause of its own for each; some follow so closely that they meet.
        pause = every_seconds if is_regular else min(chance.expovariate(1 / every_seconds), 15.0)
        name = chance.choices(names, weights)[0]
        yield Step(
            pause,
            name,
            _target(chance, name, agents),
            0.0 if name in _AT_ONCE else _seconds(chance, name),
            _toxic(chance, name),
            _crash_point(chance, name),
        )


def _target(chance: Random, name: FaultName, agents: Sequence[str]) -> str:
    if name.startswith(ORCHESTRATOR):
        return ORCHESTRATOR
    if name is FaultName.DISK_FULL:
        return DISK
    return chance.choice(agents)


def _seconds(chance: Random, name: FaultName) -> float:
    """Mostly shorter than a lease, sometimes longer."""
    if name in (FaultName.ORCHESTRATOR_FREEZE, FaultName.DISK_FULL):
        # While it lasts nothing gets done at all.
        return chance.choice((0.3, 1.0, 2.0, 4.0, 7.0)) * chance.uniform(0.5, 1.5)
    if name is FaultName.AGENT_FREEZE:
        # Some long enough for the agent to be missed.
        return chance.choice((0.5, 3.0, 7.0, 12.0, 18.0)) * chance.uniform(0.5, 1.5)
    if name in (FaultName.NETWORK_RESET_PEER, FaultName.NETWORK_LIMIT_DATA):
        # Each new connection suffers it again.
        return chance.choice((0.2, 1.0, 3.0)) * chance.uniform(0.5, 1.5)
    return chance.choice((0.5, 2.0, 4.0, 7.0, 12.0)) * chance.uniform(0.5, 1.5)


def _toxic(chance: Random, name: FaultName) -> Toxic | None:
    stream = chance.choice(tuple(Stream))
    match name:
        case FaultName.NETWORK_LATENCY:
            latency = chance.uniform(20, 1500)
            return Latency(
                stream=stream, latency_ms=latency, jitter_ms=latency * chance.uniform(0, 0.5)
            )
        case FaultName.NETWORK_BANDWIDTH:
            return Bandwidth(stream=stream, rate_kb=chance.choice((1, 4, 20)))
        case FaultName.NETWORK_SLOW_CLOSE:
            return SlowClose(stream=stream, delay_ms=chance.uniform(200, 3000))
        case FaultName.NETWORK_TIMEOUT:
            return Timeout(stream=stream, timeout_ms=chance.choice((0, 0, 500, 3000)))
        case FaultName.NETWORK_RESET_PEER:
            return ResetPeer(stream=stream, timeout_ms=chance.choice((0, 0, 300, 1000)))
        case FaultName.NETWORK_SLICER:
            return Slicer(
                stream=stream,
                average_bytes=chance.choice((1, 8, 64)),
                variation_bytes=chance.choice((0, 4)),
                delay_us=chance.choice((0, 100, 1000)),
            )
        case FaultName.NETWORK_LIMIT_DATA:
            return LimitData(stream=stream, bytes=chance.randint(1, 4000))
    return None


def _crash_point(chance: Random, name: FaultName) -> str | None:
    if name is FaultName.ORCHESTRATOR_CRASH:
        return _some_pass(chance, chance.choice(ORCHESTRATOR_CRASHES))
    if name is FaultName.AGENT_CRASH:
        return _some_pass(chance, chance.choice(AGENT_CRASHES))
    return None


def _some_pass(chance: Random, point: str) -> str:
    """Name the point, and at which passing it is to strike."""
    return f"{point}:{chance.choice((1, 1, 2, 5, 20))}"
