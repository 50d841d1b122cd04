"""What becomes of an agent's commands when it leaves, and when it comes back."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog

from orchestrator.dispatch import moves
from orchestrator.dispatch.connections import Connections, LiveAgent
from orchestrator.dispatch.delivery import Delivery
from orchestrator.dispatch.errands import Errands
from orchestrator.dispatch.ledger import WITH_AGENT, Ledger
from orchestrator.dispatch.pending import PendingCommand
from orchestrator.dispatch.verdict import Keep, judge
from orchestrator.settings import Bounds
from xagent_protocol.ids import AgentId, RequestId
from xagent_protocol.messages import Cancel, Inventory, InventoryItem
from xagent_protocol.transitions import CommandEvent, CommandState

log: Final = structlog.get_logger(__name__)


class Reconciliation:
    """Settles what one session left open before the next one gets commands."""

    def __init__(
        self,
        ledger: Ledger,
        delivery: Delivery,
        connections: Connections,
        errands: Errands,
        bounds: Bounds,
    ) -> None:
        """Let commands flow through *delivery* once an agent is reconciled."""
        self._ledger = ledger
        self._delivery = delivery
        self._connections = connections
        self._errands = errands
        self._attempts = bounds.attempts

    def left(self, agent_id: AgentId) -> None:
        """Start the last countdown of what an agent was doing when its socket went."""
        for entry in self._ledger.pending.of_agent(agent_id):
            if entry.record.state is CommandState.DISPATCHED:
                self._ledger.count_down(entry)

    async def reconcile(self, live: LiveAgent, inventory: Inventory) -> None:
        """Settle what an earlier session left open, then let commands flow again.

        Until this returns nothing is dispatched on *live*; cancels go first.
        """
        held = {item.request_id: item for item in inventory.commands}
        for entry in self._ledger.pending.of_agent(live.agent_id):
            await self._errands.unharmed(self._reconcile_in_turn(entry, live, held))
        live.is_ready = True
        self._delivery.pump(live.agent_id)

    async def _reconcile_in_turn(
        self, entry: PendingCommand, live: LiveAgent, held: dict[RequestId, InventoryItem]
    ) -> None:
        async with entry.turn:
            # What was dispatched in a later session says nothing to this one's inventory.
            if (
                entry.is_recorded
                and entry.record.state in WITH_AGENT
                and entry.record.epoch < live.session.epoch
                and self._connections.get(live.agent_id) is live
            ):
                await self._reconcile_one(entry, live, held.get(entry.record.request_id))

    async def _reconcile_one(
        self, entry: PendingCommand, live: LiveAgent, held: InventoryItem | None
    ) -> None:
        record = entry.record
        verdict = judge(
            record,
            held,
            live.session,
            reads=record.reads,
            may_retry=record.progress.attempt < self._attempts
            and asyncio.get_running_loop().time() < entry.expires_at,
        )
        if isinstance(verdict, Keep):
            self._keep(entry, live, verdict)
            return
        log.warning(
            "command.reconciled",
            agent_id=record.agent_id,
            request_id=record.request_id,
            verdict=verdict.value,
        )
        if verdict is CommandEvent.LOSE:
            why = "The agent came back without it, so it may have run."
            await self._ledger.commit(entry, moves.lost(record, why))
            return
        is_queued = await self._ledger.commit(entry, moves.queued_again(record, verdict))
        if is_queued and record.progress.cancel_requested:
            await self._ledger.commit(entry, moves.withdrawn(entry.record))

    def _keep(self, entry: PendingCommand, live: LiveAgent, verdict: Keep) -> None:
        record = entry.record
        if record.state is CommandState.DISPATCHED:
            if verdict is Keep.STARTED:
                self._ledger.start(entry, record.progress.attempt)
            else:
                self._ledger.count_down(entry, in_its_lane=True)
        if record.progress.cancel_requested:
            live.socket.send(Cancel(record.request_id))
