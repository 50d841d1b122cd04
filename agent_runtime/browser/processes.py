"""Whether a process lives, and its end with all that it started.

A process that is dead and only waits for its parent to notice does not live: under a parent that
hangs it would be waited for in vain.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable
from typing import Final

import psutil

_KILLED_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.02


def is_alive(pid: int) -> bool:
    """Say whether process *pid* runs."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def lives(process: psutil.Process) -> bool:
    """Say whether *process* runs; a reused pid is never taken for it."""
    return process.is_running() and is_alive(process.pid)


def wait_until_gone(
    processes: Iterable[psutil.Process], patience_seconds: float
) -> list[psutil.Process]:
    """Wait, in this thread, until none of *processes* lives; return those that still do."""
    give_up_at = time.monotonic() + patience_seconds
    left = [one for one in processes if lives(one)]
    while left and time.monotonic() < give_up_at:
        time.sleep(_POLL_SECONDS)
        left = [one for one in left if lives(one)]
    return left


def end_families(processes: Iterable[psutil.Process], *, patience_seconds: float) -> None:
    """Let *processes* and what they started end by themselves, then kill what is left.

    Blocks until they are gone.
    """
    family: dict[int, psutil.Process] = {}
    for process in processes:
        with contextlib.suppress(psutil.Error):
            for one in (process, *process.children(recursive=True)):
                family[one.pid] = one
    alive = wait_until_gone(family.values(), patience_seconds)
    for one in alive:
        with contextlib.suppress(psutil.Error):
            one.kill()
    wait_until_gone(alive, _KILLED_SECONDS)
