"""From the queue to the agent: a frame is sent after its dispatch is durable, and in its order."""

from __future__ import annotations

import asyncio

from orchestrator.crash import crash_at
from orchestrator.dispatch import moves
from orchestrator.dispatch.connections import Connections, LiveAgent
from orchestrator.dispatch.errands import Errands, reported
from orchestrator.dispatch.ledger import Ledger
from orchestrator.dispatch.pending import PendingCommand
from orchestrator.settings import Bounds
from xagent_protocol.ids import AgentId
from xagent_protocol.messages import Command
from xagent_protocol.transitions import CommandEvent, CommandState


class Delivery:
    """Dispatches what is queued while its agent is here and has room."""

    def __init__(
        self, ledger: Ledger, connections: Connections, errands: Errands, bounds: Bounds
    ) -> None:
        """Hear from *ledger* when a queue may move."""
        self._ledger = ledger
        self._pending = ledger.pending
        self._connections = connections
        self._errands = errands
        self._in_flight_limit = bounds.in_flight_per_agent
        self._pumping: set[AgentId] = set()
        ledger.on_room = self.pump

    def takes_at_once(self, live: LiveAgent) -> bool:
        """Say whether a new command would overtake nobody and find room."""
        agent_id = live.session.agent_id
        return (
            live.is_ready
            and agent_id not in self._pumping
            and not self._pending.queued(agent_id)
            and self._pending.in_flight(agent_id) < self._in_flight_limit
        )

    def send(self, entry: PendingCommand) -> None:
        """Write the frame of a command whose dispatch is durable.

        Or take the dispatch back, if the agent has left the session it was made for. Does nothing
        with a command that is still queued. The caller holds the turn.
        """
        record = entry.record
        if record.state is not CommandState.DISPATCHED:
            return
        live = self._connections.get(record.agent_id)
        if live is None or live.session.epoch != record.epoch:
            self._errands.spawn(self._return_unsent(entry))
            return
        self._ledger.count_down(entry, in_its_lane=True)
        live.socket.send(
            Command(
                request_id=record.request_id,
                attempt=record.progress.attempt,
                action=record.action,
                params=record.params,
                timeout=record.timeout,
                page=record.page_asked,
                record=record.record,
                if_controlled=record.if_controlled,
                control_digest=record.control_digest,
                # Others are told who holds a lease; nothing else of an agent's asks for it.
                requested_by=None if record.control_digest is None else record.requested_by,
            )
        )
        crash_at("command-sent")

    def pump(self, agent_id: AgentId) -> None:
        """See to it that queued commands go out while the agent can take them."""
        live = self._connections.get(agent_id)
        if (
            live is not None
            and live.is_ready
            and agent_id not in self._pumping
            and self._pending.queued(agent_id)
            and self._pending.in_flight(agent_id) < self._in_flight_limit
        ):
            self._pumping.add(agent_id)
            self._errands.spawn(self._dispatch_queued(agent_id, live))

    async def _dispatch_queued(self, agent_id: AgentId, live: LiveAgent) -> None:
        try:
            while self._connections.get(agent_id) is live:
                free = self._in_flight_limit - self._pending.in_flight(agent_id)
                entries = self._pending.next_queued(agent_id, free)
                if not entries:
                    return
                # Side by side, so that they share a commit; frames go out in this order, because
                # the writer answers in the order it was asked.
                async with asyncio.TaskGroup() as tasks:
                    for entry in entries:
                        tasks.create_task(reported(self._dispatch(entry, live)))
                stuck = [entry for entry in entries if self._pending.put_back(entry)]
                if stuck:
                    return  # the next sweep tries again
        finally:
            self._pumping.discard(agent_id)

    async def _dispatch(self, entry: PendingCommand, live: LiveAgent) -> None:
        async with entry.turn:
            record = entry.record
            if record.state is not CommandState.QUEUED:
                return
            if record.progress.cancel_requested:
                # The wish came while an earlier dispatch was being committed or taken back.
                await self._ledger.commit(entry, moves.withdrawn(record))
                return
            after = moves.dispatched(record, live.session, reads=live.reads(record.action))
            if await self._ledger.commit(entry, after):
                self.send(entry)

    async def _return_unsent(self, entry: PendingCommand) -> None:
        """Put a dispatch back whose frame was never written, so never received (T5)."""
        async with entry.turn:
            record = entry.record
            live = self._connections.get(record.agent_id)
            if record.state is CommandState.DISPATCHED and (
                live is None or live.session.epoch != record.epoch
            ):
                await self._ledger.commit(entry, moves.queued_again(record, CommandEvent.RETURN))
        self.pump(entry.record.agent_id)
