"""What a hundred thousand and a million agents would need, from what was measured of a few.

An orchestrator is one event loop, so it is simulated as one server with one queue: commands (in two
turns each, on the way there and back), beats, agents that come back, people who look at lists. What
each of these takes is measured; how full the loop may be before they wait too long is what the
simulation finds out. The rest is division.

    python -m benchmarks.simulate FILE        the JSON of a run of `python -m benchmarks`
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgspec import Raw

from benchmarks.figures import Json, median, percentile, table
from xagent_protocol.codec import encode
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import AgentBeat, Beat, BrowserStatus, Command, Result
from xagent_protocol.outcomes import Effect, Outcome, OutcomeState

FLEETS: Final = (10_000, 100_000, 1_000_000)
COMMANDS_PER_MINUTE: Final = (0.0, 1.0, 10.0)
BEAT_SECONDS: Final = 10.0

# Assumptions; docs/performance.md has each of them in words.
MOST_WAIT_MS: Final = 10.0
BACK_WITHIN_SECONDS: Final = 60.0
RETURNS_PER_DAY: Final = 4
LISTS_PER_SECOND: Final = 1.0
MEMORY_GIB: Final = 8.0
STEADY_SHARE: Final = 0.9
HTTP_BYTES: Final = 1400
"""A request and its answer, beside params and result: heads, and the command's envelope."""
PARAMS, RESULT = b'{"target":"role=button"}', b'{"text":"some text of a page, as long as a line"}'
PACKET_BYTES: Final = 66
"""Ethernet, IP and TCP around each frame, and an acknowledgement is as long."""
DATABASE_ROWS_PER_SECOND: Final = 10_000
"""Row writes that one PostgreSQL took in batches, each batch waited for, on two cores."""

DAY_SECONDS: Final = 24 * 60 * 60


@dataclass(frozen=True)
class UnitCosts:
    """What one of each takes of an orchestrator: seconds of its loop, and bytes."""

    command: float
    beat: float
    welcome: float
    """Of an agent that comes back, and names by a digest what it can do."""
    first_welcome: float
    """Of one that says it whole."""
    page: float
    agent_bytes: float
    journal_bytes: float
    """Of one command on disk."""


@dataclass(frozen=True)
class Load:
    """What one orchestrator has: agents, and what each is asked a minute."""

    agents: int
    commands_per_minute: float

    @property
    def commands_per_second(self) -> float:
        """Of all of its agents."""
        return self.agents * self.commands_per_minute / 60

    def share(self, costs: UnitCosts) -> float:
        """Return how much of the loop is taken."""
        return (
            self.commands_per_second * costs.command
            + self.agents / BEAT_SECONDS * costs.beat
            + self.agents * RETURNS_PER_DAY / DAY_SECONDS * costs.welcome
            + LISTS_PER_SECOND * costs.page
        )


def is_measured(found: Json) -> bool:
    """Say whether a run has all that is needed."""
    return {"relay", "scale", "journal"} <= set(found["suites"])


def unit_costs(found: Json) -> UnitCosts:
    """Take the costs out of a run."""
    scale, journal = found["suites"]["scale"], found["suites"]["journal"]
    (relay,) = [
        one
        for one in found["suites"]["relay"]["servers"]
        if (one["server"], one["agents"], one["connections"]) == ("xagent", 100, 64)
    ]
    beats_per_second = scale["agents"] / scale["beat_seconds"]
    return UnitCosts(
        command=median(relay["cpu_ms"]) / 1000,
        beat=scale["beats_cpu_percent"] / 100 / beats_per_second,
        welcome=scale["back_cpu_seconds"] / scale["whole_agents"],
        first_welcome=scale["whole_cpu_seconds"] / scale["whole_agents"],
        page=median(scale["list_ms"]) / 1000,
        agent_bytes=(scale["connected_bytes"] - scale["empty_bytes"]) / scale["agents"],
        journal_bytes=journal["bytes"] / journal["rows"],
    )


def waits(load: Load, costs: UnitCosts, *, seconds: float, seed: int = 1) -> list[float]:
    """Simulate one loop; return how long each turn waited for it, in seconds."""
    free_at = 0.0
    waited: list[float] = []
    for at, work in _arrivals(load, costs, seconds, random.Random(seed)):
        begun = max(at, free_at)
        waited.append(begun - at)
        free_at = begun + work
    return waited


def _arrivals(
    load: Load, costs: UnitCosts, seconds: float, chance: random.Random
) -> Iterator[tuple[float, float]]:
    """Yield when each turn is wanted and what it takes, in order of time, by chance (Poisson)."""
    kinds = [
        (2 * load.commands_per_second, costs.command / 2),
        (load.agents / BEAT_SECONDS, costs.beat),
        (load.agents * RETURNS_PER_DAY / DAY_SECONDS, costs.welcome),
        (LISTS_PER_SECOND, costs.page),
    ]
    rates = [rate for rate, _ in kinds]
    at = 0.0
    while True:
        at += chance.expovariate(sum(rates))
        if at > seconds:
            return
        yield at, chance.choices(kinds, rates)[0][1]


