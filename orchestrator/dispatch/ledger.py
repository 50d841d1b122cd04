"""The open commands and their journal, which never say different things for long.

Each move is committed by the journal and only then shown, and who waits for a command is told of
nothing that is not durable.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Final

import structlog

from orchestrator.crash import crash_at
from orchestrator.dispatch import moves
from orchestrator.dispatch.errands import Errands
from orchestrator.dispatch.events import Events
from orchestrator.dispatch.pending import PendingCommand
from orchestrator.dispatch.pending_commands import PendingCommands
from orchestrator.metrics import Metrics
from orchestrator.store.journal import Journal
from orchestrator.store.records import CommandRecord
from orchestrator.store.writer import Settle
from xagent_protocol.errors import IllegalMove
from xagent_protocol.ids import AgentId
from xagent_protocol.transitions import CommandState

log: Final = structlog.get_logger(__name__)

WITH_AGENT: Final = (CommandState.DISPATCHED, CommandState.RUNNING)


def _nobody(agent_id: AgentId) -> None:
    """Stand where nobody has subscribed."""


class Ledger:
    """Opens, moves and closes commands.

    *on_room* hears of an agent whose queue may move, because a command of it was recorded or is
    over; `Delivery` subscribes.
    """

    def __init__(
        self,
        journal: Journal,
        events: Events,
        metrics: Metrics,
        errands: Errands,
        *,
        grace_seconds: float,
    ) -> None:
        """Begin with nothing open; call `load` once. *events* hears of each move."""
        self._events = events
        self.pending = PendingCommands()
        self.on_room: Callable[[AgentId], None] = _nobody
        self._journal = journal
        self._metrics = metrics
        self._errands = errands
        self._grace_seconds = grace_seconds
        self._order = itertools.count()

    async def load(self) -> None:
        """Take up what an earlier life of this orchestrator still owes."""
        now = asyncio.get_running_loop().time()
        for record in await self._journal.open_commands():
            entry = self.open(record, now + record.ttl)
            entry.is_recorded = True
            if record.state is not CommandState.QUEUED:
                self.count_down(entry)
        log.info("journal.loaded", open_commands=len(self.pending))

    def open(self, record: CommandRecord, expires_at: float) -> PendingCommand:
        """Add a command behind those that were accepted before it."""
        entry = PendingCommand(record, next(self._order), expires_at)
        self.pending.open(entry)
        return entry

    def record(
        self, entry: PendingCommand, then: Callable[[PendingCommand], None] | None = None
    ) -> None:
        """Write a new command into the journal; call *then* when it is there.

        The turn is held meanwhile. If it cannot be recorded, it is closed and who waits hears why;
        if there is one of its id in the journal already, they hear of that one instead.
        """
        entry.turn.try_take()
        settle = partial(self._recorded, entry, then)
        crash_at("before-submit")
        self._journal.record(entry.record, settle, is_alone=len(self.pending) == 1)

    async def commit(self, entry: PendingCommand, after: CommandRecord) -> bool:
        """Make a move durable and visible; returns whether the journal allowed it.

        The caller holds the entry's turn, in an errand: were it cancelled between the write and
        its showing, memory and journal would differ.
        """
        if await self._journal.move(entry.durable, after):
            self.show(entry, after)
            return True
        await self.believe_journal(entry)
        return False

    def commit_soon(self, entry: PendingCommand, after: CommandRecord, settle: Settle) -> None:
        """Make a move durable and call *settle* with whether it is, or why not.

        The caller holds the turn until then, and shows the move itself.
        """
        is_alone = len(self.pending) == 1
        self._journal.move_soon(entry.durable, after, settle, is_alone=is_alone)

    async def believe_journal(self, entry: PendingCommand) -> None:
        """Take over what the journal says; only another process writing it can make this needed."""
        record = entry.record
        log.error("command.conflict", request_id=record.request_id, agent_id=record.agent_id)
        known = await self._journal.find(record.request_id)
        if known is not None:
            self.show(entry, known)
            if known.state in WITH_AGENT:
                self.count_down(entry)

    def show(self, entry: PendingCommand, after: CommandRecord) -> None:
        """Make a durable move visible, with what follows from it."""
        was = entry.record.state
        entry.durable = entry.record = after
        if was is CommandState.QUEUED and after.state is not CommandState.QUEUED:
            self.pending.note_dequeued(after.agent_id)
        elif was is not CommandState.QUEUED and after.state is CommandState.QUEUED:
            self.pending.enqueue(entry)
        self._events.command(after)
        if after.is_over:
            self._close(entry)

    def start(self, entry: PendingCommand, attempt: int) -> None:
        """Show that an attempt runs (T3); not durable by itself. The caller holds the turn."""
        if entry.record.progress.attempt != attempt:
            return
        try:
            entry.record = moves.started(entry.record)
        except IllegalMove:
            return
        self._events.command(entry.record)
        self.count_down(entry)

    def count_down(self, entry: PendingCommand, *, in_its_lane: bool = False) -> None:
        """Begin the time after which nobody will report; *in_its_lane* if it has yet to begin.

        Not started is not overdue: its page may be busy with others, for as long as its ttl.
        """
        record = entry.record
        seconds = record.timeout + self._grace_seconds
        if in_its_lane:
            seconds += record.ttl
        entry.overdue_at = asyncio.get_running_loop().time() + seconds

    async def mark(self) -> None:
        """Note up to where the journal holds nothing open, for the next start."""
        last = await self._journal.last_seq()
        oldest = self.pending.oldest()
        if oldest is None:
            # Whatever was recorded when `last` was read is not pending any more, so it is over.
            await self._journal.mark(last)
            return
        seq = await self._journal.seq_of(oldest.record.request_id)
        if seq is not None:
            await self._journal.mark(seq - 1)

    def _recorded(
        self,
        entry: PendingCommand,
        then: Callable[[PendingCommand], None] | None,
        outcome: bool | Exception,
    ) -> None:
        if isinstance(outcome, Exception):
            self._discard(entry, outcome)
            return
        crash_at("after-submit")
        entry.is_recorded = True
        self._events.command(entry.record)
        if then is not None:
            then(entry)
        agent_id = entry.record.agent_id
        if self.pending.queued(agent_id):
            self.on_room(agent_id)
        entry.turn.give_back()
        # Last, here and in `_close`: who is told may submit the next command before it returns.
        entry.tell_who_is_due()

    def _discard(self, entry: PendingCommand, error: Exception) -> None:
        if entry.record.state is CommandState.QUEUED:
            self.pending.note_dequeued(entry.record.agent_id)
        self.pending.close(entry)
        entry.turn.give_back()
        if isinstance(error, sqlite3.IntegrityError):
            self._errands.spawn(self._tell_of_namesake(entry, error))
        else:
            entry.fail(error)

    async def _tell_of_namesake(self, entry: PendingCommand, error: Exception) -> None:
        """Tell who waits of the command that has had this request id before."""
        try:
            known = await self._journal.find(entry.record.request_id)
        except Exception as problem:
            entry.fail(problem)
            return
        if known is None:
            entry.fail(error)
        else:
            entry.tell(known)

    def _close(self, entry: PendingCommand) -> None:
        record = entry.record
        self.pending.close(entry)
        self._metrics.command_finished(
            record.action, record.state, ((record.finished_at or 0) - record.created_at) / 1000
        )
        # What went well is in the journal and in the agent's own log; a line for each here would
        # cost every command more than its validation does.
        if record.state is not CommandState.SUCCEEDED:
            log.info(
                "command.finished",
                agent_id=record.agent_id,
                request_id=record.request_id,
                action=record.action,
                state=record.state.value,
                effect=record.progress.effect.value,
                code=record.error.code if record.error else None,
                attempt=record.progress.attempt,
                duration_ms=record.duration_ms,
            )
        if self.pending.queued(record.agent_id):
            self.on_room(record.agent_id)
        entry.tell(record)
