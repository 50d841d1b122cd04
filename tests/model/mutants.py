"""Rules left out, one at a time: what does not notice these would notice nothing.

Each changes one part of a program that was put together by the product's own code, by making it an
instance of a subclass. The product knows nothing of it.
"""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, ClassVar

import msgspec

from agent_runtime.work.inbox import Inbox
from orchestrator.clock import now_ms
from orchestrator.dispatch.connections import Connections, LiveAgent
from orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator.dispatch.ledger import WITH_AGENT, Ledger
from orchestrator.dispatch.pending import PendingCommand
from orchestrator.dispatch.reconciliation import Reconciliation
from orchestrator.dispatch.settlement import Settlement
from orchestrator.store.records import CommandRecord, SessionRecord
from tests.model.agent_life import Epochs, WatchedJournal
from xagent_protocol.ids import RequestId
from xagent_protocol.messages import Command, InventoryItem, Result
from xagent_protocol.outcomes import Effect, Outcome
from xagent_protocol.transitions import CommandState, Progress

if TYPE_CHECKING:
    from tests.model.agent_life import AgentLife
    from tests.model.orchestrator_life import OrchestratorLife


class Mutant:
    """Nothing is left out; the others say what they leave out."""

    name: ClassVar[str] = "none"

    def __str__(self) -> str:
        """Say what is left out."""
        return self.name

    def change_orchestrator(self, life: OrchestratorLife) -> None:
        """Change an orchestrator before it begins to live."""

    def change_agent(self, life: AgentLife) -> None:
        """Change an agent before it begins to live."""


class NoTaint(Mutant):
    """A command that is repeated forgets that an earlier attempt may have run."""

    name = "no taint"

    def change_orchestrator(self, life: OrchestratorLife) -> None:
        """Forget it where moves are committed."""
        life.dispatcher.reconciliation._ledger.__class__ = _ForgetfulLedger


class _ForgetfulLedger(Ledger):
    async def commit(self, entry: PendingCommand, after: CommandRecord) -> bool:
        if after.state is CommandState.QUEUED and after.progress.tainted:
            progress = msgspec.structs.replace(after.progress, tainted=False, effect=Effect.NONE)
            after = msgspec.structs.replace(after, progress=progress)
        return await super().commit(entry, after)


class AbsentReadsAreProof(Mutant):
    """A read that a restarted agent does not know is said never to have been received."""

    name = "trusting absence across a reboot for reads"

    def change_orchestrator(self, life: OrchestratorLife) -> None:
        """Take every action for one that is journalled."""
        life.dispatcher.reconciliation.__class__ = _AllIsJournalled


class _AllIsJournalled(Reconciliation):
    async def _reconcile_one(
        self, entry: PendingCommand, live: LiveAgent, held: InventoryItem | None
    ) -> None:
        entry.record = msgspec.structs.replace(entry.record, reads=False)
        await super()._reconcile_one(entry, live, held)


class DispatchBeforeInventory(Mutant):
    """An agent is sent commands as soon as it is welcome."""

    name = "dispatch before inventory"

    def change_orchestrator(self, life: OrchestratorLife) -> None:
        """Call whoever enters ready."""
        life.connections.__class__ = _ReadyAtOnce


class _ReadyAtOnce(Connections):
    def enter(self, agent: LiveAgent) -> LiveAgent | None:
        agent.is_ready = True
        return super().enter(agent)


class AckBeforeCommit(Mutant):
    """A result is acknowledged when it comes, not when it is durable."""

    name = "ack before commit"

    def change_orchestrator(self, life: OrchestratorLife) -> None:
        """Acknowledge first."""
        life.dispatcher.settlement.__class__ = _HastyAck


class _HastyAck(Settlement):
    def _finish(self, entry: PendingCommand, live: LiveAgent, message: Result) -> None:
        live.socket.acknowledge(message.request_id, message.attempt)
        super()._finish(entry, live, message)


class EffectBeforeJournal(Mutant):
    """A beginning is written down only with the end."""

    name = "effect before journal"

    def change_agent(self, life: AgentLife) -> None:
        """Write late."""
        life.journal.__class__ = _LateJournal


class _LateJournal(WatchedJournal):
    def started(self, request_id: RequestId) -> None:
        """Write nothing yet."""

    def done(self, request_id: RequestId, outcome: Outcome) -> None:
        """Write both."""
        super().started(request_id)
        super().done(request_id, outcome)


class TrustAnyJournal(Mutant):
    """Absence from another journal than the one dispatched to is taken for proof."""

    name = "trust any journal"

    def change_orchestrator(self, life: OrchestratorLife) -> None:
        """See the same journal in all."""
        life.dispatcher.reconciliation.__class__ = _AnyJournal


class _AnyJournal(Reconciliation):
    async def _reconcile_one(
        self, entry: PendingCommand, live: LiveAgent, held: InventoryItem | None
    ) -> None:
        forged = copy.copy(live)
        forged.session = msgspec.structs.replace(
            live.session, journal_id=_journal(entry.record, live.session)
        )
        await super()._reconcile_one(entry, forged, held)


