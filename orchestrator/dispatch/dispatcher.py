"""From a submission to a terminal state: the one place that moves commands.

Each move is computed by the table, committed by the journal, and only then acted upon: a frame
is sent after its dispatch is durable, a result acknowledged after it is durable, and a caller
told of an end after it is durable. Rows T1–T12 are those of `docs/delivery.md`.
"""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

import msgspec
import structlog

from orchestrator.clock import now_ms
from orchestrator.dispatch.catalog import ActionCatalog
from orchestrator.dispatch.connections import Connections, LiveAgent
from orchestrator.dispatch.pending import PendingCommand, PendingCommands
from orchestrator.dispatch.reconcile import Keep, judge
from orchestrator.dispatch.submission import Submission
from orchestrator.errors import (
    AgentOffline,
    BodyTooLarge,
    CommandUnknown,
    Draining,
    FieldError,
    InvalidRequest,
    QueueFull,
    Refusal,
    RequestIdReused,
    StorageUnavailable,
    TooManyCommands,
)
from orchestrator.fresh_ids import new_request_id
from orchestrator.metrics import Metrics
from orchestrator.settings import Bounds, Timers
from orchestrator.store.agents import AgentRegistry
from orchestrator.store.journal import Journal
from orchestrator.store.records import AgentRecord, CommandRecord
from orchestrator.store.writer import PATIENCE_SECONDS
from xagent_protocol.close_codes import CloseCode
from xagent_protocol.errors import ErrorCode, IllegalMove
from xagent_protocol.ids import AgentId, RequestId
from xagent_protocol.messages import Cancel, Command, Inventory, InventoryItem, Result, Started
from xagent_protocol.outcomes import CommandError
from xagent_protocol.transitions import (
    EVENT_OF_OUTCOME,
    CommandEvent,
    CommandState,
    Progress,
    advance,
    request_cancel,
)

log: Final = structlog.get_logger(__name__)

OFFLINE_RETRY_SECONDS: Final = 5
SWEEPS_PER_MARK: Final = 60

ADOPTED_ACTION: Final = "(unknown)"
"""What stands for the action of a command that only its agent remembers."""

ENVELOPE_BYTES: Final = 4096
"""More than everything in a command's frame beside its params."""

_ReturnT = TypeVar("_ReturnT")

_WITH_AGENT: Final = (CommandState.DISPATCHED, CommandState.RUNNING)


