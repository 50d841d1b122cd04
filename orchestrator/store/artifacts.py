"""Bytes that commands made or need: files named by their own digest, rows that say what they are.

Content addressing keeps equal bytes once and leaves no name to a site or an agent: what reaches
the disk as a file name is a hexadecimal digest of our own making.

A row is written when its bytes are in place, and deleted before they are removed. So whatever is
killed in between leaves bytes that nobody names, and never a name without bytes.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections import Counter
from collections.abc import AsyncIterable, Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.clock import now_ms
from orchestrator.errors import ArtifactUnknown, BodyTooLarge, StorageUnavailable
from orchestrator.fresh_ids import new_artifact_id
from orchestrator.store.incoming import PREFIX as INCOMING, IncomingFile
from orchestrator.store.records import ArtifactFilter, ArtifactRecord
from orchestrator.store.statements import delete_where, insert_into
from orchestrator.store.tables import artifacts
from orchestrator.store.writer import PATIENCE_SECONDS, Writer
from xagent_protocol.ids import AgentId, RequestId

_INSERT: Final = insert_into(artifacts, *ArtifactRecord.__struct_fields__, rank=6)
_DELETE: Final = delete_where(artifacts, {"artifact_id": "key"}, rank=7)
WRITE_BYTES: Final = 256 * 1024
LEAVING: Final = ".leaving-"
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SWEPT_TOGETHER: Final = 200
_SWEEP_PAUSE_SECONDS: Final = 0.02


class ArtifactStore:
    """The directory of artifacts and their table."""

    def __init__(
        self,
        directory: Path,
        writer: Writer,
        readers: AsyncEngine,
        *,
        limit_bytes: int,
        sync: Callable[[int], None] | None = None,
    ) -> None:
        """Keep files in *directory*, which exists, none over *limit_bytes*.

        Given *sync* (`os.fsync`), bytes and name of a file are on the disk before its row is.
        """
        self._directory = directory
        self._writer = writer
        self._readers = readers
        self._limit_bytes = limit_bytes
        self._sync = sync
        self._placing: Counter[str] = Counter()
        """Digests of bytes whose rows are on their way."""
        self._releasing: dict[str, asyncio.Event] = {}
        """Digests of bytes that are looked at for removal, and when that is over."""

    def discard_leftovers(self) -> None:
        """Remove what an earlier life was killed over; to be called before the first `put`."""
        for prefix in (INCOMING, LEAVING):
            for path in self._directory.glob(f"{prefix}*"):
                path.unlink(missing_ok=True)

    async def put(
        self,
        chunks: AsyncIterable[bytes],
        *,
        content_type: str,
        name: str,
        agent_id: AgentId | None,
        request_id: RequestId | None,
        announced_bytes: int | None = None,
    ) -> ArtifactRecord:
        """Stream bytes to disk and record them; memory stays at one chunk.

        Raises:
            BodyTooLarge: over the limit, or announced to be; nothing is kept.
            StorageUnavailable: the disk or the database is full or failing; nothing is recorded.
        """
        if announced_bytes is not None and announced_bytes > self._limit_bytes:
            raise self._too_large()
        try:
            incoming = IncomingFile.make(self._directory)
        except OSError as error:
            raise _unavailable(error) from error
        try:
            size = await self._copy(chunks, incoming)
            record = ArtifactRecord(
                artifact_id=new_artifact_id(),
                agent_id=agent_id,
                request_id=request_id,
                content_type=content_type,
                name=name,
                size=size,
                sha256=incoming.hexdigest(),
                created_at=now_ms(),
            )
            await self._place(incoming, record)
        except OSError as error:
            raise _unavailable(error) from error
        finally:
            incoming.close()
        return record

    async def get(self, artifact_id: str) -> ArtifactRecord:
        """Return what is known of an artifact.

        Raises:
            ArtifactUnknown: there is none of this id.
        """
        query = select(artifacts).where(artifacts.c.artifact_id == artifact_id)
        async with self._readers.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise ArtifactUnknown(f"There is no artifact {artifact_id!r}.")
        return _record(row)

    async def page(
        self, wanted: ArtifactFilter, *, limit: int, before: str | None
    ) -> list[ArtifactRecord]:
        """Read one page, newest first; *before* is the id of the last artifact seen."""
        query = select(artifacts).order_by(artifacts.c.artifact_id.desc()).limit(limit)
        if wanted.agent_id is not None:
            query = query.where(artifacts.c.agent_id == wanted.agent_id)
        if wanted.request_id is not None:
            query = query.where(artifacts.c.request_id == wanted.request_id)
        if before is not None:
            query = query.where(artifacts.c.artifact_id < before)
        async with self._readers.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [_record(row) for row in rows]

    def path(self, artifact: ArtifactRecord) -> Path:
        """Return where its bytes are."""
        return self._path(artifact.sha256)

    # --- what retention needs -----------------------------------------------------------------

    async def oldest(self, *, limit: int, after: str = "") -> list[ArtifactRecord]:
        """Read the oldest artifacts that are younger than the one with the id *after*."""
        query = (
            select(artifacts)
            .where(artifacts.c.artifact_id > after)
            .order_by(artifacts.c.artifact_id)
            .limit(limit)
        )
        async with self._readers.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [_record(row) for row in rows]

    async def total_bytes(self) -> int:
        """Sum up what is on the disk: equal bytes count once."""
        kept = select(artifacts.c.sha256, artifacts.c.size).distinct().subquery()
        async with self._readers.connect() as connection:
            total = (await connection.execute(select(func.sum(kept.c.size)))).scalar()
        return int(total or 0)

    async def remove(self, records: Iterable[ArtifactRecord]) -> int:
        """Delete rows, and then the bytes that no other row names; returns how many those are.

        The deletion is on its way, and is not taken back, before this first awaits anything.

        Raises:
            StorageUnavailable: the database is full or failing; some may be left.
        """
        gone = list(records)
        keys = [{"key": record.artifact_id} for record in gone]
        await self._writer.write_all(_DELETE, keys, patience=PATIENCE_SECONDS)
        sizes = {record.sha256: record.size for record in gone}
        return sum([size for digest, size in sizes.items() if await self.release(digest)])

    async def release(self, digest: str) -> bool:
        """Remove bytes if no row names them, and none is about to; returns whether it did."""
        if digest in self._placing or digest in self._releasing:
            return False
        over = self._releasing[digest] = asyncio.Event()
        try:
            if await self._named([digest]):
                return False
            leaving = self._directory / f"{LEAVING}{digest}"
            try:
                # At once, so that a cancellation finds it done or not begun. To free the blocks
                # of a large file takes longer, and happens where nobody waits for it.
                self._path(digest).replace(leaving)
            except FileNotFoundError:
                return False
        finally:
            del self._releasing[digest]
            over.set()
        await asyncio.to_thread(leaving.unlink, missing_ok=True)
        return True

    async def nameless(self, *, at_most: int) -> list[str] | None:
        """Return the digests of files that no row names; null if there are more than *at_most*."""
        found: list[str] = []
        names = await asyncio.to_thread(self._digests)
        for start in range(0, len(names), _SWEPT_TOGETHER):
            part = names[start : start + _SWEPT_TOGETHER]
            found += set(part) - await self._named(part)
            if len(found) > at_most:
                return None
            await asyncio.sleep(_SWEEP_PAUSE_SECONDS)
        return found

    async def _named(self, digests: list[str]) -> set[str]:
        query = select(artifacts.c.sha256).where(artifacts.c.sha256.in_(digests)).distinct()
        async with self._readers.connect() as connection:
            return set((await connection.execute(query)).scalars())

    def _digests(self) -> list[str]:
        with os.scandir(self._directory) as entries:
            return [entry.name for entry in entries if _DIGEST.fullmatch(entry.name)]

    # --- how bytes are kept -------------------------------------------------------------------

    async def _place(self, incoming: IncomingFile, record: ArtifactRecord) -> None:
        digest = record.sha256
        while (releasing := self._releasing.get(digest)) is not None:
            await releasing.wait()
        self._placing[digest] += 1
        written: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        try:
            await asyncio.to_thread(incoming.keep_as, self._path(digest), self._sync)
        except BaseException:
            self._placed(digest)
            raise
        # Not `write`: a caller that is cancelled from here on does not take its row back.
        self._writer.submit(
            _INSERT,
            msgspec.structs.asdict(record),
            partial(self._settle, digest, written),
            patience=PATIENCE_SECONDS,
        )
        await written

    def _settle(
        self, digest: str, written: asyncio.Future[bool], outcome: bool | Exception
    ) -> None:
        self._placed(digest)
        if written.done():
            return
        if isinstance(outcome, Exception):
            written.set_exception(outcome)
        else:
            written.set_result(outcome)

    def _placed(self, digest: str) -> None:
        self._placing[digest] -= 1
        if not self._placing[digest]:
            del self._placing[digest]

    def _path(self, digest: str) -> Path:
        return self._directory / digest

    async def _copy(self, chunks: AsyncIterable[bytes], incoming: IncomingFile) -> int:
        size = 0
        held: list[bytes] = []
        held_bytes = 0
        async for chunk in chunks:
            size += len(chunk)
            if size > self._limit_bytes:
                raise self._too_large()
            held.append(chunk)
            held_bytes += len(chunk)
            if held_bytes >= WRITE_BYTES:
                await asyncio.to_thread(incoming.write, held)
                held, held_bytes = [], 0
        await asyncio.to_thread(incoming.write, held)
        return size

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"An artifact is at most {self._limit_bytes} bytes.")


def _unavailable(error: OSError) -> StorageUnavailable:
    return StorageUnavailable(
        f"The artifact could not be written ({error.strerror}); nothing was kept. Try again.",
        retry_after=2,
    )


def _record(row: Row[Any]) -> ArtifactRecord:
    return msgspec.convert(
        {str(key): value for key, value in row._asdict().items()}, ArtifactRecord
    )
