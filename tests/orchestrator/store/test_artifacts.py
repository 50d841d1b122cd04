"""Bytes on disk, streamed, by their digest."""

from __future__ import annotations

import asyncio
import hashlib
import os
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.errors import ArtifactUnknown, BodyTooLarge, StorageUnavailable
from orchestrator.store.artifacts import ArtifactStore
from orchestrator.store.records import ArtifactFilter, ArtifactRecord
from tests.orchestrator.conftest import Database
from tests.orchestrator.deadline import until
from xagent_protocol.ids import AgentId, RequestId

LIMIT = 2_000_000


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Where the files go."""
    made = tmp_path / "artifacts"
    made.mkdir()
    return made


@pytest.fixture
def store(database: Database, directory: Path) -> ArtifactStore:
    """A store of small things."""
    return ArtifactStore(directory, database.writer, database.readers, limit_bytes=LIMIT)


def files(directory: Path) -> list[Path]:
    """Return what lies there."""
    return list(directory.iterdir())


def content_of(store: ArtifactStore, artifact: ArtifactRecord) -> bytes:
    """Return the bytes."""
    return store.path(artifact).read_bytes()


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    """Stream *parts*."""
    for part in parts:
        yield part


async def put(
    store: ArtifactStore,
    content: AsyncIterator[bytes],
    agent_id: str = "alpha",
    request_id: str = "r1",
) -> ArtifactRecord:
    """Keep *content* as a picture."""
    return await store.put(
        content,
        content_type="image/png",
        name="shot.png",
        agent_id=AgentId(agent_id),
        request_id=RequestId(request_id),
    )


def ids(records: list[ArtifactRecord]) -> list[str]:
    """Return their ids."""
    return [record.artifact_id for record in records]


async def test_bytes_are_kept_under_their_digest(store: ArtifactStore, directory: Path) -> None:
    content = os.urandom(700_000)

    kept = await put(store, chunks(content[:300_000], content[300_000:], b""))

    assert kept.sha256 == hashlib.sha256(content).hexdigest()
    assert kept.size == len(content)
    assert content_of(store, kept) == content
    assert await store.get(kept.artifact_id) == kept
    assert [file.name for file in files(directory)] == [kept.sha256]


async def test_equal_bytes_are_kept_once_under_two_ids(
    store: ArtifactStore, directory: Path
) -> None:
    one, other = await put(store, chunks(b"same")), await put(store, chunks(b"sa", b"me"))

    assert one.artifact_id != other.artifact_id
    assert store.path(one) == store.path(other)
    assert len(files(directory)) == 1


async def test_nothing_is_a_value_too(store: ArtifactStore) -> None:
    kept = await put(store, chunks())

    assert (kept.size, content_of(store, kept)) == (0, b"")


async def test_what_is_exactly_at_the_limit_is_kept_and_one_more_is_not(
    store: ArtifactStore, directory: Path
) -> None:
    await put(store, chunks(b"x" * LIMIT))
    kept = set(files(directory))

    with pytest.raises(BodyTooLarge):
        await put(store, chunks(b"y" * LIMIT, b"y"))

    assert set(files(directory)) == kept


async def test_what_is_announced_over_the_limit_is_not_read(
    store: ArtifactStore, directory: Path
) -> None:
    read: list[bytes] = []

    async def noted() -> AsyncIterator[bytes]:
        read.append(b"x")
        yield b"x"

    with pytest.raises(BodyTooLarge):
        await store.put(
            noted(),
            content_type="image/png",
            name="shot.png",
            agent_id=None,
            request_id=None,
            announced_bytes=LIMIT + 1,
        )

    assert (read, files(directory)) == ([], [])


async def test_nothing_is_left_of_an_upload_that_breaks_off(
    store: ArtifactStore, directory: Path
) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 400_000
        raise ConnectionError("the client has gone")

    with pytest.raises(StorageUnavailable):
        await put(store, broken())

    assert files(directory) == []


async def test_nothing_is_left_of_a_cancelled_upload(store: ArtifactStore, directory: Path) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000
            begun.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        upload = tasks.create_task(put(store, endless()))
        await begun.wait()
        assert len(files(directory)) == 1
        upload.cancel()

    assert files(directory) == []


async def test_a_failing_disk_is_told_and_leaves_nothing(
    database: Database, tmp_path: Path
) -> None:
    gone = ArtifactStore(tmp_path / "gone", database.writer, database.readers, limit_bytes=LIMIT)

    with pytest.raises(StorageUnavailable):
        await put(gone, chunks(b"x"))


async def test_equal_uploads_at_once_harm_each_other_not(store: ArtifactStore) -> None:
    async with asyncio.TaskGroup() as tasks:
        uploads = [tasks.create_task(put(store, chunks(b"same" * 50_000))) for _ in range(8)]

    assert {len(content_of(store, upload.result())) for upload in uploads} == {200_000}


async def test_an_artifact_waits_for_a_locked_database(
    store: ArtifactStore, database: Database
) -> None:
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.TaskGroup() as tasks:
            upload = tasks.create_task(put(store, chunks(b"x")))
            await until(lambda: bool(database.failures))
            other.execute("ROLLBACK")

    assert (await store.get(upload.result().artifact_id)).size == 1


async def test_an_unknown_artifact_is_unknown(store: ArtifactStore) -> None:
    with pytest.raises(ArtifactUnknown):
        await store.get("never")


async def test_what_a_killed_life_left_is_removed_and_nothing_else(
    store: ArtifactStore, directory: Path
) -> None:
    artifact = await put(store, chunks(b"kept"))
    (directory / ".incoming-abc").write_bytes(b"half")
    (directory / ".leaving-abc").write_bytes(b"deleted")

    store.discard_leftovers()

    assert files(directory) == [store.path(artifact)]


async def test_with_power_durability_bytes_and_name_reach_the_disk_before_the_row(
    database: Database, directory: Path
) -> None:
    synced: list[tuple[str, int, int]] = []

    def sync(file: int) -> None:
        with closing(sqlite3.connect(database.path)) as other:
            [(rows,)] = other.execute("SELECT count(*) FROM artifacts")
        status = os.fstat(file)
        named = len([path for path in files(directory) if not path.name.startswith(".")])
        kind = "directory" if stat.S_ISDIR(status.st_mode) else f"{status.st_size} bytes"
        synced.append((kind, named, rows))

    store = ArtifactStore(
        directory, database.writer, database.readers, limit_bytes=LIMIT, sync=sync
    )

    await put(store, chunks(b"shot"))

    assert synced == [("4 bytes", 0, 0), ("directory", 1, 0)]


async def test_pages_are_newest_first_and_of_whom_one_asks(store: ArtifactStore) -> None:
    first = await put(store, chunks(b"1"))
    second = await put(store, chunks(b"2"), agent_id="beta", request_id="r2")
    third = await put(store, chunks(b"3"), request_id="r2")
    newest_first = sorted(ids([first, second, third]), reverse=True)

    async def listed(wanted: ArtifactFilter, before: str | None = None) -> list[str]:
        return ids(await store.page(wanted, limit=2, before=before))

    everything = ArtifactFilter()
    assert await listed(everything) == newest_first[:2]
    assert await listed(everything, before=newest_first[1]) == newest_first[2:]
    assert await listed(ArtifactFilter(agent_id=AgentId("beta"))) == [second.artifact_id]
    assert set(await listed(ArtifactFilter(request_id=RequestId("r2")))) == {
        second.artifact_id,
        third.artifact_id,
    }
    assert await listed(ArtifactFilter(agent_id=AgentId("gamma"))) == []


async def test_bytes_go_with_the_last_row_that_names_them(
    store: ArtifactStore, directory: Path
) -> None:
    one, other = await put(store, chunks(b"same")), await put(store, chunks(b"same"))

    await store.remove([one])
    assert content_of(store, other) == b"same"
    with pytest.raises(ArtifactUnknown):
        await store.get(one.artifact_id)

    await store.remove([other])
    assert files(directory) == []


async def test_the_oldest_come_first_and_equal_bytes_count_once(store: ArtifactStore) -> None:
    kept = [await put(store, chunks(part)) for part in (b"same", b"same", b"longer")]
    oldest_first = sorted(ids(kept))

    assert await store.total_bytes() == 10
    assert ids(await store.oldest(limit=2)) == oldest_first[:2]
    assert ids(await store.oldest(limit=2, after=oldest_first[1])) == oldest_first[2:]


async def test_bytes_whose_row_is_on_its_way_are_not_removed(
    store: ArtifactStore, database: Database
) -> None:
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.TaskGroup() as tasks:
            upload = tasks.create_task(put(store, chunks(b"x")))
            await until(lambda: bool(database.failures))
            assert not await store.release(hashlib.sha256(b"x").hexdigest())
            other.execute("ROLLBACK")

    assert content_of(store, upload.result()) == b"x"


async def test_a_cancelled_upload_whose_row_comes_all_the_same_keeps_its_bytes(
    store: ArtifactStore, database: Database
) -> None:
    """The writer does not take a row back, so the bytes wait for it, too."""
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.TaskGroup() as tasks:
            upload = tasks.create_task(put(store, chunks(b"x")))
            await until(lambda: bool(database.failures))
            upload.cancel()
            await asyncio.wait([upload])
            assert not await store.release(hashlib.sha256(b"x").hexdigest())
            other.execute("ROLLBACK")

    async def recorded() -> list[ArtifactRecord]:
        return await store.page(ArtifactFilter(), limit=1, before=None)

    async with asyncio.timeout(5):
        while not (found := await recorded()):  # noqa: ASYNC110 (rows have no event)
            await asyncio.sleep(0.01)
    assert content_of(store, found[0]) == b"x"


@pytest.mark.slow
async def test_an_upload_waits_for_the_removal_of_equal_bytes(
    store: ArtifactStore, directory: Path
) -> None:
    """Else its bytes could be taken for those that are to go, between their coming and its row."""
    kept = await put(store, chunks(b"same"))

    for _ in range(40):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(store.remove([kept]))
            uploads = [tasks.create_task(put(store, chunks(b"same"))) for _ in range(4)]
        assert content_of(store, uploads[0].result()) == b"same"
        await store.remove([upload.result() for upload in uploads[1:]])
        kept = uploads[0].result()

    assert len(files(directory)) == 1


async def test_files_that_no_row_names_are_found_unless_there_are_too_many(
    store: ArtifactStore, directory: Path
) -> None:
    kept = await put(store, chunks(b"kept"))
    for number in range(3):
        (directory / f"{number:064x}").write_bytes(b"nobody's")
    (directory / "README").write_bytes(b"not ours")

    assert sorted(await store.nameless(at_most=3) or ()) == [f"{n:064x}" for n in range(3)]
    assert await store.nameless(at_most=2) is None
    assert await store.release(f"{0:064x}")
    assert not await store.release(kept.sha256)
    assert not await store.release("f" * 64)
    assert len(files(directory)) == 4
