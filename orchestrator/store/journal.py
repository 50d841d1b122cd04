"""The journal of commands: rows in, rows out; every move is one compare-and-set.

The states themselves change in `dispatch`, by the table of `xagent_protocol.transitions`; here a
move is only made durable, and only if the row still is as the mover saw it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from sqlalchemy import Row as DatabaseRow, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.store.records import CommandRecord
from orchestrator.store.statements import (
    insert_in_order,
    insert_or_replace,
    update_in_order,
    update_where,
)
from orchestrator.store.tables import commands, marks
from orchestrator.store.writer import PATIENCE_SECONDS, Row, Settle, Writer
from xagent_protocol.ids import AgentId, RequestId
from xagent_protocol.messages import FAIL
from xagent_protocol.outcomes import ArtifactRef, CommandError, DialogState, Effect, PageState
from xagent_protocol.transitions import CommandState, Progress

_INSERT: Final = insert_in_order(
    commands,
    *("request_id", "agent_id", "action", "params", "page_asked", "timeout", "idempotent", "ttl"),
    *("fingerprint", "state", "attempt", "effect", "tainted", "cancel_requested", "epoch"),
    *("journal_id", "boot_id", "created_at", "dispatched_at", "record"),
    *("if_controlled", "control_digest", "requested_by", "reads"),
    rank=1,
)
_MOVE: Final = update_in_order(
    commands,
    (
        *("state", "attempt", "effect", "tainted", "cancel_requested", "epoch", "journal_id"),
        *("boot_id", "dispatched_at", "started_at", "finished_at", "duration_ms", "result"),
        *("error", "page", "artifacts", "dialog", "notices", "reads"),
    ),
    {"request_id": "key", "state": "old_state", "attempt": "old_attempt", "epoch": "old_epoch"},
    rank=2,
)
_LATE: Final = update_where(commands, {"request_id": "key"}, "late_result", rank=3)

_OPEN: Final = "open"
_MARK: Final = insert_or_replace(marks, "name", "seq", rank=6)
OPEN_MARK: Final = func.coalesce(
    select(marks.c.seq).where(marks.c.name == _OPEN).scalar_subquery(), 0
)
"""Everything up to this place is over."""

_encode: Final = msgspec.json.Encoder().encode
_error: Final = msgspec.json.Decoder(CommandError)
_page: Final = msgspec.json.Decoder(PageState)
_artifacts: Final = msgspec.json.Decoder(tuple[ArtifactRef, ...])
_dialog: Final = msgspec.json.Decoder(DialogState)
_notices: Final = msgspec.json.Decoder(tuple[str, ...])


class Journal:
    """What was asked and how it ended, for ever until retention takes it."""

    def __init__(self, writer: Writer, readers: AsyncEngine) -> None:
        """Write through *writer*, read through *readers*."""
        self._writer = writer
        self._readers = readers

    def record(self, command: CommandRecord, settle: Settle, *, is_alone: bool) -> None:
        """Make a new command durable, and call *settle* with true.

        Or with `StorageUnavailable` if it was not recorded, or with `sqlite3.IntegrityError` if
        a command of this request id exists already. *is_alone* is as for `Writer.submit`.
        """
        progress = command.progress
        self._writer.submit(
            _INSERT,
            (
                command.request_id,
                command.agent_id,
                command.action,
                bytes(command.params).decode(),
                command.page_asked,
                command.timeout,
                command.idempotent,
                command.ttl,
                command.fingerprint,
                progress.state.value,
                progress.attempt,
                progress.effect.value,
                progress.tainted,
                progress.cancel_requested,
                command.epoch,
                command.journal_id,
                command.boot_id,
                command.created_at,
                command.dispatched_at,
                command.record,
                None if command.if_controlled == FAIL else command.if_controlled,
                command.control_digest,
                command.requested_by,
                command.reads,
            ),
            settle,
            patience=PATIENCE_SECONDS,
            is_alone=is_alone,
        )

    async def move(self, before: CommandRecord, after: CommandRecord) -> bool:
        """Make a move durable if the row is still at *before*; returns whether it was.

        Waits as long as the database needs: what an agent reported is never given up.
        """
        return await self._writer.write(_MOVE, _move_row(before, after))

    def move_soon(
        self, before: CommandRecord, after: CommandRecord, settle: Settle, *, is_alone: bool
    ) -> None:
        """Do the same without waiting, and call *settle* with what `move` would return."""
        self._writer.submit(_MOVE, _move_row(before, after), settle, is_alone=is_alone)

    async def keep_late_result(self, request_id: RequestId, result: bytes) -> bool:
        """Keep a result that came after the end beside it; returns whether the command exists."""
        row = {"key": request_id, "late_result": result.decode()}
        return await self._writer.write(_LATE, row)

    async def find(self, request_id: RequestId) -> CommandRecord | None:
        """Read one command, or None if there is none of this id."""
        query = select(commands).where(commands.c.request_id == request_id)
        async with self._readers.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else command_of_row(row)

    async def open_commands(self) -> list[CommandRecord]:
        """Read everything that is not over, in the order in which it was accepted."""
        query = (
            select(commands)
            .where(commands.c.seq > OPEN_MARK, commands.c.finished_at.is_(None))
            .order_by(commands.c.seq)
        )
        async with self._readers.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [command_of_row(row) for row in rows]

    async def last_seq(self) -> int:
        """Return the place of the newest command."""
        async with self._readers.connect() as connection:
            return (await connection.execute(select(func.max(commands.c.seq)))).scalar() or 0

    async def seq_of(self, request_id: RequestId) -> int | None:
        """Return the place of one command, or None if it is not recorded."""
        query = select(commands.c.seq).where(commands.c.request_id == request_id)
        async with self._readers.connect() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def mark(self, seq: int) -> None:
        """Note that everything up to *seq* is over."""
        await self._writer.write(_MARK, {"name": _OPEN, "seq": seq})


def _move_row(before: CommandRecord, after: CommandRecord) -> Row:
    old, new = before.progress, after.progress
    return (
        new.state.value,
        new.attempt,
        new.effect.value,
        new.tainted,
        new.cancel_requested,
        after.epoch,
        after.journal_id,
        after.boot_id,
        after.dispatched_at,
        after.started_at,
        after.finished_at,
        after.duration_ms,
        _text(after.result),
        _optional(after.error),
        _optional(after.page),
        _encode(after.artifacts).decode() if after.artifacts else None,
        _optional(after.dialog),
        _encode(after.notices).decode() if after.notices else None,
        after.reads,
        after.request_id,
        old.state.value,
        old.attempt,
        before.epoch,
    )


def _text(raw: msgspec.Raw | None) -> str | None:
    return None if raw is None else bytes(raw).decode()


def _optional(value: msgspec.Struct | None) -> str | None:
    return None if value is None else _encode(value).decode()


def command_of_row(row: DatabaseRow[Any]) -> CommandRecord:
    """Return what a row of the table says."""
    return CommandRecord(
        request_id=RequestId(row.request_id),
        agent_id=AgentId(row.agent_id),
        action=row.action,
        params=msgspec.Raw(row.params.encode()),
        timeout=row.timeout,
        idempotent=row.idempotent,
        ttl=row.ttl,
        fingerprint=row.fingerprint,
        progress=Progress(
            CommandState(row.state),
            row.attempt,
            Effect(row.effect),
            row.tainted,
            row.cancel_requested,
        ),
        created_at=row.created_at,
        page_asked=row.page_asked,
        record=row.record,
        if_controlled=row.if_controlled or FAIL,
        control_digest=row.control_digest,
        requested_by=row.requested_by,
        epoch=row.epoch,
        journal_id=row.journal_id,
        boot_id=row.boot_id,
        reads=row.reads is not False,
        dispatched_at=row.dispatched_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        duration_ms=row.duration_ms,
        result=None if row.result is None else msgspec.Raw(row.result.encode()),
        error=None if row.error is None else _error.decode(row.error),
        page=None if row.page is None else _page.decode(row.page),
        artifacts=() if row.artifacts is None else _artifacts.decode(row.artifacts),
        dialog=None if row.dialog is None else _dialog.decode(row.dialog),
        notices=() if row.notices is None else _notices.decode(row.notices),
        late_result=None if row.late_result is None else msgspec.Raw(row.late_result.encode()),
        seq=row.seq,
    )
