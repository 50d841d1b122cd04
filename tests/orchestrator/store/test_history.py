"""Pages of the past, by key."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.dialects import sqlite

from orchestrator.store.agents import AgentRegistry
from orchestrator.store.history import NAMED_AT_ONCE, History, page_query
from orchestrator.store.journal import Journal
from orchestrator.store.records import CommandFilter, CommandRecord, CommandsFound
from tests.orchestrator.conftest import Database
from tests.orchestrator.deadline import until
from tests.orchestrator.records import agent_record, command_record
from xagent_protocol.ids import AgentId
from xagent_protocol.transitions import CommandState, Progress


@pytest.fixture
async def journal(database: Database) -> Journal:
    """A journal with nine commands of two agents."""
    registry = AgentRegistry(database.writer, database.readers)
    await registry.save(agent_record("alpha"))
    await registry.save(agent_record("beta"))
    journal = Journal(database.writer, database.readers)
    for number in range(9):
        agent_id = "alpha" if number % 3 else "beta"
        progress = Progress(CommandState.LOST if number % 2 else CommandState.QUEUED)
        action = "read" if number < 4 else "write"
        await add(journal, command_record(f"r{number}", agent_id, progress=progress, action=action))
    return journal


async def add(journal: Journal, command: CommandRecord) -> None:
    """Write one command."""
    outcomes: list[bool | Exception] = []
    journal.record(command, outcomes.append, is_alone=False)
    await until(lambda: outcomes == [True])


def names(found: CommandsFound) -> list[str]:
    """Return the ids."""
    return [command.request_id for command in found.records]


async def all_names(history: History, wanted: CommandFilter, limit: int = 99) -> list[str]:
    """Return the ids of all pages."""
    found = await history.commands(wanted, limit=limit, before=None)
    seen = names(found)
    while found.before is not None:
        found = await history.commands(wanted, limit=limit, before=found.before)
        seen += names(found)
    return seen


async def test_pages_go_back_from_the_newest_and_nothing_new_shifts_them(
    journal: Journal, database: Database
) -> None:
    history, everything = History(database.readers), CommandFilter()

    first = await history.commands(everything, limit=4, before=None)
    await add(journal, command_record("newer", created_at=1))
    second = await history.commands(everything, limit=4, before=first.before)
    third = await history.commands(everything, limit=4, before=second.before)

    assert names(first) == ["r8", "r7", "r6", "r5"]
    assert names(second) == ["r4", "r3", "r2", "r1"]
    assert names(third) == ["r0"]
    assert third.before is None


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (CommandFilter(agent_id=AgentId("beta")), ["r6", "r3", "r0"]),
        (CommandFilter(states=(CommandState.LOST,)), ["r7", "r5", "r3", "r1"]),
        (CommandFilter(action="read"), ["r3", "r2", "r1", "r0"]),
        (CommandFilter(AgentId("alpha"), (CommandState.QUEUED,), "write"), ["r8", "r4"]),
        (CommandFilter(agent_id=AgentId("nobody")), []),
    ],
)
@pytest.mark.usefixtures("journal")
async def test_filters_narrow_and_combine(
    database: Database, wanted: CommandFilter, expected: list[str]
) -> None:
    history = History(database.readers)

    assert names(await history.commands(wanted, limit=99, before=None)) == expected


@pytest.mark.parametrize("looked_through", [1, 2, 3, 100])
@pytest.mark.parametrize("limit", [1, 2, 99])
@pytest.mark.usefixtures("journal")
async def test_pages_that_look_no_further_than_so_far_find_all_in_the_end(
    database: Database, looked_through: int, limit: int
) -> None:
    history = History(database.readers, looked_through=looked_through)
    alphas = CommandFilter(AgentId("alpha"), action="read")

    assert await all_names(history, CommandFilter(action="read"), limit) == ["r3", "r2", "r1", "r0"]
    assert await all_names(history, alphas, limit) == ["r2", "r1"]
    assert await all_names(history, CommandFilter(action="never"), limit) == []
    lost_reads = CommandFilter(None, (CommandState.LOST,), "read")
    assert await all_names(history, lost_reads, limit) == ["r3", "r1"]


@pytest.mark.usefixtures("journal")
async def test_a_page_without_an_index_ends_where_it_has_looked_far_enough(
    database: Database,
) -> None:
    history = History(database.readers, looked_through=3, patience_seconds=0)

    found = await history.commands(CommandFilter(action="read"), limit=9, before=None)

    assert found.records == []
    assert found.before == 7  # r6, of r8, r7 and r6


@pytest.mark.usefixtures("journal")
async def test_an_empty_page_looks_on_for_a_while(database: Database) -> None:
    history = History(database.readers, looked_through=3, patience_seconds=60)

    found = await history.commands(CommandFilter(action="read"), limit=9, before=None)

    assert names(found) == ["r3"]
    assert found.before == 4


@pytest.mark.usefixtures("journal")
async def test_what_is_named_is_found_wherever_it_is(database: Database) -> None:
    history = History(database.readers, looked_through=1, patience_seconds=0)
    named = CommandFilter(action="write", among=("r8", "r7", "r4", "r3", "never"))  # type: ignore[arg-type]

    first = await history.commands(named, limit=2, before=None)
    second = await history.commands(named, limit=2, before=first.before)

    assert names(first) == ["r8", "r7"]
    assert (names(second), second.before) == (["r4"], None)
    assert names(await history.commands(CommandFilter(among=()), limit=2, before=None)) == []


async def test_more_are_named_than_one_query_takes(journal: Journal, database: Database) -> None:
    await add(journal, command_record("newest"))
    many = ("newest", *(f"never-{number}" for number in range(NAMED_AT_ONCE)), "r8", "r7")

    found = await History(database.readers).commands(
        CommandFilter(among=many),  # type: ignore[arg-type]
        limit=2,
        before=None,
    )

    assert names(found) == ["newest", "r8"]
    assert found.before == 9


@pytest.mark.usefixtures("journal")
async def test_uncommon_ends_are_found_by_their_indexes(database: Database) -> None:
    for wanted, index in (
        (CommandFilter(states=(CommandState.LOST,)), "ix_commands_state_seq"),
        (
            CommandFilter(AgentId("alpha"), (CommandState.LOST,)),
            "ix_commands_agent_id_state_seq",
        ),
    ):
        sql = str(page_query(wanted, [], 100).compile(dialect=sqlite.dialect()))
        plan = database.connection.execute(
            f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?")
        ).fetchall()

        assert any(index in row[-1] for row in plan), plan


async def test_what_somebody_asked_for_is_found(journal: Journal, database: Database) -> None:
    history = History(database.readers, looked_through=2)
    for number in range(12):
        asker = ("token", "sign-in 01", "sign-in 02")[number % 3]
        progress = Progress(CommandState.LOST if number % 2 else CommandState.QUEUED)
        agent_id = "alpha" if number < 6 else "beta"
        await add(
            journal,
            command_record(f"b{number}", agent_id, progress=progress, requested_by=asker),
        )

    async def asked(by: str, **more: Any) -> list[str]:
        return await all_names(history, CommandFilter(requested_by=by, **more), 2)

    assert await asked("token") == ["b9", "b6", "b3", "b0"]
    assert await asked("sign-in 01") == ["b10", "b7", "b4", "b1"]
    assert await asked("sign-in 02", agent_id=AgentId("alpha")) == ["b5", "b2"]
    assert await asked("sign-in 02", states=(CommandState.LOST,)) == ["b11", "b5"]
    assert await asked("sign-in 02", states=(CommandState.QUEUED,), action="write") == ["b8", "b2"]
    assert await asked("token", states=(CommandState.LOST,)) == ["b9", "b3"]
    assert await asked("sign-in 03") == []


@pytest.mark.usefixtures("journal")
async def test_what_people_asked_for_is_found_by_its_index_whatever_else_is_wanted(
    database: Database,
) -> None:
    for more in ({}, {"agent_id": AgentId("alpha")}, {"states": (CommandState.LOST,)}):
        query = page_query(CommandFilter(requested_by="sign-in 01", **more), [], 100)
        whole = {"render_postcompile": True}
        sql = str(query.compile(dialect=sqlite.dialect(), compile_kwargs=whole))
        plan = database.connection.execute(
            f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?")
        ).fetchall()

        assert any("ix_commands_requested_by_seq" in row[-1] for row in plan), plan
        assert not any("TEMP B-TREE" in row[-1] for row in plan), plan


async def test_after_a_clock_was_set_back_nothing_else_is_found(database: Database) -> None:
    await AgentRegistry(database.writer, database.readers).save(agent_record("alpha"))
    journal, history = Journal(database.writer, database.readers), History(database.readers)
    for number, created_at in enumerate((10_000, 10_010, 7_000, 7_010)):
        await add(journal, command_record(f"r{number}", "alpha", created_at=created_at))

    assert await all_names(history, CommandFilter(created_after=9_000)) == ["r1", "r0"]


@pytest.mark.parametrize("action", [None, "read"])
async def test_times_bound_what_is_found(database: Database, action: str | None) -> None:
    await AgentRegistry(database.writer, database.readers).save(agent_record("alpha"))
    journal = Journal(database.writer, database.readers)
    history = History(database.readers, looked_through=2)
    for number in range(20):
        created_at = 1000 + 10 * number
        await add(
            journal, command_record(f"r{number}", "alpha", created_at=created_at, action="read")
        )

    async def between(after: int | None, before: int | None) -> list[str]:
        wanted = CommandFilter(action=action, created_after=after, created_before=before)
        return await all_names(history, wanted, 3)

    assert await between(1170, None) == ["r19", "r18", "r17"]
    assert await between(1171, None) == ["r19", "r18"]
    assert await between(None, 1020) == ["r1", "r0"]
    assert await between(None, 1021) == ["r2", "r1", "r0"]
    assert await between(1050, 1070) == ["r6", "r5"]
    assert await between(5000, None) == []
    assert await between(None, 5) == []
    assert len(await between(0, 10_000)) == 20