class Dispatcher:
    """Accepts commands, sends them, settles them; owns every task that does so."""

    def __init__(
        self,
        journal: Journal,
        registry: AgentRegistry,
        connections: Connections,
        metrics: Metrics,
        timers: Timers,
        bounds: Bounds,
    ) -> None:
        """Call `load` once, then `run` for as long as commands are to move."""
        self._journal = journal
        self._registry = registry
        self._connections = connections
        self._metrics = metrics
        self._timers = timers
        self._bounds = bounds
        self._catalog = ActionCatalog()
        self._pending = PendingCommands()
        self._order = itertools.count()
        self._pumping: set[AgentId] = set()
        self._tasks = asyncio.TaskGroup()
        self.is_draining = False

    async def load(self) -> None:
        """Take up what an earlier life of this orchestrator still owes."""
        now = asyncio.get_running_loop().time()
        for record in await self._journal.open_commands():
            entry = PendingCommand(record, next(self._order), now + record.ttl)
            entry.is_recorded = True
            if record.state is not CommandState.QUEUED:
                entry.overdue_at = now + record.timeout + self._timers.grace
            self._pending.open(entry)
        log.info("journal.loaded", open_commands=len(self._pending))

    async def run(self) -> None:
        """Move commands until cancelled."""
        async with self._tasks:
            for sweeps in itertools.count(1):
                await asyncio.sleep(self._timers.sweep)
                await _reported(self._sweep())
                if sweeps % SWEEPS_PER_MARK == 0:
                    await _reported(self._mark())

    def drain(self) -> None:
        """Refuse new commands and answer everyone who waits; idempotent."""
        self.is_draining = True
        for entry in self._pending:
            entry.wake()

    # --- callers ------------------------------------------------------------------------------

    async def submit(self, submission: Submission, *, wait: float = 0.0) -> CommandRecord:
        """Make a command, or find the one that has this request id already.

        Returns when the command is over, or as it stands after *wait* seconds; never before it
        is in the journal. Cancelling the call does not take the command back.

        Raises:
            Refusal: nothing was recorded and nothing will be sent; the subclass says why.
        """
        params = _decoded(submission.params)
        fingerprint = submission.fingerprint(params)
        entry = None
        if submission.request_id is not None:
            entry = self._pending.get(submission.request_id)
        if entry is None:
            try:
                entry = self._accept(submission, params, fingerprint)
            except Refusal:
                known = await self._recorded(submission.request_id)
                if known is None:
                    raise
                return _same(known, fingerprint)
            self._record(entry)
        elif entry.record.fingerprint != fingerprint:
            wait = 0.0
        record = await self._wait(entry, wait)
        if isinstance(entry.failure, sqlite3.IntegrityError):
            known = await self._recorded(record.request_id)
            if known is None:
                raise entry.failure
            return _same(known, fingerprint)
        if entry.failure is not None:
            raise entry.failure
        return _same(record, fingerprint)

    async def wait(self, request_id: RequestId, seconds: float) -> CommandRecord:
        """Return the command when it is over, or as it stands after *seconds*, or in a drain.

        Raises:
            CommandUnknown: there is none of this id.
        """
        entry = self._pending.get(request_id)
        if entry is None:
            return await self.get(request_id)
        record = await self._wait(entry, seconds)
        return record if entry.failure is None else await self.get(request_id)

    async def get(self, request_id: RequestId) -> CommandRecord:
        """Return the command as it stands; raises `CommandUnknown`."""
        entry = self._pending.get(request_id)
        if entry is not None and entry.is_recorded:
            return entry.record
        known = await self._journal.find(request_id)
        if known is None:
            raise CommandUnknown(f"There is no command {request_id!r}.")
        return known

    async def cancel(self, request_id: RequestId) -> CommandRecord:
        """Stop a command, or never start it (T9, T10); unchanged if it is over.

        Raises:
            CommandUnknown: there is none of this id.
        """
        entry = self._pending.get(request_id)
        if entry is None:
            return await self.get(request_id)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._unharmed(self._cancel(entry))
        except TimeoutError:
            raise StorageUnavailable(
                "The journal cannot be written now; the wish to cancel may still be kept. Try "
                "again.",
                retry_after=2,
            ) from None

    def as_it_stands(self, record: CommandRecord) -> CommandRecord:
        """Return the live view of a command read from the journal, which may not know `running`."""
        entry = self._pending.get(record.request_id)
        if entry is None or not entry.is_recorded:
            return record
        return msgspec.structs.replace(entry.record, seq=record.seq)

    def counts(self, agent_id: AgentId) -> tuple[int, int]:
        """Count an agent's commands in flight and in the queue."""
        return self._pending.in_flight(agent_id), self._pending.queued(agent_id)

    def open_commands(self) -> int:
        """Count everything that is not over."""
        return len(self._pending)

    # --- agents -------------------------------------------------------------------------------

    async def reconcile(self, live: LiveAgent, inventory: Inventory) -> None:
        """Settle what an earlier session left open, then let commands flow again.

        Until this returns nothing is dispatched on *live*; cancels go first.
        """
        held = {item.request_id: item for item in inventory.commands}
        for entry in self._pending.of_agent(live.agent_id):
            await self._unharmed(self._reconcile_in_turn(entry, live, held))
        live.is_ready = True
        self._pump(live.agent_id)

    def left(self, agent_id: AgentId) -> None:
        """Start the last countdown of what an agent was doing when its socket went."""
        now = asyncio.get_running_loop().time()
        for entry in self._pending.of_agent(agent_id):
            if entry.record.state is CommandState.DISPATCHED:
                entry.overdue_at = now + entry.record.timeout + self._timers.grace

    def started(self, live: LiveAgent, message: Started) -> None:
        """Note that an agent begins (T3); need not be durable by itself."""
        entry = self._pending.get(message.request_id)
        if entry is None or entry.record.agent_id != live.agent_id:
            return
        if entry.turn.try_take():
            self._start(entry, message.attempt)
            entry.turn.give_back()
        else:
            self._spawn(self._start_in_turn(entry, message.attempt))

    def owns(self, live: LiveAgent, message: Result) -> bool:
        """Say whether a result may come from this agent, as far as memory knows."""
        entry = self._pending.get(message.request_id)
        return entry is None or entry.record.agent_id == live.agent_id

    async def finished(self, live: LiveAgent, message: Result) -> None:
        """Take in a result: commit it (T4, T11), wake who waits, acknowledge it.

        Returns before it is committed, so that an agent's results share commits; only one that
        nobody waits for is looked up first, lest an agent fill the memory with such look-ups.
        """
        entry = self._pending.get(message.request_id)
        if entry is None:
            await self._unharmed(self._finish_late(live, message))
        elif entry.turn.try_take():
            self._finish(entry, live, message)
        else:
            self._spawn(self._finish_in_turn(live, message))

    # --- moves --------------------------------------------------------------------------------

    def _accept(self, submission: Submission, params: object, fingerprint: str) -> PendingCommand:
        """Check everything that can be checked in memory, and open the command; no await."""
        if self.is_draining:
            raise Draining(
                "The orchestrator is shutting down; nothing was recorded.", retry_after=5
            )
        agent_id = submission.agent_id
        agent = self._registry.get(agent_id)
        action = self._catalog.find(agent, submission.action)
        self._catalog.validate(action, params)
        live = self._connections.get(agent_id)
        if live is None and submission.if_offline == "fail":
            raise _offline(agent)
        if len(submission.params) > self._bounds.frame_bytes - ENVELOPE_BYTES:
            raise BodyTooLarge(
                f"Params are at most {self._bounds.frame_bytes - ENVELOPE_BYTES} bytes, so that "
                "the command fits into a frame; nothing was recorded. Send bytes as an artifact."
            )
        if len(self._pending) >= self._bounds.open_commands:
            raise TooManyCommands(
                f"{len(self._pending)} commands are open, the limit of this server; nothing was "
                "recorded.",
                retry_after=2,
            )
        pending = self._pending
        goes_at_once = (
            live is not None
            and live.is_ready
            and agent_id not in self._pumping
            and not pending.queued(agent_id)
            and pending.in_flight(agent_id) < self._bounds.in_flight_per_agent
        )
        if not goes_at_once and pending.queued(agent_id) >= self._bounds.queue_per_agent:
            raise QueueFull(
                f"The queue of agent {agent_id!r} is full ({self._bounds.queue_per_agent}); "
                "nothing was recorded.",
                retry_after=1,
            )
        now = now_ms()
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
            created_at=now,
            page_asked=submission.page,
        )
        if goes_at_once and live is not None:
            record = _dispatched(record, live)
        loop_time = asyncio.get_running_loop().time()
        entry = PendingCommand(record, next(self._order), loop_time + submission.ttl)
        pending.open(entry)
        return entry

    def _record(self, entry: PendingCommand, *, is_sent: bool = False) -> None:
        """Write a new command into the journal, and send it if it is bound to a session."""
        record = entry.record
        live = self._connections.get(record.agent_id)
        entry.turn.try_take()

        def settle(outcome: bool | Exception) -> None:
            if isinstance(outcome, Exception):
                entry.failure = outcome
                self._discard(entry)
            else:
                entry.is_recorded = True
                if record.state is CommandState.DISPATCHED and live is not None and not is_sent:
                    self._send(entry, live)
                if self._pending.queued(record.agent_id):
                    self._pump(record.agent_id)
                if entry.waits_for_record:
                    entry.wake()
            entry.turn.give_back()

        self._journal.record(record, settle, is_alone=len(self._pending) == 1)

    async def _wait(self, entry: PendingCommand, seconds: float) -> CommandRecord:
        """Wait until the command is recorded, and then for its end or until *seconds* are over.

        How long recording takes is bounded by the writer's patience.
        """
        if seconds:
            loop = asyncio.get_running_loop()
            give_up_at = loop.time() + seconds
            while not (
                entry.record.is_over
                or entry.failure
                or self.is_draining
                or loop.time() >= give_up_at
            ):
                await entry.woken(give_up_at)
        # Whatever was asked for, nothing is answered before it is in the journal.
        while not entry.is_recorded and entry.failure is None:
            entry.waits_for_record = True
            await entry.woken()
        return entry.record

    async def _recorded(self, request_id: RequestId | None) -> CommandRecord | None:
        return None if request_id is None else await self._journal.find(request_id)

    def _discard(self, entry: PendingCommand) -> None:
        if entry.record.state is CommandState.QUEUED:
            self._pending.note_dequeued(entry.record.agent_id)
        self._pending.close(entry)

    async def _cancel(self, entry: PendingCommand) -> CommandRecord:
        async with entry.turn:
            record = entry.record
            if not entry.is_recorded or record.is_over:
                return await self.get(record.request_id)
            if record.state is CommandState.QUEUED:
                await self._withdraw(entry)
            elif not record.progress.cancel_requested:
                await self._commit(entry, request_cancel(record.progress))
            live = self._connections.get(record.agent_id)
            if live is not None and live.is_ready and not entry.record.is_over:
                live.socket.send(Cancel(record.request_id))
            return entry.record

    async def _commit(self, entry: PendingCommand, progress: Progress, **changes: Any) -> None:
        """Make a move durable and visible.

        The caller holds the entry's turn, in a task of the dispatcher's own: were it cancelled
        between the write and its showing, memory and journal would differ.
        """
        after = msgspec.structs.replace(entry.record, progress=progress, **changes)
        if await self._journal.move(entry.durable, after):
            self._show(entry, after)
        else:
            await self._believe_journal(entry)

    async def _believe_journal(self, entry: PendingCommand) -> None:
        """Take over what the journal says; only another process writing it can make this needed."""
        record = entry.record
        log.error("command.conflict", request_id=record.request_id, agent_id=record.agent_id)
        known = await self._journal.find(record.request_id)
        if known is not None:
            self._show(entry, known)
            if known.state in _WITH_AGENT:
                now = asyncio.get_running_loop().time()
                entry.overdue_at = now + known.timeout + self._timers.grace

    def _show(self, entry: PendingCommand, after: CommandRecord) -> None:
        """Make a durable move visible, with what follows from it."""
        was = entry.record.state
        entry.durable = entry.record = after
        if was is CommandState.QUEUED and after.state is not CommandState.QUEUED:
            self._pending.note_dequeued(after.agent_id)
        elif was is not CommandState.QUEUED and after.state is CommandState.QUEUED:
            self._pending.enqueue(entry)
        if after.is_over:
            self._close(entry)

    def _close(self, entry: PendingCommand) -> None:
        record = entry.record
        self._pending.close(entry)
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
        if self._pending.queued(record.agent_id):
            self._pump(record.agent_id)

    def _send(self, entry: PendingCommand, live: LiveAgent) -> None:
        """Write a dispatched command's frame, or take the dispatch back if *live* has gone."""
        record = entry.record
        if record.state is not CommandState.DISPATCHED:
            return  # the journal knew better
        if self._connections.get(record.agent_id) is not live:
            self._spawn(self._return_unsent(entry))
            return
        now = asyncio.get_running_loop().time()
        entry.overdue_at = now + record.ttl + record.timeout + self._timers.grace
        live.socket.send(
            Command(
                request_id=record.request_id,
                attempt=record.progress.attempt,
                action=record.action,
                params=record.params,
                timeout=record.timeout,
                page=record.page_asked,
            )
        )

    async def _return_unsent(self, entry: PendingCommand) -> None:
        """Put a dispatch back whose frame was never written, so never received (T5)."""
        async with entry.turn:
            record = entry.record
            live = self._connections.get(record.agent_id)
            if record.state is CommandState.DISPATCHED and (
                live is None or live.session.epoch != record.epoch
            ):
                await self._commit(entry, advance(record.progress, CommandEvent.RETURN))
        self._pump(entry.record.agent_id)

    def _pump(self, agent_id: AgentId) -> None:
        """See to it that queued commands go out while the agent can take them."""
        live = self._connections.get(agent_id)
        if (
            live is not None
            and live.is_ready
            and agent_id not in self._pumping
            and self._pending.queued(agent_id)
            and self._pending.in_flight(agent_id) < self._bounds.in_flight_per_agent
        ):
            self._pumping.add(agent_id)
            self._spawn(self._dispatch_queued(agent_id, live))

    async def _dispatch_queued(self, agent_id: AgentId, live: LiveAgent) -> None:
        try:
            while self._connections.get(agent_id) is live:
                free = self._bounds.in_flight_per_agent - self._pending.in_flight(agent_id)
                entries = self._pending.next_queued(agent_id, free)
                if not entries:
                    return
                # Side by side, so that they share a commit; frames go out in this order, because
                # the writer answers in the order it was asked.
                async with asyncio.TaskGroup() as tasks:
                    for entry in entries:
                        tasks.create_task(_reported(self._dispatch(entry, live)))
                stuck = [entry for entry in entries if self._pending.put_back(entry)]
                if stuck:
                    return  # the next sweep tries again
        finally:
            self._pumping.discard(agent_id)

    async def _dispatch(self, entry: PendingCommand, live: LiveAgent) -> None:
        async with entry.turn:
            if entry.record.state is not CommandState.QUEUED:
                return
            if entry.record.progress.cancel_requested:
                # The wish came while an earlier dispatch was being committed or taken back.
                await self._withdraw(entry)
                return
            bound = _dispatched(entry.record, live)
            await self._commit(
                entry,
                bound.progress,
                epoch=bound.epoch,
                journal_id=bound.journal_id,
                boot_id=bound.boot_id,
                dispatched_at=bound.dispatched_at,
            )
            self._send(entry, live)

    async def _reconcile_in_turn(
        self, entry: PendingCommand, live: LiveAgent, held: dict[RequestId, InventoryItem]
    ) -> None:
        async with entry.turn:
            # What was dispatched in a later session says nothing to this one's inventory.
            if (
                entry.is_recorded
                and entry.record.state in _WITH_AGENT
                and entry.record.epoch < live.session.epoch
                and self._connections.get(live.agent_id) is live
            ):
                await self._reconcile_one(entry, live, held)

    async def _reconcile_one(
        self, entry: PendingCommand, live: LiveAgent, held: dict[RequestId, InventoryItem]
    ) -> None:
        record = entry.record
        verdict = judge(
            record,
            held.get(record.request_id),
            live.session,
            reads=self._reads(record),
            may_retry=record.progress.attempt < self._bounds.attempts
            and asyncio.get_running_loop().time() < entry.expires_at,
        )
        if isinstance(verdict, Keep):
            if verdict is Keep.STARTED and record.state is CommandState.DISPATCHED:
                self._start(entry, record.progress.attempt)
            elif record.state is CommandState.DISPATCHED:
                now = asyncio.get_running_loop().time()
                entry.overdue_at = now + record.ttl + record.timeout + self._timers.grace
            if record.progress.cancel_requested:
                live.socket.send(Cancel(record.request_id))
            return
        log.warning(
            "command.reconciled",
            agent_id=record.agent_id,
            request_id=record.request_id,
            verdict=verdict.value,
        )
        if verdict is CommandEvent.LOSE:
            await self._lose(entry, "The agent came back without it, so it may have run.")
            return
        await self._commit(entry, advance(record.progress, verdict))
        if record.progress.cancel_requested:
            await self._withdraw(entry)

    def _reads(self, record: CommandRecord) -> bool:
        agent = self._registry.find(record.agent_id)
        actions = agent.actions if agent else ()
        return any(action.name == record.action and action.reads for action in actions)

    def _start(self, entry: PendingCommand, attempt: int) -> None:
        record = entry.record
        if record.progress.attempt != attempt:
            return
        try:
            progress = advance(record.progress, CommandEvent.START)
        except IllegalMove:
            return
        now = asyncio.get_running_loop().time()
        entry.overdue_at = now + record.timeout + self._timers.grace
        entry.record = msgspec.structs.replace(record, progress=progress, started_at=now_ms())

    async def _start_in_turn(self, entry: PendingCommand, attempt: int) -> None:
        async with entry.turn:
            self._start(entry, attempt)

    def _finish(self, entry: PendingCommand, live: LiveAgent, message: Result) -> None:
        """Settle a command by its result; the turn is held, and given back once it is durable."""
        record, outcome = entry.record, message.outcome
        if record.state not in _WITH_AGENT or record.progress.attempt != message.attempt:
            entry.turn.give_back()
            self._spawn(self._finish_late(live, message))
            return
        now = now_ms()
        after = msgspec.structs.replace(
            record,
            progress=advance(record.progress, EVENT_OF_OUTCOME[outcome.state], outcome.effect),
            # Its frame may have been lost with a socket, or never sent; then the duration tells.
            started_at=record.started_at
            or max(record.created_at, now - round(outcome.duration_ms)),
            finished_at=now,
            duration_ms=outcome.duration_ms,
            result=outcome.result,
            error=outcome.error,
            page=outcome.page,
            artifacts=outcome.artifacts,
            dialog=outcome.dialog,
            notices=outcome.notices,
        )

        def settle(written: bool | Exception) -> None:
            if written is True:
                self._show(entry, after)
                live.socket.acknowledge(record.request_id)
            elif written is False:
                self._spawn(self._finish_otherwise(entry, live, message))
            else:
                self._spawn(self._give_up_result(entry, live, written))
            entry.turn.give_back()

        is_alone = len(self._pending) == 1
        try:
            self._journal.move_soon(entry.durable, after, settle, is_alone=is_alone)
        except Exception as error:
            # What an agent sends must never leave a turn taken: everything else waits for it.
            entry.turn.give_back()
            self._spawn(self._give_up_result(entry, live, error))

    async def _finish_in_turn(self, live: LiveAgent, message: Result) -> None:
        entry = self._pending.get(message.request_id)
        if entry is None:
            await self._finish_late(live, message)
            return
        await entry.turn.__aenter__()  # given back by `_finish`, once the result is durable
        self._finish(entry, live, message)

    async def _finish_otherwise(
        self, entry: PendingCommand, live: LiveAgent, message: Result
    ) -> None:
        """Take a result of a command that the journal knows otherwise than memory did."""
        async with entry.turn:
            if not entry.record.is_over:
                await self._believe_journal(entry)
        await self._finish_late(live, message)

    async def _give_up_result(
        self, entry: PendingCommand, live: LiveAgent, error: Exception
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
            if entry.record.state in _WITH_AGENT:
                await self._lose(entry, "Its result could not be stored.")
        live.socket.acknowledge(record.request_id)

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
        entry = PendingCommand(record, next(self._order), 0.0)
        self._pending.open(entry)
        self._record(entry, is_sent=True)
        await self._wait(entry, 0.0)
        if entry.failure is None:
            await self._finish_in_turn(live, message)

    async def _finish_late(self, live: LiveAgent, message: Result) -> None:
        """Take a result of a command that is over, or of another attempt of it (T12)."""
        known = await self._journal.find(message.request_id)
        if known is None:
            await self._adopt(live, message)
            return
        if known.agent_id != live.agent_id:
            log.error(
                "result.of_another_agent", agent_id=live.agent_id, request_id=message.request_id
            )
            live.socket.close(CloseCode.FORBIDDEN, "forbidden: a result of another agent")
            return
        repeated = (
            known.progress.attempt == message.attempt
            and known.state.value == message.outcome.state.value
        )
        if not repeated:
            log.warning("result.late", agent_id=live.agent_id, request_id=message.request_id)
            kept = msgspec.json.encode(message.outcome)
            await self._journal.keep_late_result(message.request_id, kept)
        live.socket.acknowledge(message.request_id)

    async def _withdraw(self, entry: PendingCommand) -> None:
        await self._commit(
            entry,
            advance(entry.record.progress, CommandEvent.WITHDRAW),
            finished_at=now_ms(),
            error=CommandError(
                ErrorCode.CANCELLED,
                f"It was cancelled while it waited in the queue; {_what_was_sent(entry.record)}.",
            ),
        )

    async def _lose(self, entry: PendingCommand, why: str) -> None:
        await self._commit(
            entry,
            advance(entry.record.progress, CommandEvent.LOSE),
            finished_at=now_ms(),
            error=CommandError(
                ErrorCode.OUTCOME_UNKNOWN,
                f"{why} Look at the page before you ask for it again.",
            ),
        )

    async def _expire(self, entry: PendingCommand) -> None:
        await self._commit(
            entry,
            advance(entry.record.progress, CommandEvent.EXPIRE),
            finished_at=now_ms(),
            error=CommandError(
                ErrorCode.TTL_EXPIRED,
                f"Its agent could not take it within {entry.record.ttl:g} s; "
                f"{_what_was_sent(entry.record)}.",
            ),
        )

    async def _sweep(self) -> None:
        """Expire what waited too long (T8), and give up what nobody will report (T7)."""
        now = asyncio.get_running_loop().time()
        for entry in self._pending:
            if not entry.is_recorded or not _is_due(entry, now):
                continue
            async with entry.turn:
                if not _is_due(entry, now):
                    continue
                if entry.record.state is CommandState.QUEUED:
                    await self._expire(entry)
                else:
                    await self._lose(entry, "No result came within its time and the grace.")
        for live in self._connections:
            # Whatever kept a queue from moving, it moves again within a sweep.
            self._pump(live.agent_id)

    async def _mark(self) -> None:
        """Note up to where the journal holds nothing open, for the next start."""
        last = await self._journal.last_seq()
        oldest = self._pending.oldest()
        if oldest is None:
            # Whatever was recorded when `last` was read has left `_pending`, so it is over.
            await self._journal.mark(last)
            return
        seq = await self._journal.seq_of(oldest.record.request_id)
        if seq is not None:
            await self._journal.mark(seq - 1)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.create_task(_reported(work))

    async def _unharmed(self, work: Coroutine[Any, Any, _ReturnT]) -> _ReturnT:
        """Run *work* to its end in a task of our own, even if the caller is cancelled."""
        task = self._tasks.create_task(_captured(work))
        await asyncio.wait({task})
        outcome = task.result()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def _captured(work: Coroutine[Any, Any, _ReturnT]) -> _ReturnT | Exception:
    """Run *work* for somebody else, who is to get its failure too."""
    try:
        return await work
    except Exception as error:
        return error


async def _reported(work: Coroutine[Any, Any, None]) -> None:
    """Run *work*; its failure is a bug to be seen, but not the end of all other commands."""
    try:
        await work
    except Exception:
        log.exception("dispatcher.task_failed")


def _is_due(entry: PendingCommand, now: float) -> bool:
    if entry.record.is_over:
        return False
    if entry.record.state is CommandState.QUEUED:
        return now >= entry.expires_at
    return entry.overdue_at is not None and now >= entry.overdue_at


def _dispatched(record: CommandRecord, live: LiveAgent) -> CommandRecord:
    """T2: bind a queued command to a session."""
    session = live.session
    return msgspec.structs.replace(
        record,
        progress=advance(record.progress, CommandEvent.DISPATCH),
        epoch=session.epoch,
        journal_id=session.journal_id,
        boot_id=session.boot_id,
        dispatched_at=now_ms(),
    )


def _decoded(params: msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(params)
    except (msgspec.DecodeError, RecursionError) as error:
        # Well-formed, but beyond what a number or a nesting can be here.
        raise InvalidRequest(
            f"params: {error}; nothing was recorded.", errors=[FieldError("params", str(error))]
        ) from error


def _what_was_sent(record: CommandRecord) -> str:
    if record.progress.tainted:
        return "an earlier attempt may have run, so look at the page first"
    return "nothing was sent"


def _same(record: CommandRecord, fingerprint: str) -> CommandRecord:
    if record.fingerprint != fingerprint:
        raise RequestIdReused(
            f"The request id {record.request_id!r} belongs to another command "
            f"({record.action!r} on {record.agent_id!r}); nothing was recorded. Use a new id."
        )
    return record


def _offline(agent: AgentRecord) -> AgentOffline:
    return AgentOffline(
        f"Agent {agent.agent_id!r} is not connected; nothing was recorded. Try again, or send "
        'it with "if_offline": "queue".',
        retry_after=OFFLINE_RETRY_SECONDS,
    )
