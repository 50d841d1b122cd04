"""The moves of a command, each from record to record: computed here, committed by the ledger.

What may follow what is the table's to say (`xagent_protocol.transitions`); the rows T2 to T11 are
those of `docs/delivery.md`.
"""

from __future__ import annotations

import msgspec

from orchestrator.clock import now_ms
from orchestrator.store.records import CommandRecord, SessionRecord
from xagent_protocol.errors import ErrorCode
from xagent_protocol.outcomes import CommandError, Outcome
from xagent_protocol.transitions import (
    EVENT_OF_OUTCOME,
    CommandEvent,
    CommandState,
    advance,
    request_cancel,
)


def dispatched(record: CommandRecord, session: SessionRecord, *, reads: bool) -> CommandRecord:
    """T2: bind a queued command to a session, whose agent says that it *reads* only, or not."""
    return msgspec.structs.replace(
        record,
        progress=advance(record.progress, CommandEvent.DISPATCH),
        epoch=session.epoch,
        journal_id=session.journal_id,
        boot_id=session.boot_id,
        reads=reads,
        dispatched_at=now_ms(),
    )


def started(record: CommandRecord) -> CommandRecord:
    """T3: note that its agent has begun; raises `IllegalMove` if that comes too late."""
    progress = advance(record.progress, CommandEvent.START)
    return msgspec.structs.replace(record, progress=progress, started_at=now_ms())


def finished(record: CommandRecord, outcome: Outcome) -> CommandRecord:
    """T4, T11: take in what its agent reports."""
    now = now_ms()
    return msgspec.structs.replace(
        record,
        progress=advance(record.progress, EVENT_OF_OUTCOME[outcome.state], outcome.effect),
        # Its `started` may have been lost with a socket, or never sent; then the duration tells.
        started_at=record.started_at or max(record.created_at, now - round(outcome.duration_ms)),
        finished_at=now,
        duration_ms=outcome.duration_ms,
        result=outcome.result,
        error=outcome.error,
        page=outcome.page,
        artifacts=outcome.artifacts,
        dialog=outcome.dialog,
        notices=outcome.notices,
    )


def queued_again(record: CommandRecord, event: CommandEvent) -> CommandRecord:
    """T5, T6: put it back into the queue, because it never arrived or may be repeated."""
    return msgspec.structs.replace(record, progress=advance(record.progress, event))


def doubted(record: CommandRecord) -> CommandRecord:
    """T2, T6, T7: take an older database's word for nothing; since then it may have been begun.

    What was with its agent no longer names the journal in which its absence would prove that it
    was never received. What was queued may have gone out.
    """
    if record.state is not CommandState.QUEUED:
        return msgspec.structs.replace(record, journal_id="", boot_id="")
    progress = advance(record.progress, CommandEvent.DISPATCH)
    gone = msgspec.structs.replace(record, progress=progress)
    if record.idempotent:
        return queued_again(gone, CommandEvent.RETRY)
    return lost(gone, "The database was restored from a backup that is older than its fate.")


def cancel_requested(record: CommandRecord) -> CommandRecord:
    """T10: note the wish to stop what its agent has."""
    return msgspec.structs.replace(record, progress=request_cancel(record.progress))


def lost(record: CommandRecord, why: str) -> CommandRecord:
    """T7: give up what nobody will report."""
    message = f"{why} Look at the page before you ask for it again."
    return _ended(record, CommandEvent.LOSE, ErrorCode.OUTCOME_UNKNOWN, message)


def expired(record: CommandRecord) -> CommandRecord:
    """T8: end what has waited in the queue for too long."""
    message = f"Its agent could not take it within {record.ttl:g} s; {_what_was_sent(record)}."
    return _ended(record, CommandEvent.EXPIRE, ErrorCode.TTL_EXPIRED, message)


def withdrawn(record: CommandRecord) -> CommandRecord:
    """T9: cancel what is still in the queue."""
    message = f"It was cancelled while it waited in the queue; {_what_was_sent(record)}."
    return _ended(record, CommandEvent.WITHDRAW, ErrorCode.CANCELLED, message)


def _ended(
    record: CommandRecord, event: CommandEvent, code: ErrorCode, message: str
) -> CommandRecord:
    return msgspec.structs.replace(
        record,
        progress=advance(record.progress, event),
        finished_at=now_ms(),
        error=CommandError(code, message),
    )


def _what_was_sent(record: CommandRecord) -> str:
    if record.progress.tainted:
        return "an earlier attempt may have run, so look at the page first"
    return "nothing was sent"
