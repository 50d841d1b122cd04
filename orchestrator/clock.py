"""The wall clock, for people: timestamps are shown and sorted by, never decided upon."""

from __future__ import annotations

import time


def now_ms() -> int:
    """Return the milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000
