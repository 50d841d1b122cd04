"""What is foretold of large fleets follows from what was measured of small ones."""

from __future__ import annotations

import statistics

import pytest

from benchmarks.simulate import LOOP, MEMORY, RETURN, Load, UnitCosts, fullest, need, tables, waits

COSTS = UnitCosts(
    command=100e-6,
    beat=60e-6,
    welcome=5e-3,
    first_welcome=15e-3,
    page=5e-3,
    agent_bytes=30_000,
    journal_bytes=500,
)
ONLY_COMMANDS = UnitCosts(200e-6, 0, 0, 0, 0, 1, 1)


def test_a_loop_with_one_kind_of_work_waits_as_theory_says() -> None:
    """A single server with work of one length, at half its capacity: half a length on average."""
    load = Load(agents=1500, commands_per_minute=100)
    assert load.share(ONLY_COMMANDS) == pytest.approx(0.5)

    waited = waits(load, ONLY_COMMANDS, seconds=20)

    # Beats, returns and lists come too, and take no time.
    assert statistics.mean(waited) == pytest.approx(0.5 * 100e-6 * 0.5 / (1 - 0.5), rel=0.2)


def test_the_fuller_the_loop_the_longer_the_wait() -> None:
    means = [
        statistics.mean(waits(Load(agents, 10), COSTS, seconds=5))
        for agents in (5000, 20000, 35000)
    ]

    assert means == sorted(means)


@pytest.mark.slow
def test_a_full_loop_is_nearly_full_and_never_over() -> None:
    for commands_per_minute in (0, 10):
        share = fullest(COSTS, commands_per_minute, seconds=5).share(COSTS)

        assert 0.5 < share < 0.95


def test_the_first_wall_is_the_lowest() -> None:
    it = need(100_000, Load(30_000, 10), COSTS)

    assert it.walls[RETURN] == 60 * 0.9 / 5e-3
    assert it.walls[LOOP] == 30_000
    assert it.walls[MEMORY] > 200_000
    assert it.first_wall == RETURN
    assert it.orchestrators == 10
    assert it.orchestrators_without(RETURN) == 4


def test_rows_disk_and_network_grow_with_the_commands() -> None:
    idle, busy = (need(100_000, Load(30_000, rate), COSTS) for rate in (0, 6))

    assert (idle.rows_per_second, idle.journal_gb_per_day) == (0, 0)
    assert busy.rows_per_second == 20_000
    assert busy.journal_gb_per_day == pytest.approx(10_000 * 500 * 86_400 / 1e9)
    assert busy.megabits_per_second > idle.megabits_per_second > 0


@pytest.mark.slow
def test_all_of_it_is_told() -> None:
    told = tables(COSTS, seconds=1)

    assert "| 1,000,000 | 10 | 166,667 |" in told
    assert RETURN in told
