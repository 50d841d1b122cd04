"""Bytes that commands made or need: files named by their own digest, rows that say what they are.

Content addressing keeps equal bytes once and leaves no name to a site or an agent: what reaches
the disk as a file name is a hexadecimal digest of our own making.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import threading
from collections.abc import AsyncIterable, Callable
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.clock import now_ms
from orchestrator.errors import ArtifactUnknown, BodyTooLarge, StorageUnavailable
from orchestrator.fresh_ids import new_artifact_id
from orchestrator.store.records import ArtifactRecord
from orchestrator.store.statements import insert_into
from orchestrator.store.tables import artifacts
from orchestrator.store.writer import PATIENCE_SECONDS, Writer
from xagent_protocol.ids import AgentId, RequestId

_INSERT: Final = insert_into(artifacts, *ArtifactRecord.__struct_fields__, rank=6)
WRITE_BYTES: Final = 256 * 1024
INCOMING: Final = ".incoming-"


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

    def discard_leftovers(self) -> None:
        """Remove what an earlier life was killed over; to be called before the first `put`."""
        for path in self._directory.glob(f"{INCOMING}*"):
            path.unlink(missing_ok=True)

    async def put(
        self,
        chunks: AsyncIterable[bytes],
        *,
        content_type: str,
        name: str,
        agent_id: AgentId | None,
        request_id: RequestId | None,
    ) -> ArtifactRecord:
        """Stream bytes to disk and record them; memory stays at one chunk.

        Raises:
            BodyTooLarge: over the limit; nothing is kept.
            StorageUnavailable: the disk or the database is full or failing; nothing is recorded.
        """
        try:
            file, temporary = tempfile.mkstemp(dir=self._directory, prefix=INCOMING)
        except OSError as error:
            raise _unavailable(error) from error
        path = Path(temporary)
        incoming = _Incoming(file, path)
        try:
            size, digest = await self._copy(chunks, incoming)
            await asyncio.to_thread(self._keep, incoming, path, digest)
        except OSError as error:
            raise _unavailable(error) from error
        finally:
            incoming.close()
        record = ArtifactRecord(
            artifact_id=new_artifact_id(),
            agent_id=agent_id,
            request_id=request_id,
            content_type=content_type,
            name=name,
            size=size,
            sha256=digest,
            created_at=now_ms(),
        )
        await self._writer.write(_INSERT, msgspec.structs.asdict(record), patience=PATIENCE_SECONDS)
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

    def path(self, artifact: ArtifactRecord) -> Path:
        """Return where its bytes are."""
        return self._path(artifact.sha256)

    def _keep(self, incoming: _Incoming, path: Path, digest: str) -> None:
        if self._sync is not None:
            incoming.sync(self._sync)
        path.replace(self._path(digest))
        # A directory cannot be opened on Windows, which writes names by a journal of its own.
        if self._sync is not None and os.name == "posix":
            directory = os.open(self._directory, os.O_RDONLY)
            try:
                self._sync(directory)
            finally:
                os.close(directory)

    def _path(self, digest: str) -> Path:
        return self._directory / digest

    async def _copy(self, chunks: AsyncIterable[bytes], incoming: _Incoming) -> tuple[int, str]:
        size = 0
        held: list[bytes] = []
        held_bytes = 0
        async for chunk in chunks:
            size += len(chunk)
            if size > self._limit_bytes:
                raise BodyTooLarge(f"An artifact is at most {self._limit_bytes} bytes.")
            held.append(chunk)
            held_bytes += len(chunk)
            if held_bytes >= WRITE_BYTES:
                await asyncio.to_thread(incoming.write, held)
                held, held_bytes = [], 0
        await asyncio.to_thread(incoming.write, held)
        return size, incoming.hexdigest()


class _Incoming:
    """A file that is being written in threads, which a cancelled caller does not wait for.

    Closed under a lock: a thread that came to its write later would write to whatever file has
    been given the same descriptor since, the database for one.
    """

    def __init__(self, file: int, path: Path) -> None:
        self._file = file
        self._path = path
        self._digest = hashlib.sha256()
        self._lock = threading.Lock()
        self._is_closed = False

    def write(self, parts: list[bytes]) -> None:
        with self._lock:
            if self._is_closed:
                return
            for part in parts:
                self._digest.update(part)
                view = memoryview(part)
                while view:
                    view = view[os.write(self._file, view) :]

    def sync(self, sync: Callable[[int], None]) -> None:
        with self._lock:
            if not self._is_closed:
                sync(self._file)

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            os.close(self._file)
            self._path.unlink(missing_ok=True)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def _unavailable(error: OSError) -> StorageUnavailable:
    return StorageUnavailable(
        f"The artifact could not be written ({error.strerror}); nothing was kept. Try again.",
        retry_after=2,
    )


def _record(row: Row[Any]) -> ArtifactRecord:
    return msgspec.convert(
        {str(key): value for key, value in row._asdict().items()}, ArtifactRecord
    )
