"""The wall clock, for people: timestamps are shown and sorted by.

One thing alone is decided upon it, because it has to outlive the process: when an enrolment token
runs out. Leases, deadlines and times to live are counted by the event loop's own clock.
"""

from __future__ import annotations

import time


def now_ms() -> int:
    """Return the milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000
