"""Histories made by hand: a run in which all is well, until a test adds what must never be."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from chaos.checker import check
from chaos.evidence import Evidence
from chaos.records import (
    ORCHESTRATOR,
    AgentView,
    Answered,
    AnyRecord,
    Asked,
    Begins,
    Begun,
    Body,
    Broke,
    Closes,
    CommandRow,
    CommandView,
    Ended,
    Exited,
    Fault,
    FinalState,
    Healed,
    Injected,
    Launched,
    Orphaned,
    Seen,
    Serving,
    SessionRow,
)

WALL_MS: Final = 1_700_000_000_000.0
"""The time of day at the beginning."""

BEAT_SECONDS: Final = 2.0
LAST_AT: Final = 200.0


def timestamp(at: float) -> str:
    """Return a moment as the API writes it."""
    return datetime.fromtimestamp((WALL_MS / 1000) + at, UTC).isoformat()


def wall(at: float) -> int:
    """Return a moment as the database writes it."""
    return round(WALL_MS + at * 1000)


def view(
    request_id: str,
    state: str = "succeeded",
    effect: str = "complete",
    *,
    at: float = 1.5,
    result: object = None,
    code: str | None = None,
    **changes: Any,
) -> CommandView:
    """Return a command as an answer shows it; it was dispatched and over around *at*."""
    command = CommandView(
        request_id=request_id,
        agent_id="alpha",
        action="evaluate",
        params=msgspec.Raw(b"{}"),
        idempotent=False,
        state=state,
        effect=effect,
        result=msgspec.Raw(msgspec.json.encode(result)),
        error=Fault(code) if code else None,
        attempt=1,
        cancel_requested=False,
        created_at=timestamp(at - 0.4),
        dispatched_at=timestamp(at - 0.4),
        finished_at=timestamp(at),
    )
    return msgspec.structs.replace(command, **changes)


class Story:
    """A run of one agent, `alpha`; its orchestrator serves from the first moment."""

    def __init__(self) -> None:
        """Begin."""
        self._calls = itertools.count(1)
        self._faults = itertools.count(1)
        self.records: list[AnyRecord] = [
            Begins(at=0.0, seed=1, wall_ms=WALL_MS, beat_seconds=BEAT_SECONDS, agents=("alpha",)),
            Launched(at=0.0, process=ORCHESTRATOR, pid=1),
            Serving(at=0.0, process=ORCHESTRATOR),
            Launched(at=0.0, process="alpha", pid=2),
        ]
        self.listed: list[CommandView] = []
        self.rows: list[CommandRow] = []
        self.sessions = [
            SessionRow(session_id="s1", agent_id="alpha", epoch=1, started_at=wall(0.0))
        ]

    def add(self, *records: AnyRecord) -> None:
        """Let something happen."""
        self.records.extend(records)

    def call(
        self,
        request_id: str,
        answer: CommandView | int | str | None,
        *,
        operation: str = "submit",
        at: float = 1.0,
        seconds: float = 0.5,
        body: Body | None = None,
        code: str = "",
        **asked: Any,
    ) -> None:
        """Let a client call; the *answer* is a command, a status of refusal, or an error."""
        call = next(self._calls)
        if operation == "submit":
            body = body or Body(action="evaluate", request_id=request_id)
        self.add(
            Asked(
                at=at,
                call=call,
                operation=operation,
                request_id=request_id,
                agent_id="alpha",
                body=body,
                **asked,
            )
        )
        end = at + seconds
        match answer:
            case CommandView():
                status = 200 if answer.is_final else 202
                self.add(Answered(at=end, call=call, status=status, command=answer))
            case int():
                self.add(Answered(at=end, call=call, status=answer, code=code))
            case str():
                self.add(Broke(at=end, call=call, error=answer))

    def execution(self, request_id: str, *, at: float = 1.2, nonce: str = "n") -> None:
        """Let the site see a whole execution."""
        self.add(
            Begun(at=at, request_id=request_id, nonce=nonce),
            Ended(at=at + 0.1, request_id=request_id, nonce=nonce),
        )

    def remain(self, command: CommandView, *, at: float = 1.0, **changes: Any) -> None:
        """Let a command be there in the end, in the API and in the database."""
        self.listed.append(command)
        row = CommandRow(
            seq=len(self.rows) + 1,
            request_id=command.request_id,
            agent_id=command.agent_id,
            action=command.action,
            params=command.params,
            idempotent=command.idempotent,
            state=command.state,
            effect=command.effect,
            result=command.result,
            attempt=command.attempt,
            tainted=False,
            epoch=1,
            created_at=wall(at),
            dispatched_at=wall(at + 0.1),
            finished_at=wall(at + 0.5),
        )
        self.rows.append(msgspec.structs.replace(row, **changes))

    def succeed(self, request_id: str, *, at: float = 1.0, **changes: Any) -> None:
        """Let a command be asked for, done, answered and recorded, as it should be."""
        nonce = f"nonce-of-{request_id}"
        command = view(request_id, at=at + 0.5, result=nonce, **changes)
        self.call(request_id, command, at=at)
        self.execution(request_id, at=at + 0.2, nonce=nonce)
        self.remain(command, at=at)

    def suffer(
        self, name: str, target: str, *, at: float, until: float | None = None, detail: str = ""
    ) -> None:
        """Let a fault be injected; without *until* it does not last."""
        number = next(self._faults)
        self.add(Injected(at=at, fault=number, name=name, target=target, detail=detail))
        if until is not None:
            self.add(Healed(at=until, fault=number))

    def see(self, *, at: float, connected: bool, queued: int = 0, in_flight: int = 0) -> None:
        """Let the API say something of the agent."""
        agent = AgentView("alpha", connected, connected, in_flight, queued)
        self.add(Seen(at=at, agents=(agent,)))

    def end_process(self, process: str, *, at: float, status: int) -> None:
        """Let a process end."""
        self.add(Exited(at=at, process=process, pid=1, status=status))

    def leave_orphan(self, *, at: float) -> None:
        """Let something of a dead agent be found."""
        self.add(Orphaned(at=at, pid=3, program="chromium", seconds=16.0))

    def evidence(self, *, is_over: bool = True) -> Evidence:
        """Return it as the checker sees it, at its end or in the middle."""
        records = sorted(self.records, key=lambda record: record.at)
        if not is_over:
            return Evidence(records)
        return Evidence(
            [*records, Closes(at=max(LAST_AT, records[-1].at))],
            FinalState(
                listed=tuple(self.listed), rows=tuple(self.rows), sessions=tuple(self.sessions)
            ),
        )

    def broken(self, *, is_over: bool = True) -> set[str]:
        """Return the invariants that the checker finds broken."""
        verdicts = check(self.evidence(is_over=is_over))
        return {verdict.invariant for verdict in verdicts if verdict.anomalies}

    def tried(self) -> set[str]:
        """Return the invariants that could have been broken."""
        return {verdict.invariant for verdict in check(self.evidence()) if verdict.trials}
