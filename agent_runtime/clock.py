"""A clock that goes on while the machine sleeps.

The event loop's own stands still then, on Linux and macOS: after a night with the lid closed it
would take the socket of the evening before for one that was just heard. The wall clock is no way
out, for people and time servers set it.
"""

from __future__ import annotations

import sys
import time

if sys.platform == "linux":

    def sleepless() -> float:
        """Return seconds that only grow, awake or asleep."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

elif sys.platform == "darwin":

    def sleepless() -> float:
        """Return seconds that only grow, awake or asleep."""
        # Not what `time.monotonic` reads there, which stands still as well.
        return time.clock_gettime(time.CLOCK_MONOTONIC)

else:
    sleepless = time.monotonic
