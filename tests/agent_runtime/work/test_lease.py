"""How long the orchestrator still counts on an agent."""

from __future__ import annotations

import pytest

from agent_runtime.work.lease import Lease


@pytest.mark.parametrize(("now", "is_over"), [(39.9, False), (40.0, True), (41.0, True)])
def test_a_lease_is_over_at_its_end(now: float, is_over: bool) -> None:
    lease = Lease()
    lease.extend(40.0)

    assert lease.is_over(now) is is_over


def test_before_the_first_welcome_nothing_is_held_back() -> None:
    assert not Lease().is_over(1e12)
