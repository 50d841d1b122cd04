"""Points in time."""

from __future__ import annotations

from agent_runtime.actions.moment import moment


def test_a_moment_is_told_to_the_millisecond_and_in_utc() -> None:
    assert moment(1_795_595_399_195.2441) == "2026-11-25T08:29:59.195Z"
