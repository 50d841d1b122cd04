"""The callers' side: a command is asked for, waited for, looked at, called off.

A caller is told of nothing that is not durable; what it does afterwards, leaving included, does
the command no harm.
"""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec

from orchestrator.dispatch import moves
from orchestrator.dispatch.acceptance import Acceptance
from orchestrator.dispatch.connections import Connections
from orchestrator.dispatch.delivery import Delivery
from orchestrator.dispatch.errands import Errands
from orchestrator.dispatch.ledger import WITH_AGENT, Ledger
from orchestrator.dispatch.named_artifacts import named_artifacts
from orchestrator.dispatch.pending import PendingCommand, Tell, Waiter, reused
from orchestrator.dispatch.submission import Submission
from orchestrator.errors import (
    CommandUnknown,
    Draining,
    FieldError,
    InvalidRequest,
    Refusal,
    StorageUnavailable,
)
from orchestrator.store.journal import Journal
from orchestrator.store.records import CommandRecord
from orchestrator.store.writer import PATIENCE_SECONDS
from xagent_protocol.ids import AgentId, RequestId
from xagent_protocol.messages import Cancel
from xagent_protocol.transitions import CommandState

_Heard = asyncio.Future[CommandRecord | Exception]


class Submissions:
    """Takes commands from callers and answers for them."""

    def __init__(
        self,
        ledger: Ledger,
        journal: Journal,
        acceptance: Acceptance,
        delivery: Delivery,
        connections: Connections,
        errands: Errands,
    ) -> None:
        """Open commands by *acceptance*; send what goes at once by *delivery*."""
        self._ledger = ledger
        self._pending = ledger.pending
        self._journal = journal
        self._acceptance = acceptance
        self._send = delivery.send
        self._connections = connections
        self._errands = errands
        self.is_draining = False

    def drain(self) -> None:
        """Refuse new commands and answer everyone who waits; idempotent."""
        self.is_draining = True
        for entry in self._pending:
            entry.let_go()

    def begin(self, submission: Submission, *, wait: float, tell: Tell) -> Waiter:
        """Make a command, or find the open one that has this request id already.

        *tell* is called once, never before this returns and never before the command is in the
        journal: with its record when it is over, or as it stands after *wait* seconds or in a
        drain; or with the exception that says why there is none. So `RequestIdReused` says that
        the id is another command's, and `StorageUnavailable` that nothing was recorded. It runs
        inside the move that it hears of, so it must not take long; it may call `begin`. To hear
        nothing, drop the waiter: that does not take the command back.

        Raises:
            Refusal: memory says that no new command can be taken; nothing was recorded, *tell* is
                never called. If the submission has a request id, a command of this id may be over
                already, and that answer goes first: the caller awaits `known_or` with the refusal
                and gives what that returns or raises.
        """
        params = _decoded(submission.params)
        fingerprint = submission.fingerprint(params)
        now = asyncio.get_running_loop().time()
        entry = None
        if submission.request_id is not None:
            entry = self._pending.get(submission.request_id)
        if entry is None:
            if self.is_draining:
                raise Draining(
                    "The orchestrator is shutting down; nothing was recorded.", retry_after=5
                )
            entry = self._acceptance.accept(submission, params, fingerprint, now)
            self._ledger.record(entry, self._send)
        elif entry.record.fingerprint != fingerprint:
            wait = 0.0  # what it will hear, as soon as the other is recorded, is a refusal
        return self._waiter(entry, wait, tell, now, fingerprint)

    async def known_or(self, refusal: Refusal, submission: Submission) -> CommandRecord:
        """Return the recorded command that has the submission's request id, if there is one.

        Raises:
            Refusal: *refusal*, because there is none; `RequestIdReused` if it is another.
        """
        fingerprint = submission.fingerprint(_decoded(submission.params))
        known = None
        if submission.request_id is not None:
            known = await self._journal.find(submission.request_id)
        if known is None:
            raise refusal
        if known.fingerprint != fingerprint:
            raise reused(known)
        return known

    async def submit(self, submission: Submission, *, wait: float = 0.0) -> CommandRecord:
        """Make a command, or find the one that has this request id already.

        Returns when the command is over, or as it stands after *wait* seconds; never before it
        is in the journal. Cancelling the call does not take the command back.

        Raises:
            Refusal: nothing was recorded and nothing will be sent; the subclass says why.
        """
        heard: _Heard = asyncio.get_running_loop().create_future()
        try:
            waiter = self.begin(submission, wait=wait, tell=partial(_hear, heard))
        except Refusal as refusal:
            return await self.known_or(refusal, submission)
        outcome = await _heard_by(waiter, heard)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def wait(self, request_id: RequestId, seconds: float) -> CommandRecord:
        """Return the command when it is over, or as it stands after *seconds*, or in a drain.

        Raises:
            CommandUnknown: there is none of this id.
        """
        entry = self._pending.get(request_id)
        if entry is None:
            return await self.get(request_id)
        loop = asyncio.get_running_loop()
        heard: _Heard = loop.create_future()
        waiter = self._waiter(entry, seconds, partial(_hear, heard), loop.time())
        outcome = await _heard_by(waiter, heard)
        return await self.get(request_id) if isinstance(outcome, Exception) else outcome

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
                return await self._errands.unharmed(self._cancel(entry))
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

    def open_in(self, state: CommandState, agent_id: AgentId | None) -> tuple[RequestId, ...]:
        """Return what is in a state that is not the end, of an agent or of all, the newest first.

        Memory knows, and the journal does not: it need not hear of `running`.
        """
        entries = self._pending if agent_id is None else self._pending.of_agent(agent_id)
        found = [one for one in entries if one.is_recorded and one.record.state is state]
        found.sort(key=lambda entry: entry.order, reverse=True)
        return tuple(entry.record.request_id for entry in found)

    def counts(self, agent_id: AgentId) -> tuple[int, int]:
        """Count an agent's commands in flight and in the queue."""
        return self._pending.in_flight(agent_id), self._pending.queued(agent_id)

    def need_artifact(self, agent_id: AgentId, artifact_id: str) -> bool:
        """Say whether the params of a command that is with this agent name this artifact."""
        return any(
            entry.record.state in WITH_AGENT and artifact_id in named_artifacts(entry.record.params)
            for entry in self._pending.of_agent(agent_id)
        )

    def needed(self) -> set[str]:
        """Return the id of every open command, and of every artifact that its params name."""
        needed: set[str] = set()
        for entry in self._pending:
            needed.add(entry.record.request_id)
            needed |= named_artifacts(entry.record.params)
        return needed

    def open_commands(self) -> int:
        """Count everything that is not over."""
        return len(self._pending)

    def _waiter(
        self,
        entry: PendingCommand,
        seconds: float,
        tell: Tell,
        now: float,
        fingerprint: str | None = None,
    ) -> Waiter:
        may_wait = seconds > 0 and entry.failure is None and not self.is_draining
        give_up_at = now + seconds if may_wait else None
        return Waiter(entry, tell, fingerprint=fingerprint, give_up_at=give_up_at)

    async def _cancel(self, entry: PendingCommand) -> CommandRecord:
        async with entry.turn:
            record = entry.record
            if not entry.is_recorded or record.is_over:
                return await self.get(record.request_id)
            if record.state is CommandState.QUEUED:
                await self._ledger.commit(entry, moves.withdrawn(record))
            elif not record.progress.cancel_requested:
                await self._ledger.commit(entry, moves.cancel_requested(record))
            live = self._connections.get(record.agent_id)
            if live is not None and live.is_ready and not entry.record.is_over:
                live.socket.send(Cancel(record.request_id))
            return entry.record


def _decoded(params: msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(params)
    except (msgspec.DecodeError, RecursionError) as error:
        # Well-formed, but beyond what a number or a nesting can be here.
        raise InvalidRequest(
            f"params: {error}; nothing was recorded.", errors=[FieldError("params", str(error))]
        ) from error


def _hear(heard: _Heard, outcome: CommandRecord | Exception) -> None:
    # Between a cancellation and the moment the cancelled task runs, the command may end.
    if not heard.done():
        heard.set_result(outcome)


async def _heard_by(waiter: Waiter, heard: _Heard) -> CommandRecord | Exception:
    try:
        return await heard
    except asyncio.CancelledError:
        waiter.drop()
        raise
