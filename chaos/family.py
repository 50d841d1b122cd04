"""Who is who among the processes of an agent."""

from __future__ import annotations

from collections.abc import Sequence

import psutil


def browser_of(agent: psutil.Process) -> psutil.Process | None:
    """Return the main process of an agent's Chromium."""
    for process in _family(agent):
        line = _command_line(process)
        if _is_chromium(line) and not any(part.startswith("--type=") for part in line):
            return process
    return None


def renderers_of(agent: psutil.Process) -> list[psutil.Process]:
    """Return the processes that show its pages."""
    return [p for p in _family(agent) if "--type=renderer" in _command_line(p)]


def driver_of(agent: psutil.Process) -> psutil.Process | None:
    """Return the process through which it drives its browser."""
    for process in _family(agent):
        if "run-driver" in _command_line(process):
            return process
    return None


def _is_chromium(line: Sequence[str]) -> bool:
    return any(part.startswith("--user-data-dir=") for part in line)


def _family(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
