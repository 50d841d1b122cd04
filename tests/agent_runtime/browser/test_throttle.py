"""A slower network in Chromium's words."""

from __future__ import annotations

from agent_runtime.browser.throttle import Throttle


def test_kilobits_become_bytes() -> None:
    _, params = Throttle(800, 80, 50).order(offline=False)

    assert params == {
        "offline": False,
        "latency": 50,
        "downloadThroughput": 100_000,
        "uploadThroughput": 10_000,
    }


def test_what_slows_down_says_also_that_there_is_no_network() -> None:
    assert Throttle(latency_ms=1).order(offline=True)[1]["offline"] is True


def test_what_slows_nothing_down_leaves_the_rest_to_others() -> None:
    assert Throttle().is_nothing
    assert Throttle().order(offline=True)[1] == {
        "offline": False,
        "latency": 0,
        "downloadThroughput": -1,
        "uploadThroughput": -1,
    }
