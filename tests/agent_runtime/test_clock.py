"""The clock that does not stand still while the machine sleeps."""

from __future__ import annotations

import sys
import time

import pytest

from agent_runtime.clock import sleepless


def test_it_never_goes_back() -> None:
    readings = [sleepless() for _ in range(1000)]

    assert readings == sorted(readings)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems name it otherwise")
def test_on_linux_it_counts_the_time_asleep() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    reading = sleepless()

    assert before <= reading <= time.clock_gettime(time.CLOCK_BOOTTIME)
