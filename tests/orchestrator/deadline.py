"""Waiting for what has to happen, with a deadline instead of a sleep."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

DEADLINE_SECONDS: Final = 5.0


async def until(holds: Callable[[], bool], seconds: float = DEADLINE_SECONDS) -> None:
    """Return as soon as *holds* does; fail when it has not within *seconds*."""
    give_up_at = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up_at, "it did not happen in time"
        await asyncio.sleep(0.005)
