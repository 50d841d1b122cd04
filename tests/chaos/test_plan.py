"""What is broken, and when, follows from the seed."""

from __future__ import annotations

from itertools import islice
from random import Random
from typing import get_args

import agent_runtime.crash
import orchestrator.crash
from chaos.plan import AGENT_CRASHES, ORCHESTRATOR_CRASHES, FaultName, Step, plan
from chaos.records import ORCHESTRATOR

AGENTS = ("alpha", "beta")


def steps(seed: int, count: int = 500, **how: object) -> list[Step]:
    """Return the first steps of a plan."""
    course = {"every_seconds": 3.0, **how}
    return list(islice(plan(Random(seed), AGENTS, **course), count))  # type: ignore[arg-type]  # a table of arguments


def test_every_kind_of_fault_has_its_turn() -> None:
    assert {step.name for step in steps(1)} == set(FaultName)


def test_the_same_seed_gives_the_same_plan() -> None:
    def told(step: Step) -> str:
        return str(step)

    assert list(map(told, steps(1))) == list(map(told, steps(1)))
    assert list(map(told, steps(1))) != list(map(told, steps(2)))


def test_only_some_faults_come_at_equal_intervals() -> None:
    only = (FaultName.ORCHESTRATOR_KILL,)

    planned = steps(1, 20, only=only, every_seconds=2.0, is_regular=True)

    assert {(step.after_seconds, step.name, step.target) for step in planned} == {
        (2.0, FaultName.ORCHESTRATOR_KILL, ORCHESTRATOR)
    }


def test_every_crash_point_of_the_programs_is_known() -> None:
    """The package is a stranger to the programs, so it has a list of its own."""
    assert set(ORCHESTRATOR_CRASHES) == set(get_args(orchestrator.crash.CrashPoint))
    assert set(AGENT_CRASHES) == set(get_args(agent_runtime.crash.CrashPoint))


def test_a_fault_that_is_not_possible_here_is_left_out() -> None:
    planned = steps(1, without=frozenset({FaultName.DISK_FULL}))

    assert FaultName.DISK_FULL not in {step.name for step in planned}
