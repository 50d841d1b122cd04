"""Looking back: pages of what was, newest first, read by keys and never by offsets.

A page deep in the history costs what the first one costs, and rows that arrive meanwhile shift
nothing. Nor does it matter how rare it is what is looked for: where an index leads to it, that is
followed; where none does, because each command would pay for one more, a page looks through so many
commands, and says where the next one is to go on.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.store.journal import command_of_row
from orchestrator.store.records import (
    TOKEN_NAME,
    CommandFilter,
    CommandRecord,
    CommandsFound,
    SessionRecord,
)
from orchestrator.store.sessions import session_of_row
from orchestrator.store.tables import IS_BY_A_PERSON, UNCOMMON_STATES, commands, sessions
from xagent_protocol.ids import AgentId

LOOKED_THROUGH: Final = 3_000
"""Commands that a page looks through before it ends, where no index leads to what it wants."""

PATIENCE_SECONDS: Final = 0.005
"""For so long a page that is empty looks on."""

NAMED_AT_ONCE: Final = 500
"""Commands that one query looks up by their ids."""

_IS_BEFORE: Final = """
    coalesce((
        SELECT created_at FROM commands WHERE seq >= (low + high) / 2 ORDER BY seq LIMIT 1
    ) < :moment, false)
"""

# Commands are numbered in the order of their times, so they need no index by time: the place is
# found by halving, in some twenty looks.
_FIRST_SINCE: Final = text(
    f"""
    WITH RECURSIVE part (low, high) AS (
        SELECT 0, (SELECT coalesce(max(seq), 0) + 1 FROM commands)
        UNION ALL
        SELECT CASE WHEN {_IS_BEFORE} THEN (low + high) / 2 + 1 ELSE low END,
               CASE WHEN {_IS_BEFORE} THEN high ELSE (low + high) / 2 END
        FROM part WHERE low < high
    )
    SELECT low FROM part WHERE low = high
    """
)


class History:
    """Reads commands and sessions for people."""

    def __init__(
        self,
        readers: AsyncEngine,
        *,
        looked_through: int = LOOKED_THROUGH,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """Read through *readers*."""
        self._readers = readers
        self._looked_through = looked_through
        self._patience_seconds = patience_seconds

    async def commands(
        self, wanted: CommandFilter, *, limit: int, before: int | None
    ) -> CommandsFound:
        """Read one page; *before* is where the page before said to go on."""
        give_up_at = time.monotonic() + self._patience_seconds
        async with self._readers.connect() as connection:
            part = await _part(connection, wanted, before)
            if wanted.among is not None:
                return await self._named(connection, wanted, part, limit)
            while True:
                found = await self._page(connection, wanted, part, limit)
                before = found.before
                part = replace(part, end=before)
                if found.records or before is None or time.monotonic() >= give_up_at:
                    return found

    async def _page(
        self,
        connection: AsyncConnection,
        wanted: CommandFilter,
        part: _Part,
        limit: int,
    ) -> CommandsFound:
        within = part.conditions()
        led, rest = _led_to(wanted)
        floor: int | None = None
        if rest:
            # Read from the index alone: how far back so many of them reach.
            nth = select(commands.c.seq).where(*within, *led).order_by(commands.c.seq.desc())
            nth = nth.limit(1).offset(self._looked_through - 1)
            floor = (await connection.execute(nth)).scalar_one_or_none()
        if floor is not None:
            within = replace(part, start=floor).conditions()
        # One more than asked says whether there is another page.
        query = page_query(wanted, within, limit + 1)
        rows = (await connection.execute(query)).all()
        records = [command_of_row(row) for row in rows[:limit]]
        if len(rows) > limit:
            return CommandsFound(records, records[-1].seq)
        return CommandsFound(records, floor)

    async def _named(
        self,
        connection: AsyncConnection,
        wanted: CommandFilter,
        part: _Part,
        limit: int,
    ) -> CommandsFound:
        """Read one page of what is known by its ids, which no place in the history holds up."""
        within = part.conditions()
        records: list[CommandRecord] = []
        among = wanted.among or ()
        for first in range(0, len(among), NAMED_AT_ONCE):
            batch = commands.c.request_id.in_(among[first : first + NAMED_AT_ONCE])
            query = page_query(wanted, [*within, batch], limit + 1 - len(records))
            records += map(command_of_row, (await connection.execute(query)).all())
            if len(records) > limit:
                return CommandsFound(records[:limit], records[limit - 1].seq)
        return CommandsFound(records, None)

    async def sessions(self, agent_id: AgentId, *, limit: int) -> list[SessionRecord]:
        """Read an agent's latest sessions."""
        query = (
            select(sessions)
            .where(sessions.c.agent_id == agent_id)
            .order_by(sessions.c.epoch.desc())
            .limit(limit)
        )
        async with self._readers.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [session_of_row(row) for row in rows]