def _journal(record: CommandRecord, session: SessionRecord) -> str:
    return record.journal_id or session.journal_id


class NoEpochCheck(Mutant):
    """An agent accepts every welcome, and says nothing of those it has seen."""

    name = "no epoch check"

    def change_agent(self, life: AgentLife) -> None:
        """Know no epoch."""
        life.epochs.__class__ = _NoEpochs


class _NoEpochs(Epochs):
    @property
    def highest(self) -> int:
        return 0


class ExpireDispatched(Mutant):
    """A command that is with its agent expires with its ttl, as if it were in the queue."""

    name = "expire dispatched"

    def change_orchestrator(self, life: OrchestratorLife) -> None:
        """Sweep more than the queue."""
        life.dispatcher.__class__ = _KeenSweeper


class _KeenSweeper(Dispatcher):
    async def _sweep(self) -> None:
        for entry in self._ledger.pending:
            record = entry.record
            is_due = entry.is_recorded and asyncio.get_running_loop().time() >= entry.expires_at
            if is_due and record.state is CommandState.DISPATCHED:
                async with entry.turn:
                    if entry.record is record:
                        progress = msgspec.structs.replace(
                            record.progress, state=CommandState.EXPIRED
                        )
                        await self._ledger.commit(entry, _over(record, progress))
        await super()._sweep()


class OverwriteTerminal(Mutant):
    """A result that comes after the end becomes the end."""

    name = "overwrite terminal"

    def change_orchestrator(self, life: OrchestratorLife) -> None:
        """Believe the last word."""
        life.dispatcher.settlement.__class__ = _LastWord


class _LastWord(Settlement):
    async def _finish_late(self, live: LiveAgent, message: Result) -> None:
        known = await self._journal.find(message.request_id)
        if known is not None and known.is_over:
            outcome = message.outcome
            progress = Progress(
                CommandState(outcome.state.value), known.progress.attempt, outcome.effect
            )
            after = msgspec.structs.replace(_over(known, progress), result=outcome.result)
            await self._journal.move(known, after)
        await super()._finish_late(live, message)


class RerunNonIdempotent(Mutant):
    """A command of unknown fate is begun again, whatever it does."""

    name = "rerun non-idempotent"

    def change_orchestrator(self, life: OrchestratorLife) -> None:
        """Call everything idempotent."""
        life.dispatcher.reconciliation.__class__ = _AllIsIdempotent


class _AllIsIdempotent(Reconciliation):
    async def _reconcile_one(
        self, entry: PendingCommand, live: LiveAgent, held: InventoryItem | None
    ) -> None:
        entry.record = msgspec.structs.replace(entry.record, idempotent=True)
        await super()._reconcile_one(entry, live, held)


class NoDedupe(Mutant):
    """An agent runs every command frame it gets."""

    name = "no dedupe"

    def change_agent(self, life: AgentLife) -> None:
        """Recognise nothing."""
        life.inbox.__class__ = _Gullible


class _Gullible(Inbox):
    def command(self, command: Command) -> None:
        """Take it for new."""
        self._journal.received(command)
        self._runner.submit(command)


class NoAttemptFence(Mutant):
    """A result of an earlier attempt is taken for the present one's."""

    name = "no attempt fence"

    def change_orchestrator(self, life: OrchestratorLife) -> None:
        """Look at the id only."""
        life.dispatcher.settlement.__class__ = _AnyAttempt


class _AnyAttempt(Settlement):
    def _awaits(self, entry: PendingCommand, result: Result) -> bool:
        return entry.record.state in WITH_AGENT

    def _finish(self, entry: PendingCommand, live: LiveAgent, message: Result) -> None:
        attempt = entry.record.progress.attempt
        super()._finish(entry, live, msgspec.structs.replace(message, attempt=attempt))


class EvictionWithoutIdentity(Mutant):
    """The end of an old socket takes whoever has its name out of the registry."""

    name = "eviction without identity check"

    def change_orchestrator(self, life: OrchestratorLife) -> None:
        """Go by the name."""
        life.connections.__class__ = _ByName


class _ByName(Connections):
    def leave(self, agent: LiveAgent, session: SessionRecord) -> bool:
        if self._live.pop(agent.agent_id, None) is None:
            return False
        self.remember(session, agent.contact)
        return True


MUTANTS: tuple[Mutant, ...] = (
    NoTaint(),
    AbsentReadsAreProof(),
    DispatchBeforeInventory(),
    AckBeforeCommit(),
    EffectBeforeJournal(),
    TrustAnyJournal(),
    NoEpochCheck(),
    ExpireDispatched(),
    OverwriteTerminal(),
    RerunNonIdempotent(),
    NoDedupe(),
    NoAttemptFence(),
    EvictionWithoutIdentity(),
)
"""The thirteen single omissions."""


def _over(record: CommandRecord, progress: Progress) -> CommandRecord:
    return msgspec.structs.replace(record, progress=progress, finished_at=now_ms())
