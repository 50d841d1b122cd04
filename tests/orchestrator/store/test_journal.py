"""The journal on a real file."""

from __future__ import annotations

import sqlite3

import msgspec
import pytest

from orchestrator.store.agents import AgentRegistry
from orchestrator.store.journal import Journal
from orchestrator.store.records import CommandRecord
from tests.orchestrator.conftest import Database
from tests.orchestrator.deadline import until
from tests.orchestrator.records import agent_record, command_record
from xagent_protocol.ids import ArtifactId, PageId, RequestId
from xagent_protocol.outcomes import ArtifactRef, CommandError, DialogState, Effect, PageState
from xagent_protocol.transitions import CommandState, Progress


@pytest.fixture
async def journal(database: Database) -> Journal:
    """A journal that knows one agent."""
    await AgentRegistry(database.writer, database.readers).save(agent_record())
    return Journal(database.writer, database.readers)


async def record(journal: Journal, command: CommandRecord) -> bool | Exception:
    """Write one command and return what became of it."""
    outcomes: list[bool | Exception] = []
    journal.record(command, outcomes.append, is_alone=True)
    await until(lambda: bool(outcomes))
    return outcomes[0]


def over(command: CommandRecord, **changes: object) -> CommandRecord:
    """Return *command* as it succeeded."""
    progress = Progress(CommandState.SUCCEEDED, 1, Effect.COMPLETE)
    return msgspec.structs.replace(command, progress=progress, finished_at=2000, **changes)


async def test_what_was_recorded_is_found_again(journal: Journal) -> None:
    params = msgspec.Raw(b'{"text":  "\\u00e4 spaced"}')
    control = {"if_controlled": "wait", "control_digest": "0f" * 32, "requested_by": "sign-in 0f"}
    command = command_record(page_asked="p3", params=params, record="trace", **control)

    assert await record(journal, command) is True

    found = await journal.find(command.request_id)
    assert found is not None
    assert bytes(found.params) == bytes(command.params)
    assert msgspec.structs.replace(found, seq=0, params=command.params) == command


async def test_an_unknown_command_is_not_found(journal: Journal) -> None:
    assert await journal.find(RequestId("never")) is None


async def test_a_request_id_is_recorded_once(journal: Journal) -> None:
    await record(journal, command_record())

    assert isinstance(await record(journal, command_record()), sqlite3.IntegrityError)


async def test_a_command_of_nobody_is_not_recorded(journal: Journal) -> None:
    outcome = await record(journal, command_record(agent_id="stranger"))

    assert isinstance(outcome, sqlite3.IntegrityError)


async def test_a_move_keeps_all_that_an_agent_reported(journal: Journal) -> None:
    command = command_record()
    await record(journal, command)
    after = over(
        command,
        epoch=7,
        journal_id="j",
        boot_id="b",
        dispatched_at=1001,
        started_at=1002,
        duration_ms=1.5,
        result=msgspec.Raw(b'{"a": [1,  2]}'),
        error=CommandError("code", "why", {"stack": "x"}),
        page=PageState(PageId("p1"), "https://a/", "A"),
        artifacts=(ArtifactRef(ArtifactId("a1"), "image/png", 3, "d" * 64, "shot.png"),),
        dialog=DialogState("alert", "hi", "accepted", PageId("p1")),
        notices=("the browser was restarted",),
    )

    assert await journal.move(command, after)

    found = await journal.find(command.request_id)
    assert found is not None
    assert found.result is not None
    assert bytes(found.result) == b'{"a": [1,  2]}'
    assert msgspec.structs.replace(found, seq=0, params=after.params, result=after.result) == after


@pytest.mark.parametrize(
    "seen",
    [
        Progress(CommandState.DISPATCHED, 0),
        Progress(CommandState.QUEUED, 1),
    ],
)
async def test_a_move_from_what_the_row_is_not_changes_nothing(
    journal: Journal, seen: Progress
) -> None:
    command = command_record()
    await record(journal, command)

    assert not await journal.move(command_record(progress=seen), over(command))

    found = await journal.find(command.request_id)
    assert found is not None
    assert found.state is CommandState.QUEUED


async def test_a_move_under_an_old_epoch_changes_nothing(journal: Journal) -> None:
    """Fencing: who was superseded writes no more."""
    command = command_record(epoch=5)
    await record(journal, command)

    assert not await journal.move(msgspec.structs.replace(command, epoch=4), over(command))


async def test_a_late_result_stands_beside_the_first(journal: Journal) -> None:
    command = command_record()
    await record(journal, command)
    await journal.move(command, over(command, result=msgspec.Raw(b"1")))

    assert await journal.keep_late_result(command.request_id, b'{"state":"failed"}')

    found = await journal.find(command.request_id)
    assert found is not None
    assert found.late_result is not None
    assert found.result is not None
    assert (bytes(found.result), bytes(found.late_result)) == (b"1", b'{"state":"failed"}')
    assert not await journal.keep_late_result(RequestId("never"), b"{}")


async def test_open_commands_come_in_the_order_of_acceptance(journal: Journal) -> None:
    """Not by time, which many share and a clock may set back, nor by id, which callers choose."""
    for name, created_at in (("z", 1000), ("a", 1000), ("m", 10)):
        await record(journal, command_record(name, created_at=created_at))
    done = command_record("done")
    await record(journal, done)
    await journal.move(done, over(done))

    assert [command.request_id for command in await journal.open_commands()] == ["z", "a", "m"]


async def test_a_mark_spares_reading_what_is_over_and_nothing_else(journal: Journal) -> None:
    done = command_record("done")
    await record(journal, done)
    await journal.move(done, over(done))
    await record(journal, command_record("open"))

    await journal.mark(await journal.seq_of(RequestId("done")) or 0)

    assert [command.request_id for command in await journal.open_commands()] == ["open"]
    assert await journal.last_seq() == await journal.seq_of(RequestId("open"))
    assert await journal.seq_of(RequestId("never")) is None
