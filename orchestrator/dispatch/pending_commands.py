"""All commands that are not over, with a queue for each agent.

An entry lives from before its row is written until its terminal state is durable. So an answer
can never arrive before there is somebody to receive it, and nobody waits for what is over.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final

from orchestrator.dispatch.pending import PendingCommand
from xagent_protocol.ids import AgentId, RequestId
from xagent_protocol.transitions import CommandState

STALE_PLACES: Final = 64


class PendingCommands:
    """All open commands, by request id and by agent, with a queue for each agent."""

    def __init__(self) -> None:
        """Begin empty."""
        self._by_request: dict[RequestId, PendingCommand] = {}
        self._by_agent: dict[AgentId, dict[RequestId, PendingCommand]] = {}
        self._queues: dict[AgentId, list[tuple[int, RequestId]]] = {}
        self._queued: dict[AgentId, int] = {}

    def __len__(self) -> int:
        """Count the open commands."""
        return len(self._by_request)

    def __iter__(self) -> Iterator[PendingCommand]:
        """Iterate over the open commands; safe against changes meanwhile."""
        return iter(list(self._by_request.values()))

    def get(self, request_id: RequestId) -> PendingCommand | None:
        """Return an open command."""
        return self._by_request.get(request_id)

    def oldest(self) -> PendingCommand | None:
        """Return the open command that was accepted first."""
        return min(self._by_request.values(), key=lambda entry: entry.order, default=None)

    def of_agent(self, agent_id: AgentId) -> list[PendingCommand]:
        """Return an agent's open commands in the order they were accepted."""
        entries = self._by_agent.get(agent_id, {}).values()
        return sorted(entries, key=lambda entry: entry.order)

    def open(self, entry: PendingCommand) -> None:
        """Add a command, before its row is written."""
        record = entry.record
        self._by_request[record.request_id] = entry
        self._by_agent.setdefault(record.agent_id, {})[record.request_id] = entry
        if record.state is CommandState.QUEUED:
            self.enqueue(entry)

    def close(self, entry: PendingCommand) -> None:
        """Remove a command that is over, or that could not be recorded."""
        record = entry.record
        if self._by_request.get(record.request_id) is not entry:
            return
        del self._by_request[record.request_id]
        of_agent = self._by_agent.get(record.agent_id)
        if of_agent is not None:
            of_agent.pop(record.request_id, None)
            if not of_agent:
                del self._by_agent[record.agent_id]

    def enqueue(self, entry: PendingCommand) -> None:
        """Put a command in its agent's queue, at the place of its acceptance."""
        record = entry.record
        queue = self._queues.setdefault(record.agent_id, [])
        if len(queue) > 2 * self._queued.get(record.agent_id, 0) + STALE_PLACES:
            # What expired while the agent was away has kept its place until now.
            queue[:] = [place for place in queue if self._is_queued(place[1])]
            heapq.heapify(queue)
        heapq.heappush(queue, (entry.order, record.request_id))
        self._queued[record.agent_id] = self._queued.get(record.agent_id, 0) + 1

    def _is_queued(self, request_id: RequestId) -> bool:
        entry = self._by_request.get(request_id)
        return entry is not None and entry.record.state is CommandState.QUEUED

    def put_back(self, entry: PendingCommand) -> bool:
        """Put a command that was taken out and is still queued back; returns whether it was."""
        record = entry.record
        if record.state is not CommandState.QUEUED or record.request_id not in self._by_request:
            return False
        heapq.heappush(
            self._queues.setdefault(record.agent_id, []), (entry.order, record.request_id)
        )
        return True

    def note_dequeued(self, agent_id: AgentId) -> None:
        """Note that one command of an agent is queued no longer."""
        left = self._queued[agent_id] - 1
        if left:
            self._queued[agent_id] = left
        else:
            del self._queued[agent_id]

    def next_queued(self, agent_id: AgentId, count: int) -> list[PendingCommand]:
        """Take the oldest recorded commands out of an agent's queue, at most *count*.

        Stops before one that is not recorded yet, so that none overtakes it.
        """
        queue = self._queues.get(agent_id, [])
        taken: list[PendingCommand] = []
        while queue and len(taken) < count:
            entry = self._by_request.get(queue[0][1])
            if entry is not None and entry.record.state is CommandState.QUEUED:
                if not entry.is_recorded:
                    break
                taken.append(entry)
            heapq.heappop(queue)
        if not queue:
            self._queues.pop(agent_id, None)
        return taken

    def queued(self, agent_id: AgentId) -> int:
        """Count an agent's queued commands."""
        return self._queued.get(agent_id, 0)

    def in_flight(self, agent_id: AgentId) -> int:
        """Count an agent's commands that are with it, or on their way."""
        return len(self._by_agent.get(agent_id, ())) - self._queued.get(agent_id, 0)
