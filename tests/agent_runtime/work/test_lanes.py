"""Who may begin, and who waits."""

from __future__ import annotations

import pytest

from agent_runtime.work.lanes import Lanes


@pytest.fixture
def lanes() -> Lanes[str]:
    """Free lanes."""
    return Lanes()


def test_within_a_lane_one_after_the_other_in_order(lanes: Lanes[str]) -> None:
    entered = [lanes.enter("p1", job) for job in ("a", "b", "c")]

    assert entered == [True, False, False]
    assert [lanes.leave("p1") for _ in range(3)] == ["b", "c", None]
    assert lanes.enter("p1", "d"), "a lane that is empty is free again"


def test_lanes_do_not_wait_for_each_other(lanes: Lanes[str]) -> None:
    assert lanes.enter("p1", "a")
    assert lanes.enter("p2", "b")


def test_without_a_lane_nobody_waits(lanes: Lanes[str]) -> None:
    assert lanes.enter(None, "a")
    assert lanes.enter(None, "b")
    assert lanes.leave(None) is None


def test_who_waits_can_be_withdrawn_and_who_does_not_cannot(lanes: Lanes[str]) -> None:
    lanes.enter("p1", "a")
    lanes.enter("p1", "b")
    lanes.enter("p1", "c")

    assert lanes.withdraw("p1", "b")
    assert not lanes.withdraw("p1", "b")
    assert not lanes.withdraw("p1", "a")
    assert not lanes.withdraw("p2", "c")
    assert not lanes.withdraw(None, "c")
    assert lanes.leave("p1") == "c"
