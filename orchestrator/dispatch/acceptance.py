"""Whether a command can be taken: all that memory can tell, checked before anything is written."""

from __future__ import annotations

from typing import Final

from orchestrator.clock import now_ms
from orchestrator.dispatch import moves
from orchestrator.dispatch.catalog import ActionCatalog
from orchestrator.dispatch.connections import Connections
from orchestrator.dispatch.delivery import Delivery
from orchestrator.dispatch.ledger import Ledger
from orchestrator.dispatch.pending import PendingCommand
from orchestrator.dispatch.submission import Submission
from orchestrator.errors import AgentOffline, BodyTooLarge, QueueFull, TooManyCommands
from orchestrator.fresh_ids import new_request_id
from orchestrator.settings import Bounds
from orchestrator.store.agents import AgentRegistry
from orchestrator.store.records import AgentRecord, CommandRecord
from xagent_protocol.transitions import CommandState, Progress

OFFLINE_RETRY_SECONDS: Final = 5

ENVELOPE_BYTES: Final = 4096
"""More than everything in a command's frame beside its params."""


class Acceptance:
    """Opens commands that can be done, within the bounds."""

    def __init__(
        self,
        ledger: Ledger,
        delivery: Delivery,
        registry: AgentRegistry,
        connections: Connections,
        bounds: Bounds,
    ) -> None:
        """Open commands in *ledger*."""
        self._ledger = ledger
        self._delivery = delivery
        self._registry = registry
        self._connections = connections
        self._bounds = bounds
        self._catalog = ActionCatalog()

    def accept(
        self, submission: Submission, params: object, fingerprint: str, now: float
    ) -> PendingCommand:
        """Open a command that is yet to be recorded, dispatched already if it can go at once.

        *params* are the decoded params, *now* is the time of the loop.

        Raises:
            Refusal: it cannot be taken; nothing was opened.
        """
        agent_id = submission.agent_id
        agent = self._registry.get(agent_id)
        action = self._catalog.find(agent, submission.action)
        self._catalog.validate(action, params)
        live = self._connections.get(agent_id)
        if live is None and submission.if_offline == "fail":
            raise _offline(agent)
        goes_at_once = live is not None and self._delivery.takes_at_once(live)
        self._check_bounds(submission, goes_at_once=goes_at_once)
        record = CommandRecord(
            request_id=submission.request_id or new_request_id(),
            agent_id=agent_id,
            action=submission.action,
            params=submission.params,
            timeout=submission.timeout,
            idempotent=action.reads if submission.idempotent is None else submission.idempotent,
            ttl=submission.ttl,
            fingerprint=fingerprint,
            progress=Progress(CommandState.QUEUED),
            created_at=now_ms(),
            page_asked=submission.page,
            record=submission.record,
            if_controlled=submission.if_controlled,
            control_digest=submission.control_digest,
            requested_by=submission.requested_by,
        )
        if goes_at_once and live is not None:
            record = moves.dispatched(record, live.session, reads=action.reads)
        return self._ledger.open(record, now + submission.ttl)

    def _check_bounds(self, submission: Submission, *, goes_at_once: bool) -> None:
        bounds, pending = self._bounds, self._ledger.pending
        if len(submission.params) > bounds.frame_bytes - ENVELOPE_BYTES:
            raise BodyTooLarge(
                f"Params are at most {bounds.frame_bytes - ENVELOPE_BYTES} bytes, so that the "
                "command fits into a frame; nothing was recorded. Send bytes as an artifact."
            )
        if len(pending) >= bounds.open_commands:
            raise TooManyCommands(
                f"{len(pending)} commands are open, the limit of this server; nothing was "
                "recorded.",
                retry_after=2,
            )
        if not goes_at_once and pending.queued(submission.agent_id) >= bounds.queue_per_agent:
            raise QueueFull(
                f"The queue of agent {submission.agent_id!r} is full ({bounds.queue_per_agent}); "
                "nothing was recorded.",
                retry_after=1,
            )


def _offline(agent: AgentRecord) -> AgentOffline:
    return AgentOffline(
        f"Agent {agent.agent_id!r} is not connected; nothing was recorded. Try again, or send "
        'it with "if_offline": "queue".',
        retry_after=OFFLINE_RETRY_SECONDS,
    )
