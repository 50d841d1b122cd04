"""What can be known of the machine itself."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import psutil

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


def machine_boot() -> str:
    """Return what is the same until the machine is started anew, and is another then.

    Where the kernel has no such name it is the time of the start, which a change of the clock
    moves: that may pass for a new start, never the other way round.
    """
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return f"minute {round(psutil.boot_time() / 60)}"
