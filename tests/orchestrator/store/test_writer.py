"""Group commit on a real file, with a second connection to lock it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from orchestrator.errors import StorageUnavailable
from orchestrator.store.database import open_writer
from orchestrator.store.writer import LONGEST_LOG_BYTES, Statement, Writer
from tests.orchestrator.deadline import until

ADD = Statement("INSERT INTO notes (id, text) VALUES (:id, :text)", rank=1)
CHANGE = Statement("UPDATE notes SET text = :new WHERE id = :id AND text = :old", rank=2)


def opened(path: Path, *, durability: str = "process") -> sqlite3.Connection:
    """Open a database with one table of notes."""
    connection = open_writer(path, durability)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)"
    )
    return connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "notes.db"


def notes(path: Path) -> list[tuple[int, str]]:
    """Read all notes through a connection of its own, in the order in which they came."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT id, text FROM notes ORDER BY rowid").fetchall()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the write lock as another process would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_writes_that_wait_together_share_a_commit(path: Path) -> None:
    commits: list[int] = []
    writer = Writer(opened(path), path, on_commit=lambda rows, _: commits.append(rows))

    async with asyncio.TaskGroup() as tasks:
        for number in range(50):
            tasks.create_task(writer.write(ADD, {"id": number, "text": "x"}))
    await writer.close()

    assert commits == [50]
    assert len(notes(path)) == 50


async def test_rows_of_one_caller_share_a_commit_and_are_counted(path: Path) -> None:
    commits: list[int] = []
    writer = Writer(opened(path), path, on_commit=lambda rows, _: commits.append(rows))

    added = await writer.write_all(ADD, [{"id": number, "text": "x"} for number in range(5)])
    changes = [{"id": number, "old": "x", "new": "y"} for number in (1, 2, 77)]

    assert (added, await writer.write_all(CHANGE, changes)) == (5, 2)
    assert await writer.write_all(ADD, []) == 0
    assert commits == [5, 3]
    await writer.close()


async def test_what_is_wrong_with_one_of_several_rows_is_raised_and_the_others_are_written(
    path: Path,
) -> None:
    writer = Writer(opened(path), path)

    with pytest.raises(sqlite3.IntegrityError):
        await writer.write_all(ADD, [{"id": 1, "text": "x"}, {"id": 1, "text": "x"}])

    assert notes(path) == [(1, "x")]
    await writer.close()


async def test_a_lone_row_is_committed_before_submit_returns(path: Path) -> None:
    writer = Writer(opened(path), path)
    outcomes: list[bool | Exception] = []

    writer.submit(ADD, {"id": 1, "text": "x"}, outcomes.append, is_alone=True)

    assert outcomes == [True]
    await writer.close()


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ({"id": 1, "text": "again"}, sqlite3.IntegrityError),
        ({"id": 7, "text": None}, sqlite3.IntegrityError),
        ({"id": 2**63, "text": "no room"}, OverflowError),
        ({"id": 8, "text": "\ud800"}, ValueError),
        ({"id": 9, "text": object()}, sqlite3.Error),
        ({"id": 10}, sqlite3.Error),
    ],
)
@pytest.mark.parametrize("durability", ["process", "power"])
async def test_a_bad_row_harms_no_other(
    path: Path, bad: dict[str, object], error: type[Exception], durability: str
) -> None:
    writer = Writer(opened(path), path, in_thread=durability == "power")
    await writer.write(ADD, {"id": 1, "text": "first"})
    outcomes: list[bool | Exception] = []

    writer.submit(ADD, {"id": 3, "text": "good"}, outcomes.append)
    writer.submit(ADD, bad, outcomes.append)
    writer.submit(ADD, {"id": 4, "text": "good"}, outcomes.append)
    await until(lambda: len(outcomes) == 3)

    assert outcomes[0] is True
    assert isinstance(outcomes[1], error)
    assert outcomes[2] is True
    with pytest.raises(error):
        await writer.write(ADD, bad)
    assert await writer.write(ADD, {"id": 5, "text": "after"})
    assert writer.is_healthy
    assert [number for number, _ in notes(path)] == [1, 3, 4, 5]
    await writer.close()


