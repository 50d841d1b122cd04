"""What goes when it is old, and what stays."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from orchestrator.settings import Keeping
from orchestrator.store.agents import AgentRegistry
from orchestrator.store.artifacts import ArtifactStore
from orchestrator.store.history import History
from orchestrator.store.journal import Journal
from orchestrator.store.records import (
    ArtifactFilter,
    ArtifactRecord,
    CommandFilter,
)
from orchestrator.store.retention import MOST_NAMELESS, STEP_ROWS, YOUNG_SECONDS, Retention
from orchestrator.store.sessions import SessionStore
from tests.orchestrator.conftest import Database
from tests.orchestrator.deadline import until
from tests.orchestrator.records import agent_record, command_record, session_record
from xagent_protocol.ids import AgentId, RequestId
from xagent_protocol.transitions import CommandState, Progress

DAY_MS = 24 * 60 * 60 * 1000


@dataclass
class Attic:
    """A store with its retention, and the clock that they go by."""

    database: Database
    directory: Path
    store: ArtifactStore
    now_ms: int = 100 * DAY_MS
    needed: set[str] = field(default_factory=set)
    deleted: list[tuple[str, int]] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)

    def retention(
        self, *, artifact_days: float = 0, total_bytes: int = 0, history_days: float = 0
    ) -> Retention:
        """Return the retention of these settings."""
        return Retention(
            Keeping(artifact_days, total_bytes, history_days),
            self.store,
            self.database.writer,
            self.database.readers,
            needed=lambda: self.needed,
            on_deleted=lambda kind, count: self.deleted.append((kind, count)),
            on_total=self.totals.append,
            now=lambda: self.now_ms,
        )

    async def keep(self, content: bytes, *, days_old: float, request_id: str | None = None) -> str:
        """Keep *content* as if it had come some days ago."""

        async def chunks() -> AsyncIterator[bytes]:
            yield content

        made = await self.store.put(
            chunks(),
            content_type="text/plain",
            name="a",
            agent_id=None,
            request_id=None if request_id is None else RequestId(request_id),
        )
        # Ids sort by the time they were made at, and this one says that it was another.
        artifact_id = f"{self.now_ms - round(days_old * DAY_MS):012x}{made.artifact_id[12:]}"
        with closing(sqlite3.connect(self.database.path)) as connection, connection:
            connection.execute(
                "UPDATE artifacts SET artifact_id = ?, created_at = ? WHERE artifact_id = ?",
                (artifact_id, self.now_ms - round(days_old * DAY_MS), made.artifact_id),
            )
        return artifact_id

    async def kept(self) -> list[ArtifactRecord]:
        """Return every artifact, newest first."""
        return await self.store.page(ArtifactFilter(), limit=1000, before=None)

    async def kept_ids(self) -> list[str]:
        """Return the ids of all artifacts, newest first."""
        return [one.artifact_id for one in await self.kept()]

    def files(self) -> int:
        """Count the files of artifacts."""
        return len(list(self.directory.iterdir()))


@pytest.fixture
def attic(database: Database, tmp_path: Path) -> Attic:
    """An empty one."""
    directory = tmp_path / "artifacts"
    directory.mkdir()
    store = ArtifactStore(directory, database.writer, database.readers, limit_bytes=1_000_000)
    return Attic(database, directory, store)


async def test_artifacts_go_when_they_are_too_old(attic: Attic) -> None:
    await attic.keep(b"old", days_old=31)
    young = await attic.keep(b"young", days_old=29)

    await attic.retention(artifact_days=30).delete_old_artifacts()

    assert await attic.kept_ids() == [young]
    assert attic.files() == 1
    assert attic.deleted == [("artifact", 1)]


async def test_what_an_open_command_names_stays_however_old(attic: Attic) -> None:
    needed = await attic.keep(b"needed", days_old=90)
    await attic.keep(b"old", days_old=80)
    attic.needed = {needed}

    await attic.retention(artifact_days=30).delete_old_artifacts()
    await attic.retention(total_bytes=1).delete_surplus_artifacts()

    assert await attic.kept_ids() == [needed]
    assert attic.totals == [6]


async def test_what_an_open_command_made_stays_until_that_is_over(attic: Attic) -> None:
    made = await attic.keep(b"made", days_old=1, request_id="r1")
    attic.needed = {"r1"}

    await attic.retention(total_bytes=1).delete_surplus_artifacts()
    assert await attic.kept_ids() == [made]

    attic.needed = set()
    await attic.retention(total_bytes=1).delete_surplus_artifacts()
    assert await attic.kept_ids() == []


@pytest.mark.slow
async def test_more_than_a_step_goes_in_steps_of_few_rows(attic: Attic) -> None:
    for number in range(2 * STEP_ROWS + 1):
        await attic.keep(b"same" if number % 2 else b"%d" % number, days_old=40)
    attic.database.commits.clear()

    await attic.retention(artifact_days=30).delete_old_artifacts()

    assert await attic.kept_ids() == []
    assert attic.files() == 0
    assert attic.database.commits == [STEP_ROWS, STEP_ROWS, 1]


async def test_of_too_much_the_oldest_go_and_no_more_than_have_to(attic: Attic) -> None:
    ids = [await attic.keep(bytes([number]) * 10, days_old=9 - number) for number in range(5)]

    await attic.retention(total_bytes=25).delete_surplus_artifacts()

    assert await attic.kept_ids() == [ids[4], ids[3]]
    assert attic.totals == [20]


async def test_equal_bytes_count_once_and_go_with_their_last_name(attic: Attic) -> None:
    await attic.keep(b"same" * 10, days_old=9)
    other = await attic.keep(b"other" * 10, days_old=8)
    same = await attic.keep(b"same" * 10, days_old=7)

    await attic.retention(total_bytes=90).delete_surplus_artifacts()
    assert len(await attic.kept()) == 3

    await attic.retention(total_bytes=89).delete_surplus_artifacts()
    assert await attic.kept_ids() == [same]
    assert other not in await attic.kept_ids()
    assert attic.files() == 1


async def test_what_is_young_stays_even_if_it_is_too_much(attic: Attic) -> None:
    young = await attic.keep(b"young", days_old=0.9 * YOUNG_SECONDS / 86400)
    await attic.keep(b"older", days_old=1.1 * YOUNG_SECONDS / 86400)

    await attic.retention(total_bytes=1).delete_surplus_artifacts()

    assert await attic.kept_ids() == [young]
    assert attic.totals == [5]


async def test_without_limits_everything_stays(attic: Attic) -> None:
    await attic.keep(b"old", days_old=99)

    retention = attic.retention()
    await retention.delete_old_artifacts()
    await retention.delete_surplus_artifacts()
    await retention.delete_old_commands()
    await retention.delete_old_sessions()

    assert len(await attic.kept()) == 1
    assert attic.totals == [3]


async def test_bytes_that_a_killed_life_left_without_a_row_are_swept(attic: Attic) -> None:
    kept = await attic.keep(b"kept", days_old=1)
    (attic.directory / ("0" * 64)).write_bytes(b"killed before its row was written")

    await attic.retention().sweep()

    assert await attic.kept_ids() == [kept]
    assert attic.files() == 1
    assert attic.deleted == [("file", 1)]


async def test_a_directory_of_another_database_is_left_alone(attic: Attic) -> None:
    for number in range(MOST_NAMELESS + 1):
        (attic.directory / f"{number:064x}").touch()

    await attic.retention().sweep()

    assert attic.files() == MOST_NAMELESS + 1


async def command(attic: Attic, request_id: str, *, days_old: float, is_over: bool = True) -> None:
    """Record a command as if it had been asked, and was over, some days ago."""
    moment = attic.now_ms - round(days_old * DAY_MS)
    journal = Journal(attic.database.writer, attic.database.readers)
    queued = command_record(request_id, created_at=moment)
    outcomes: list[bool | Exception] = []
    journal.record(queued, outcomes.append, is_alone=False)
    await until(lambda: outcomes == [True])
    if is_over:
        ended = msgspec.structs.replace(
            queued, progress=Progress(CommandState.EXPIRED), finished_at=moment + 1000
        )
        assert await journal.move(queued, ended)


async def remembered(attic: Attic) -> list[str]:
    """Return the ids of all commands, oldest first."""
    history = History(attic.database.readers)
    found = await history.commands(CommandFilter(), limit=1000, before=None)
    return [one.request_id for one in reversed(found.records)]


@pytest.fixture
async def history(attic: Attic) -> Attic:
    """An attic that knows two agents."""
    registry = AgentRegistry(attic.database.writer, attic.database.readers)
    await registry.save(agent_record("alpha"))
    await registry.save(agent_record("beta"))
    return attic


async def test_commands_go_when_they_have_been_over_for_long(history: Attic) -> None:
    await command(history, "old", days_old=91)
    await command(history, "open", days_old=91, is_over=False)
    await command(history, "young", days_old=89)
    await command(history, "newest", days_old=0)

    await history.retention(history_days=90).delete_old_commands()

    assert await remembered(history) == ["open", "young", "newest"]
    assert history.deleted == [("command", 1)]


@pytest.mark.slow
async def test_what_a_wrong_clock_dated_holds_up_nothing(history: Attic) -> None:
    await command(history, "from the future", days_old=-4000)
    await command(history, "old", days_old=500)
    await command(history, "young", days_old=1)

    await history.retention(history_days=30).delete_old_commands()

    assert await remembered(history) == ["from the future", "young"]


async def test_more_commands_than_a_step_go_behind_one_that_is_open(history: Attic) -> None:
    await command(history, "open", days_old=95, is_over=False)
    for number in range(2 * STEP_ROWS):
        await command(history, f"old-{number}", days_old=91)
    await command(history, "newest", days_old=0)

    await history.retention(history_days=90).delete_old_commands()

    assert await remembered(history) == ["open", "newest"]


async def test_the_newest_command_keeps_its_place_from_being_given_again(history: Attic) -> None:
    """What is open is looked for by its place, from the mark on."""
    journal = Journal(history.database.writer, history.database.readers)
    for number in range(3):
        await command(history, f"old-{number}", days_old=91)
    await journal.mark(await journal.last_seq())

    await history.retention(history_days=90).delete_old_commands()
    await command(history, "open", days_old=0, is_over=False)

    assert await remembered(history) == ["old-2", "open"]
    assert [one.request_id for one in await journal.open_commands()] == ["open"]


async def test_sessions_go_when_they_ended_long_ago_but_the_latest_of_each_agent(
    history: Attic,
) -> None:
    store = SessionStore(history.database.writer, history.database.readers)
    long_ago, lately = history.now_ms - 91 * DAY_MS, history.now_ms - DAY_MS
    for agent_id, ends in (("alpha", (long_ago, lately, lately)), ("beta", (long_ago,))):
        for number, end in enumerate(ends):
            session = session_record(agent_id, number + 1)
            await store.begin(session)
            await store.end(session, end, "goodbye")

    await history.retention(history_days=90).delete_old_sessions()

    past = History(history.database.readers)
    assert [one.epoch for one in await past.sessions(AgentId("alpha"), limit=9)] == [3, 2]
    assert [one.epoch for one in await past.sessions(AgentId("beta"), limit=9)] == [1]
    assert history.deleted == [("session", 1)]


async def test_it_goes_on_after_a_database_that_took_nothing(attic: Attic) -> None:
    await attic.keep(b"old", days_old=31)
    retention = attic.retention(artifact_days=30)

    async with asyncio.TaskGroup() as tasks:
        with closing(sqlite3.connect(attic.database.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            running = tasks.create_task(retention.run())
            await until(lambda: bool(attic.database.failures))
            other.execute("ROLLBACK")
        await until(lambda: bool(attic.totals))
        running.cancel()

    assert (await attic.kept_ids(), attic.totals) == ([], [0])
