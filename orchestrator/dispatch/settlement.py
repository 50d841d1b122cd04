"""What agents report of their commands: a result is acknowledged after it is durable.

What an agent sends may be late, repeated, of another attempt or of a command that nobody here
remembers; it is never dropped, and never lets a terminal state change.
"""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec
import structlog

from orchestrator.clock import now_ms
from orchestrator.crash import crash_at
from orchestrator.dispatch import moves
from orchestrator.dispatch.connections import LiveAgent
from orchestrator.dispatch.errands import Errands
from orchestrator.dispatch.ledger import WITH_AGENT, Ledger
from orchestrator.dispatch.pending import PendingCommand
from orchestrator.metrics import Metrics
from orchestrator.store.journal import Journal
from orchestrator.store.records import CommandRecord
from xagent_protocol.close_codes import CloseCode
from xagent_protocol.messages import Result, Started
from xagent_protocol.transitions import CommandState, Progress

log: Final = structlog.get_logger(__name__)

ADOPTED_ACTION: Final = "(unknown)"
"""What stands for the action of a command that only its agent remembers."""


class Settlement:
    """Takes in what agents say of the commands they were sent."""

    def __init__(
        self, ledger: Ledger, journal: Journal, metrics: Metrics, errands: Errands
    ) -> None:
        """Settle what *ledger* holds open; look the rest up in *journal*."""
        self._ledger = ledger
        self._pending = ledger.pending
        self._journal = journal
        self._metrics = metrics
        self._errands = errands

    def started(self, live: LiveAgent, message: Started) -> None:
        """Note that an agent begins (T3); need not be durable by itself."""
        entry = self._pending.get(message.request_id)
        if entry is None or entry.record.agent_id != live.agent_id:
            return
        if entry.turn.try_take():
            self._ledger.start(entry, message.attempt)
            entry.turn.give_back()
        else:
            self._errands.spawn(self._start_in_turn(entry, message.attempt))

    def owns(self, live: LiveAgent, message: Result) -> bool:
        """Say whether a result may come from this agent, as far as memory knows."""
        entry = self._pending.get(message.request_id)
        return entry is None or entry.record.agent_id == live.agent_id

    async def finished(self, live: LiveAgent, message: Result) -> None:
        """Take in a result: commit it (T4, T11), tell who waits, acknowledge it.

        Returns before it is committed, so that an agent's results share commits; only one that
        nobody waits for is looked up first, lest an agent fill the memory with such look-ups.
        """
        if self.settle(live, message):
            return
        crash_at("result-received")
        await self._errands.unharmed(self._finish_in_turn(live, message))

    def settle(self, live: LiveAgent, message: Result) -> bool:
        """Do the same where nobody has to be waited for: the command is open, and nobody moves it.

        Returns whether that is so; else nothing was done.
        """
        entry = self._pending.get(message.request_id)
        if (
            entry is None
            or entry.record.agent_id != live.agent_id
            or not self._awaits(entry, message)
            or not entry.turn.try_take()
        ):
            return False
        crash_at("result-received")
        self._finish(entry, live, message)
        return True

    async def _start_in_turn(self, entry: PendingCommand, attempt: int) -> None:
        async with entry.turn:
            self._ledger.start(entry, attempt)

    def _finish(self, entry: PendingCommand, live: LiveAgent, message: Result) -> None:
        """Settle a command by its result; the turn is held, and given back once it is durable."""
        try:
            after = moves.finished(entry.record, message.outcome)
            settle = partial(self._settle, entry, after, live, message)
            self._ledger.commit_soon(entry, after, settle)
        except Exception as error:
            # What an agent sends must never leave a turn taken: everything else waits for it.
            entry.turn.give_back()
            self._errands.spawn(self._give_up(entry, live, message, error))

    def _settle(
        self,
        entry: PendingCommand,
        after: CommandRecord,
        live: LiveAgent,
        message: Result,
        written: bool | Exception,
    ) -> None:
        if written is True:
            crash_at("result-recorded")
            self._ledger.show(entry, after)
            live.socket.acknowledge(message.request_id, message.attempt)
        elif written is False:
            self._errands.spawn(self._finish_otherwise(entry, live, message))
        else:
            self._errands.spawn(self._give_up(entry, live, message, written))
        entry.turn.give_back()

    async def _finish_in_turn(self, live: LiveAgent, message: Result) -> None:
        entry = self._pending.get(message.request_id)
        if entry is None:
            await self._finish_late(live, message)
            return
        await entry.turn.__aenter__()  # given back by `_finish`, once the result is durable
        if self._awaits(entry, message):
            self._finish(entry, live, message)
            return
        entry.turn.give_back()
        await self._finish_late(live, message)

    async def _finish_otherwise(
        self, entry: PendingCommand, live: LiveAgent, message: Result
    ) -> None:
        """Take a result of a command that the journal knows otherwise than memory did."""
        async with entry.turn:
            if not entry.record.is_over:
                await self._ledger.believe_journal(entry)
        await self._finish_late(live, message)

    async def _give_up(
        self, entry: PendingCommand, live: LiveAgent, message: Result, error: Exception
    ) -> None:
        """End a command whose result no journal can hold; its agent would send it for ever."""
        record = entry.record
        log.error(
            "result.unstorable",
            agent_id=record.agent_id,
            request_id=record.request_id,
            error=type(error).__name__,
        )
        async with entry.turn:
            if entry.record.state in WITH_AGENT:
                why = "Its result could not be stored."
                await self._ledger.commit(entry, moves.lost(entry.record, why))
        live.socket.acknowledge(message.request_id, message.attempt)

    async def _finish_late(self, live: LiveAgent, message: Result) -> None:
        """Take a result of a command that is over, or of another attempt of it (T12)."""
        known = await self._journal.find(message.request_id)
        entry = self._pending.get(message.request_id)
        if known is None and entry is None:
            await self._adopt(live, message)
            return
        if (
            entry is not None
            and entry.record.agent_id == live.agent_id
            and (known is None or self._awaits(entry, message))
        ):
            # It was asked for while it was looked up.
            await self._finish_in_turn(live, message)
            return
        if known is None or known.agent_id != live.agent_id:
            self._refuse(live, message)
            return
        repeated = (
            known.progress.attempt == message.attempt
            and known.state.value == message.outcome.state.value
        )
        if not repeated:
            log.warning("result.late", agent_id=live.agent_id, request_id=message.request_id)
            kept = msgspec.json.encode(message.outcome)
            await self._journal.keep_late_result(message.request_id, kept)
        live.socket.acknowledge(message.request_id, message.attempt)

    def _refuse(self, live: LiveAgent, message: Result) -> None:
        log.error("result.of_another_agent", agent_id=live.agent_id, request_id=message.request_id)
        live.socket.close(CloseCode.FORBIDDEN, "forbidden: a result of another agent")

    async def _adopt(self, live: LiveAgent, message: Result) -> None:
        """Record a command that only its agent remembers, with the result it brings.

        So it is after a database was restored from a backup: what was done is not to be dropped
        because nobody here knows who asked for it.
        """
        log.error("result.adopted", agent_id=live.agent_id, request_id=message.request_id)
        self._metrics.result_unexpected()
        record = CommandRecord(
            request_id=message.request_id,
            agent_id=live.agent_id,
            action=ADOPTED_ACTION,
            params=msgspec.Raw(b"{}"),
            timeout=0.0,
            idempotent=False,
            ttl=0.0,
            fingerprint="",
            progress=Progress(CommandState.DISPATCHED, message.attempt),
            created_at=now_ms(),
            epoch=live.session.epoch,
        )
        entry = self._ledger.open(record, expires_at=0.0)
        self._ledger.record(entry)
        await entry.turn.__aenter__()  # the ledger's until the row is written, or is not
        if entry.is_recorded:
            self._finish(entry, live, message)
        else:
            entry.turn.give_back()

    def _awaits(self, entry: PendingCommand, result: Result) -> bool:
        """Say whether a result is the one that the command is open for."""
        record = entry.record
        return record.state in WITH_AGENT and record.progress.attempt == result.attempt
