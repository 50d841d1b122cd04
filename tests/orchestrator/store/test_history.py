"""Pages of the past, by key."""

from __future__ import annotations

import pytest

from orchestrator.store.agents import AgentRegistry
from orchestrator.store.history import History
from orchestrator.store.journal import Journal
from orchestrator.store.records import CommandFilter, CommandRecord
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


def names(commands: list[CommandRecord]) -> list[str]:
    """Return the ids."""
    return [command.request_id for command in commands]


async def test_pages_go_back_from_the_newest_and_nothing_new_shifts_them(
    journal: Journal, database: Database
) -> None:
    history, everything = History(database.readers), CommandFilter()

    first = await history.commands(everything, limit=4, before=None)
    await add(journal, command_record("newer", created_at=1))
    second = await history.commands(everything, limit=4, before=first[-1].seq)
    third = await history.commands(everything, limit=4, before=second[-1].seq)

    assert names(first) == ["r8", "r7", "r6", "r5"]
    assert names(second) == ["r4", "r3", "r2", "r1"]
    assert names(third) == ["r0"]


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
    assert (
        names(await History(database.readers).commands(wanted, limit=99, before=None)) == expected
    )
