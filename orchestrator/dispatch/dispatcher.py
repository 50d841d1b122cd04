"""All that moves commands, put together, and the clock that moves them when nobody else does.

Each move is computed by the table, committed by the journal, and only then acted upon. Rows
T1–T12 are those of `docs/delivery.md`.
"""

from __future__ import annotations

import asyncio
import itertools
from typing import Final

from orchestrator.dispatch import moves
from orchestrator.dispatch.acceptance import Acceptance
from orchestrator.dispatch.connections import Connections
from orchestrator.dispatch.delivery import Delivery
from orchestrator.dispatch.errands import Errands, reported
from orchestrator.dispatch.events import Events
from orchestrator.dispatch.ledger import Ledger
from orchestrator.dispatch.pending import PendingCommand
from orchestrator.dispatch.reconciliation import Reconciliation
from orchestrator.dispatch.settlement import Settlement
from orchestrator.dispatch.submissions import Submissions
from orchestrator.metrics import Metrics
from orchestrator.settings import Bounds, Timers
from orchestrator.store.agents import AgentRegistry
from orchestrator.store.journal import Journal
from xagent_protocol.transitions import CommandState

SWEEPS_PER_MARK: Final = 60


class Dispatcher:
    """Commands from their submission to a terminal state.

    *submissions* is the callers' side; *reconciliation* and *settlement* are the agents'.
    """

    def __init__(
        self,
        journal: Journal,
        registry: AgentRegistry,
        connections: Connections,
        events: Events,
        metrics: Metrics,
        timers: Timers,
        bounds: Bounds,
    ) -> None:
        """Call `load` once, then `run` for as long as commands are to move."""
        self._connections = connections
        self._sweep_seconds = timers.sweep
        self._errands = errands = Errands()
        self._ledger = ledger = Ledger(
            journal, events, metrics, errands, grace_seconds=timers.grace
        )
        self._delivery = delivery = Delivery(ledger, connections, errands, bounds)
        acceptance = Acceptance(ledger, delivery, registry, connections, bounds)
        self.submissions = Submissions(ledger, journal, acceptance, delivery, connections, errands)
        self.reconciliation = Reconciliation(ledger, delivery, connections, errands, bounds)
        self.settlement = Settlement(ledger, journal, metrics, errands)

    async def load(self, *, is_restored: bool = False) -> None:
        """Take up what an earlier life of this orchestrator still owes.

        If the database *is_restored* from a backup, what is open in it may be over since.
        """
        await self._ledger.load()
        if is_restored:
            for entry in self._ledger.pending:
                async with entry.turn:
                    await self._ledger.commit(entry, moves.doubted(entry.record))

    async def run(self) -> None:
        """Move commands until cancelled."""
        async with self._errands:
            for sweeps in itertools.count(1):
                await asyncio.sleep(self._sweep_seconds)
                await reported(self._sweep())
                if sweeps % SWEEPS_PER_MARK == 0:
                    await reported(self._ledger.mark())

    async def _sweep(self) -> None:
        """Expire what waited too long (T8), and give up what nobody will report (T7)."""
        now = asyncio.get_running_loop().time()
        for entry in self._ledger.pending:
            if not entry.is_recorded or not _is_due(entry, now):
                continue
            async with entry.turn:
                record = entry.record
                if not _is_due(entry, now):
                    continue
                if record.state is CommandState.QUEUED:
                    after = moves.expired(record)
                else:
                    after = moves.lost(record, "No result came within its time and the grace.")
                await self._ledger.commit(entry, after)
        for live in self._connections:
            # Whatever kept a queue from moving, it moves again within a sweep.
            self._delivery.pump(live.agent_id)


def _is_due(entry: PendingCommand, now: float) -> bool:
    if entry.record.is_over:
        return False
    if entry.record.state is CommandState.QUEUED:
        return now >= entry.expires_at
    return entry.overdue_at is not None and now >= entry.overdue_at
