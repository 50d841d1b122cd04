"""Those who look on: at the agents as the API shows them, at memory, orphans, and ourselves."""

from __future__ import annotations

import asyncio
import time
from typing import Final

import psutil

from chaos import leash
from chaos.fleet import Fleet
from chaos.history import History
from chaos.records import ORCHESTRATOR, Lagged, Orphaned

LOOK_SECONDS: Final = 0.5
LAG_SECONDS: Final = 0.25
ORPHAN_SECONDS: Final = 15.0


class Watch:
    """Notes in the history what nobody asked for."""

    def __init__(self, fleet: Fleet, history: History) -> None:
        """Look at *fleet*."""
        self._fleet = fleet
        self._history = history
        self.orchestrator_bytes = 0

    async def run(self) -> None:
        """Look on until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._agents())
            tasks.create_task(self._processes())
            tasks.create_task(self._ourselves())

    async def _agents(self) -> None:
        while True:
            await self._fleet.api.agents()
            await asyncio.sleep(LOOK_SECONDS)

    async def _processes(self) -> None:
        """Note how large the orchestrator grows, and what a dead agent has left behind."""
        orphans: dict[psutil.Process, float] = {}
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._measure()
            now = time.monotonic()
            found = leash.adopted(self._fleet.own_pids)
            orphans = {process: orphans.get(process, now) for process in found}
            for process, since in orphans.items():
                if now - since > ORPHAN_SECONDS:
                    self._report(process, now - since)

    def _measure(self) -> None:
        process = self._fleet.members[ORCHESTRATOR].process
        if process is not None:
            try:
                self.orchestrator_bytes = max(self.orchestrator_bytes, process.memory_info().rss)
            except psutil.NoSuchProcess:
                return

    def _report(self, process: psutil.Process, seconds: float) -> None:
        try:
            program = " ".join(process.cmdline())[:300]
            process.kill()
        except psutil.NoSuchProcess:
            return
        self._history.note(
            Orphaned(at=self._history.now(), pid=process.pid, program=program, seconds=seconds)
        )

    async def _ourselves(self) -> None:
        """Note when this process was held up: what it measured then is not to be believed."""
        while True:
            expected = time.monotonic() + LAG_SECONDS
            await asyncio.sleep(LAG_SECONDS)
            late = time.monotonic() - expected
            if late > LAG_SECONDS:
                self._history.note(Lagged(at=self._history.now(), seconds=round(late, 3)))
