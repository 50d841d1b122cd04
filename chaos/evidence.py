"""A history, put in order: each call with its answer, each command with all that is known of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from chaos.records import (
    COUNTED_ACTIONS,
    Answered,
    AnyRecord,
    Asked,
    Begins,
    Begun,
    Body,
    Broke,
    CommandRow,
    CommandView,
    Ended,
    FinalState,
    Seen,
)
from chaos.timeline import Timeline


@dataclass(frozen=True)
class Exchange:
    """One call, and what came of it."""

    asked: Asked
    answered: Answered | None = None
    broke: Broke | None = None

    @property
    def command(self) -> CommandView | None:
        """The command that the answer showed."""
        return self.answered.command if self.answered is not None else None

    @property
    def is_accepted(self) -> bool:
        """Whether the answer said that the command is recorded."""
        return self.command is not None

    @property
    def is_refused(self) -> bool:
        """Whether the answer said that nothing was recorded."""
        return self.answered is not None and self.answered.command is None

    @property
    def ended_at(self) -> float | None:
        """When the client knew."""
        end = self.answered or self.broke
        return end.at if end is not None else None


@dataclass(frozen=True)
class Observation:
    """A command as somebody saw it, between two moments."""

    asked_at: float
    answered_at: float
    command: CommandView


class Evidence:
    """All that the checker looks at; *final* is null while the run goes on."""

    def __init__(self, records: Sequence[AnyRecord], final: FinalState | None = None) -> None:
        """Put *records* in order."""
        self.final = final
        self.timeline = Timeline(records)
        self.begins = next(one for one in records if isinstance(one, Begins))
        self.exchanges: list[Exchange] = []
        self.begun: dict[str, list[Begun]] = defaultdict(list)
        self.ended: dict[str, set[str]] = defaultdict(set)
        self.seen: list[Seen] = []
        self.records = records
        self._gather(records)
        self.submissions: dict[str, list[Exchange]] = defaultdict(list)
        self.observations: dict[str, list[Observation]] = defaultdict(list)
        for exchange in sorted(self.exchanges, key=lambda one: one.asked.at):
            if exchange.asked.operation == "submit" and exchange.asked.request_id is not None:
                self.submissions[exchange.asked.request_id].append(exchange)
            if exchange.command is not None and exchange.answered is not None:
                self.observations[exchange.command.request_id].append(
                    Observation(exchange.asked.at, exchange.answered.at, exchange.command)
                )
        self.rows: dict[str, CommandRow] = {}
        self.last_at = max((record.at for record in records), default=0.0)
        if final is not None:
            self.rows = {row.request_id: row for row in final.rows}
            for command in final.listed:
                self.observations[command.request_id].append(
                    Observation(self.last_at, self.last_at, command)
                )

    def _gather(self, records: Sequence[AnyRecord]) -> None:
        open_calls: dict[int, Asked] = {}
        for record in records:
            match record:
                case Asked():
                    open_calls[record.call] = record
                case Answered():
                    asked = open_calls.pop(record.call)
                    self.exchanges.append(Exchange(asked, answered=record))
                case Broke():
                    asked = open_calls.pop(record.call)
                    self.exchanges.append(Exchange(asked, broke=record))
                case Begun():
                    self.begun[record.request_id].append(record)
                case Ended():
                    self.ended[record.request_id].add(record.nonce)
                case Seen():
                    self.seen.append(record)
        self.exchanges.extend(Exchange(asked) for asked in open_calls.values())

    def body(self, request_id: str) -> Body | None:
        """Return what was first asked for under this name, by somebody who may."""
        for exchange in self.submissions.get(request_id, ()):
            if exchange.asked.is_authorized:
                return exchange.asked.body
        return None

    def accepted(self) -> Iterator[tuple[str, float]]:
        """Yield the commands that were acknowledged, each with the first moment of it."""
        for request_id, observations in self.observations.items():
            yield request_id, min(one.answered_at for one in observations)

    def counted(self) -> Iterator[tuple[str, Body]]:
        """Yield the commands whose executions the site counts, with what was asked for."""
        for request_id in self.submissions:
            body = self.body(request_id)
            if body is not None and body.action in COUNTED_ACTIONS:
                yield request_id, body

    def last_view(self, request_id: str) -> CommandView | None:
        """Return the command as it was seen last, over if it was ever seen over."""
        observations = self.observations.get(request_id, [])
        over = [one for one in observations if one.command.is_final]
        latest = max(over or observations, key=lambda one: one.answered_at, default=None)
        return latest.command if latest is not None else None

    def wall_ms(self, at: float) -> float:
        """Return the time of day at a moment of the run."""
        return self.begins.wall_ms + at * 1000

    def moment(self, wall_ms: float) -> float:
        """Return the moment of the run at a time of day."""
        return (wall_ms - self.begins.wall_ms) / 1000


def milliseconds(timestamp: str) -> float:
    """Return a time as the API writes it in milliseconds of the day's clock."""
    return datetime.fromisoformat(timestamp).timestamp() * 1000
