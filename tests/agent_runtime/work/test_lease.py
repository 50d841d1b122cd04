"""How long the orchestrator still counts on an agent."""

from __future__ import annotations

import pytest

from agent_runtime.work.lease import Lease


@pytest.mark.parametrize(("passed", "is_over"), [(39.9, False), (40.0, True), (41.0, True)])
def test_a_lease_is_over_at_its_end(passed: float, is_over: bool) -> None:
    now = 100.0
    lease = Lease(lambda: now)
    lease.extend(40.0)
    now += passed

    assert lease.is_over is is_over


def test_before_the_first_welcome_nothing_is_held_back() -> None:
    assert not Lease(lambda: 1e12).is_over


def test_its_own_clock_runs() -> None:
    lease = Lease()
    lease.extend(3600.0)
    assert not lease.is_over

    lease.extend(0.0)
    assert lease.is_over