async def test_a_compare_and_set_that_misses_says_so_alone_and_in_company(path: Path) -> None:
    writer = Writer(opened(path), path)
    await writer.write(ADD, {"id": 1, "text": "a"})
    miss = {"id": 1, "old": "nothing like it", "new": "b"}

    assert not await writer.write(CHANGE, miss)

    outcomes: list[bool | Exception] = []
    writer.submit(CHANGE, miss, outcomes.append)
    writer.submit(CHANGE, {"id": 1, "old": "a", "new": "c"}, outcomes.append)
    await until(lambda: len(outcomes) == 2)
    assert outcomes == [False, True]
    assert notes(path) == [(1, "c")]
    await writer.close()


async def test_rows_of_one_kind_are_written_in_the_order_they_came(path: Path) -> None:
    connection = opened(path)
    connection.execute("CREATE TABLE log (text TEXT)")
    writer = Writer(connection, path)
    append = Statement("INSERT INTO log (text) VALUES (:text)", rank=1)
    told: list[str] = []

    for number in range(20):
        text = f"n{number:02}"
        writer.submit(append, {"text": text}, lambda _, text=text: told.append(text))  # type: ignore[misc]
    await until(lambda: len(told) == 20)

    rows = [text for (text,) in connection.execute("SELECT text FROM log ORDER BY rowid")]
    assert rows == told == sorted(told)
    await writer.close()


async def test_a_locked_database_is_waited_for(path: Path) -> None:
    failures: list[None] = []
    writer = Writer(opened(path), path, on_failure=lambda: failures.append(None))

    with locked(path):
        outcomes: list[bool | Exception] = []
        writer.submit(ADD, {"id": 1, "text": "x"}, outcomes.append, patience=30)
        await until(lambda: bool(failures) and not writer.is_healthy)
        assert outcomes == []
    await until(lambda: bool(outcomes))

    assert outcomes == [True]
    assert writer.is_healthy
    await writer.close()


async def test_whoever_loses_patience_is_told_and_nothing_of_his_is_written(path: Path) -> None:
    """F32: a submission's 503."""
    writer = Writer(opened(path), path)

    with locked(path):
        patient: list[bool | Exception] = []
        writer.submit(ADD, {"id": 1, "text": "patient"}, patient.append)
        with pytest.raises(StorageUnavailable) as refused:
            await writer.write(ADD, {"id": 2, "text": "hasty"}, patience=0)
    await until(lambda: bool(patient))

    assert refused.value.retry_after == 2
    assert notes(path) == [(1, "patient")]
    await writer.close()