def fullest(costs: UnitCosts, commands_per_minute: float, *, seconds: float = 20.0) -> Load:
    """Return the most agents of one loop whose turns do not wait too long, by bisection."""
    one = Load(1000, commands_per_minute)
    lists = LISTS_PER_SECOND * costs.page
    few, many = 0, int(1000 * (1 - lists) / max(1e-9, one.share(costs) - lists))
    while many - few > max(10, many // 50):
        middle = (few + many) // 2
        waited = waits(Load(middle, commands_per_minute), costs, seconds=seconds)
        if waited and percentile(waited, 99) * 1000 > MOST_WAIT_MS:
            many = middle
        else:
            few = middle
    return Load(min(few, int(many * STEADY_SHARE) or few), commands_per_minute)


@dataclass(frozen=True)
class Need:
    """What a fleet would need; *walls* is how many agents one orchestrator holds by each limit."""

    agents: int
    commands_per_minute: float
    walls: dict[str, int]
    rows_per_second: float
    journal_gb_per_day: float
    megabits_per_second: float

    @property
    def first_wall(self) -> str:
        """The limit that an orchestrator meets first."""
        return min(self.walls, key=self.walls.__getitem__)

    @property
    def orchestrators(self) -> int:
        """How many it takes by that limit."""
        return math.ceil(self.agents / self.walls[self.first_wall])

    def orchestrators_without(self, wall: str) -> int:
        """How many it would take if one limit were not."""
        rest = [most for name, most in self.walls.items() if name != wall]
        return math.ceil(self.agents / min(rest))


LOOP: Final = "the event loop"
MEMORY: Final = "memory"
RETURN: Final = "the return of all after a restart"


def need(agents: int, load: Load, costs: UnitCosts) -> Need:
    """Return what *agents* need, where one loop is full at *load*."""
    commands = agents * load.commands_per_minute / 60
    return Need(
        agents=agents,
        commands_per_minute=load.commands_per_minute,
        walls={
            LOOP: max(1, load.agents),
            MEMORY: int(MEMORY_GIB * 1024**3 / costs.agent_bytes),
            RETURN: int(BACK_WITHIN_SECONDS * STEADY_SHARE / costs.welcome),
        },
        rows_per_second=2 * commands,
        journal_gb_per_day=commands * costs.journal_bytes * DAY_SECONDS / 1e9,
        megabits_per_second=(commands * _command_bytes() + agents / BEAT_SECONDS * _beat_bytes())
        * 8
        / 1e6,
    )


def _command_bytes() -> int:
    """Return what a command takes on all wires: HTTP, and the two frames."""
    request_id = RequestId("01a2063a-8cb6-74fc-abbb-a9670cb082fe")
    outcome = Outcome(OutcomeState.SUCCEEDED, Effect.COMPLETE, Raw(RESULT))
    frames = [
        encode(Command(request_id, 1, "click", Raw(PARAMS), 30.0)),
        encode(Result(request_id, 1, outcome)),
    ]
    return HTTP_BYTES + sum(map(len, frames)) + 6 * PACKET_BYTES


def _beat_bytes() -> int:
    browser = BrowserStatus("chromium", "156.0.8078.79", 1, ok=True, headless=True)
    return len(encode(Beat(1))) + len(encode(AgentBeat(1, browser, 0))) + 4 * PACKET_BYTES


def tables(costs: UnitCosts, *, seconds: float = 20.0) -> str:
    """Return what is foretold, as Markdown."""
    units = table(
        ("one", "takes of an orchestrator"),
        [
            (
                "command",
                f"{costs.command * 1e6:.0f} µs, and {costs.journal_bytes:.0f} bytes of journal",
            ),
            ("beat", f"{costs.beat * 1e6:.0f} µs"),
            ("agent that comes back, its actions named", f"{costs.welcome * 1e3:.2f} ms"),
            ("agent that says its actions whole", f"{costs.first_welcome * 1e3:.1f} ms"),
            ("agent that is here", f"{costs.agent_bytes / 1024:.1f} KiB"),
            ("page of the list of agents", f"{costs.page * 1e3:.1f} ms"),
        ],
    )
    full = [fullest(costs, rate, seconds=seconds) for rate in COMMANDS_PER_MINUTE]
    rows = []
    for agents in FLEETS:
        for load in full:
            it = need(agents, load, costs)
            databases = math.ceil(it.rows_per_second / DATABASE_ROWS_PER_SECOND)
            rows.append(
                (
                    f"{agents:,}",
                    f"{it.commands_per_minute:g}",
                    f"{agents * it.commands_per_minute / 60:,.0f}",
                    f"{it.orchestrators}, by {it.first_wall}",
                    it.orchestrators_without(it.first_wall),
                    f"{it.rows_per_second:,.0f}" + (f" (× {databases})" if databases > 1 else ""),
                    f"{it.journal_gb_per_day:,.0f}",
                    f"{it.megabits_per_second:,.0f}",
                )
            )
    header = (
        *("agents", "commands each a minute", "commands/s", "orchestrators", "without that wall"),
        *("rows written/s", "journal, GB a day", "Mbit/s"),
    )
    shares = ", ".join(
        f"{load.share(costs):.0%} at {load.commands_per_minute:g} commands a minute"
        for load in full
    )
    return (
        f"{units}\n\nOne loop, simulated, may be this full before its turns wait longer than "
        f"{MOST_WAIT_MS:g} ms (p99): {shares}.\n\n{table(header, rows)}"
    )


def main() -> None:
    """Foretell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("run", type=Path)
    found = json.loads(parser.parse_args().run.read_text())
    if not is_measured(found):
        parser.error("the run lacks one of the suites relay, scale and journal")
    print(tables(unit_costs(found)))


if __name__ == "__main__":
    main()
