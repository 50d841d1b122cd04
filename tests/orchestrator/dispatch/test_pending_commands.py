"""The open commands and their queues."""

from __future__ import annotations

from dataclasses import replace

from tests.orchestrator.conftest import Database
from tests.orchestrator.deadline import until
from tests.orchestrator.dispatch.conftest import BOUNDS, TIMERS, life


async def test_expired_commands_leave_no_place_behind(enrolled: Database) -> None:
    """An agent that stays away for good must not fill the memory."""
    bounds = replace(BOUNDS, queue_per_agent=1000, open_commands=1000)
    async with life(enrolled, replace(TIMERS, sweep=0.01), bounds) as bench:
        for number in range(300):
            await bench.submit(f"r{number}", if_offline="queue", ttl=0.001)
            if number % 60 == 59:
                await until(lambda: bench.dispatcher.submissions.open_commands() == 0)
        await bench.submit("last", if_offline="queue")

        stay = await bench.ready()
        await bench.sent(stay, "last")
