"""Nothing outlives the harness: not what it started, nor what that has left behind.

On Linux each child dies with the harness by the kernel's hand, even while it is stopped; what a
killed child leaves behind becomes a child of the harness, so that it can be found, and reaped, as
init would. Elsewhere children are ended in order only.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import psutil

_SET_CHILD_SUBREAPER: Final = 36

_BIND: Final = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execv(sys.argv[1], sys.argv[1:])"
)
"""Ask to be killed when the parent ends, then become the program."""


def leashed(program: Sequence[str]) -> list[str]:
    """Return how to start *program* so that it dies with this process."""
    if sys.platform != "linux":
        return list(program)
    return [sys.executable, "-I", "-S", "-c", _BIND, *program]


def adopt_orphans() -> None:
    """Become the parent of whatever our children leave behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1)


def adopted(own: set[int]) -> list[psutil.Process]:
    """Return the children that we did not start (*own* are those that we did)."""
    return [
        child
        for child in psutil.Process().children()
        if child.pid not in own and not _is_meant_to_be_alone(child)
    ]


def bury(own: set[int]) -> None:
    """Reap adopted children that are dead; ours are awaited by whoever started them."""
    for pid in _children() - own:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                os.waitpid(pid, os.WNOHANG)
        except (psutil.NoSuchProcess, ChildProcessError):
            continue


def end_family() -> int:
    """Kill everything that came out of this process; returns how many there were."""
    family = psutil.Process().children(recursive=True)
    for process in family:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(family, timeout=10)
    return len(family)


def _is_meant_to_be_alone(process: psutil.Process) -> bool:
    """Chromium's crash reporter leaves its parent on purpose, and ends with its Chromium."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE or "crashpad" in process.name()
    except psutil.NoSuchProcess:
        return True


def _children() -> set[int]:
    try:
        return {
            int(pid)
            for path in Path("/proc/self/task").glob("*/children")
            for pid in path.read_text().split()
        }
    except OSError:
        return set()
