"""Stopping processes, and letting them go on, as a laptop lid or a debugger does."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import psutil


class Freezer:
    """Stops processes, and lets them go on; they go on by themselves if the harness is killed."""

    def __init__(self) -> None:
        """Begin with none."""
        self._holders: dict[int, asyncio.subprocess.Process] = {}
        self._numbers = itertools.count()

    @property
    def pids(self) -> set[int]:
        """The processes of its own."""
        return {holder.pid for holder in self._holders.values()}

    async def freeze(self, processes: Sequence[psutil.Process]) -> int:
        """Stop *processes*; returns what `thaw` is to be given."""
        pids = [str(process.pid) for process in processes]
        # A shell of its own holds them, because only that is sure to notice how we end.
        holder = await asyncio.create_subprocess_exec(
            *("sh", "-c", 'kill -STOP "$@"; read -r _; kill -CONT "$@"', "freeze", *pids),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        number = next(self._numbers)
        self._holders[number] = holder
        return number

    async def thaw(self, number: int) -> None:
        """Let them go on."""
        holder = self._holders[number]
        assert holder.stdin is not None
        holder.stdin.close()
        await holder.wait()
        del self._holders[number]