async def test_a_full_disk_is_told_to_who_loses_patience_and_waited_for_by_the_others(
    path: Path,
) -> None:
    """F33: it recovers by itself when there is room."""
    connection = opened(path)
    (used,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {used}")
    writer = Writer(connection, path)
    long = "x" * 100_000

    async with asyncio.TaskGroup() as tasks:
        patient = tasks.create_task(writer.write(ADD, {"id": 1, "text": long}))
        with pytest.raises(StorageUnavailable):
            await writer.write(ADD, {"id": 2, "text": long}, patience=0.1)
        assert not patient.done()
        was_healthy = writer.is_healthy
        connection.execute("PRAGMA max_page_count = 1000000")

    assert patient.result()
    assert (was_healthy, writer.is_healthy) == (False, True)
    assert [number for number, _ in notes(path)] == [1]
    await writer.close()


async def test_it_is_not_healthy_again_before_the_database_is(path: Path) -> None:
    """Nobody waits any more, and still a load balancer is told the truth."""
    failures: list[None] = []
    writer = Writer(opened(path), path, on_failure=lambda: failures.append(None))

    with locked(path):
        with pytest.raises(StorageUnavailable):
            await writer.write(ADD, {"id": 1, "text": "x"}, patience=0)
        seen = len(failures)
        await until(lambda: len(failures) > seen + 1)
        assert not writer.is_healthy
    await until(lambda: writer.is_healthy)
    await writer.close()


async def test_a_settle_that_fails_keeps_nobody_else_waiting(path: Path) -> None:
    writer = Writer(opened(path), path)

    def fail(_: bool | Exception) -> None:
        raise RuntimeError("a bug of its caller")

    writer.submit(ADD, {"id": 1, "text": "x"}, fail)

    assert await writer.write(ADD, {"id": 2, "text": "y"})
    await writer.close()


async def test_a_cancelled_caller_does_not_take_his_row_back(path: Path) -> None:
    writer = Writer(opened(path), path)

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(writer.write(ADD, {"id": 1, "text": "x"}))
        await asyncio.sleep(0)
        task.cancel()
    await writer.close()

    assert notes(path) == [(1, "x")]


async def test_power_durability_commits_in_a_thread(path: Path) -> None:
    connection = opened(path, durability="power")
    threads: set[str] = set()
    connection.create_function("note_thread", 0, lambda: threads.add(_thread_name()))
    writer = Writer(connection, path, in_thread=True)
    noting = Statement("INSERT INTO notes SELECT :id, 'x' || coalesce(note_thread(), '')", rank=1)

    async with asyncio.TaskGroup() as tasks:
        for number in range(10):
            tasks.create_task(writer.write(noting, {"id": number}))

    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert len(notes(path)) == 10
    assert all(name.startswith("xagent-commit") for name in threads)
    await writer.close()


def _thread_name() -> str:
    return threading.current_thread().name


@pytest.mark.parametrize("in_thread", [False, True])
async def test_memory_that_is_short_for_a_moment_is_waited_for(path: Path, in_thread: bool) -> None:
    """SQLITE_NOMEM is a MemoryError, which is no error of SQLite's in Python."""
    connection = opened(path)
    left = [2]

    def allocate() -> str:
        if left[0]:
            left[0] -= 1
            raise MemoryError
        return "x"

    connection.create_function("allocate", 0, allocate)
    writer = Writer(connection, path, in_thread=in_thread)
    greedy = Statement("INSERT INTO notes SELECT :id, allocate()", rank=1)

    async with asyncio.timeout(5):
        assert await writer.write(greedy, {"id": 1})

    assert writer.is_healthy
    assert notes(path) == [(1, "x")]
    await writer.close()


async def test_a_listener_that_fails_keeps_nobody_waiting(path: Path) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug of the listener")

    writer = Writer(opened(path), path, on_commit=fail, on_failure=fail)

    async with asyncio.timeout(5):
        assert await writer.write(ADD, {"id": 1, "text": "x"})
        with locked(path), pytest.raises(StorageUnavailable):
            await writer.write(ADD, {"id": 2, "text": "y"}, patience=0)
        assert await writer.write(ADD, {"id": 3, "text": "z"})
    await writer.close()


async def test_a_long_log_is_moved_once_and_cut_when_it_is_begun_anew(path: Path) -> None:
    writer = Writer(opened(path), path)
    log_file = path.with_name(path.name + "-wal")
    assert not await writer.shorten_log()

    await writer.write(ADD, {"id": 1, "text": "x" * (LONGEST_LOG_BYTES + 100_000)})
    assert log_file.stat().st_size > LONGEST_LOG_BYTES
    assert await writer.shorten_log()
    assert not await writer.shorten_log()

    await writer.write(ADD, {"id": 2, "text": "y"})
    assert log_file.stat().st_size <= LONGEST_LOG_BYTES
    await writer.close()


@pytest.mark.parametrize("in_thread", [False, True])
async def test_closing_writes_what_waits(path: Path, in_thread: bool) -> None:
    writer = Writer(opened(path), path, in_thread=in_thread)
    outcomes: list[bool | Exception] = []
    for number in range(5):
        writer.submit(ADD, {"id": number, "text": "x"}, outcomes.append)

    await writer.close()

    assert outcomes == [True] * 5
    assert len(notes(path)) == 5


async def test_who_comes_after_the_end_is_refused(path: Path) -> None:
    writer = Writer(opened(path), path)
    await writer.close()

    with pytest.raises(StorageUnavailable):
        await writer.write(ADD, {"id": 1, "text": "x"}, patience=5)