def page_query(wanted: CommandFilter, within: list[ColumnElement[bool]], limit: int) -> Select[Any]:
    """Return the query of one page."""
    led, rest = _led_to(wanted)
    query = select(commands).where(*within, *led, *rest, *_times(wanted))
    return query.order_by(commands.c.seq.desc()).limit(limit)


@dataclass(frozen=True)
class _Part:
    """The places from *start* up to, and not including, *end*; null is without a bound.

    One bound at either end: of two, SQLite begins at the first and goes through what the second
    leaves out, row by row.
    """

    start: int | None = None
    end: int | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return it as a query has it."""
        found: list[ColumnElement[bool]] = []
        if self.start is not None:
            found.append(commands.c.seq >= self.start)
        if self.end is not None:
            found.append(commands.c.seq < self.end)
        return found


async def _part(connection: AsyncConnection, wanted: CommandFilter, before: int | None) -> _Part:
    """Return where the wanted times are, as far as they lie before *before*."""

    async def place(moment: int | None) -> int | None:
        if moment is None:
            return None
        return int((await connection.execute(_FIRST_SINCE, {"moment": moment})).scalar_one())

    start, end = await place(wanted.created_after), await place(wanted.created_before)
    ends = [one for one in (end, before) if one is not None]
    return _Part(start, min(ends, default=None))


def _times(wanted: CommandFilter) -> list[ColumnElement[bool]]:
    """Return the wanted times once more: after a clock was set back, places do not tell them."""
    found: list[ColumnElement[bool]] = []
    if wanted.created_after is not None:
        found.append(commands.c.created_at >= wanted.created_after)
    if wanted.created_before is not None:
        found.append(commands.c.created_at < wanted.created_before)
    return found


def _led_to(
    wanted: CommandFilter,
) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
    """Return the conditions that an index answers, and those that it does not."""
    led: list[ColumnElement[bool]] = []
    rest: list[ColumnElement[bool]] = []
    states = frozenset(wanted.states)
    if wanted.requested_by not in (None, TOKEN_NAME):
        return _led_by_a_person(wanted)
    if wanted.requested_by is not None:
        rest.append(commands.c.requested_by == wanted.requested_by)
    if wanted.agent_id is not None:
        led.append(commands.c.agent_id == wanted.agent_id)
    if len(states) == 1 and states < _UNCOMMON:
        # As it stands in the index's own condition: a parameter would not be known to satisfy it.
        (state,) = states
        led.append(commands.c.state == literal_column(f"'{state.value}'"))
    elif states:
        rest.append(commands.c.state.in_(sorted(states)))
    if wanted.action is not None:
        rest.append(commands.c.action == wanted.action)
    return led, rest


def _led_by_a_person(
    wanted: CommandFilter,
) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
    """Return the same where a browser asked: that index alone leads, the rest is looked through."""
    led = [literal_column(f"({IS_BY_A_PERSON})"), commands.c.requested_by == wanted.requested_by]
    rest: list[ColumnElement[bool]] = []
    if wanted.agent_id is not None:
        rest.append(commands.c.agent_id == wanted.agent_id)
    if wanted.states:
        rest.append(commands.c.state.in_(sorted(wanted.states)))
    if wanted.action is not None:
        rest.append(commands.c.action == wanted.action)
    return led, rest


_UNCOMMON: Final = frozenset(UNCOMMON_STATES)
