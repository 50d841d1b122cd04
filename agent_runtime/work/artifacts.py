"""Moves the bytes of artifacts between this machine and the orchestrator.

They go over HTTP and never over the socket, in pieces and never whole, so that a large file takes
no memory and delays no command.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import tempfile
from collections.abc import AsyncIterator, Callable
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO, Final

import httpx2
import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.actions.artifacts import Fetched
from agent_runtime.errors import ArtifactUnavailable, ArtifactUploadFailed
from agent_runtime.link.backoff import Backoff
from agent_runtime.problems import Problem
from xagent_protocol.file_names import file_name
from xagent_protocol.ids import RequestId
from xagent_protocol.outcomes import ArtifactRef

log: FilteringBoundLogger = structlog.get_logger()

_CHUNK_BYTES: Final = 256 * 1024

_PASSING: Final = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
"""Answers that a later attempt may change: the orchestrator is busy, leaving, or not there yet."""

_ARTIFACT_ID: Final = re.compile(r"[0-9a-f-]{36}")
_SHA_256: Final = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")
_PART: Final = re.compile(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18})", re.ASCII)
_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{1,10}")


class ArtifactTransfers:
    """Uploads and downloads with the agent's own credential."""

    def __init__(
        self, http: httpx2.AsyncClient, credential: str, backoff: Callable[[], Backoff]
    ) -> None:
        """Go through *http*; each transfer has a *backoff* of its own."""
        self._http = http
        self._authorization = f"Bearer {credential}"
        self._backoff = backoff

    async def put(
        self,
        content: bytes | Path,
        *,
        content_type: str,
        name: str,
        request_id: RequestId | None,
    ) -> ArtifactRef:
        """Upload *content* and return what the orchestrator calls it.

        A lost connection is tried again until the caller's own deadline ends the waiting, so
        this outlives an orchestrator's restart. Cancelling it is safe. The same bytes have the
        same hash, so an upload whose answer was lost costs nothing but the second way.

        Raises:
            ArtifactUploadFailed: the orchestrator refuses the bytes, or they cannot be read.
        """
        backoff = self._backoff()
        while True:
            try:
                response = await self._send(content, content_type, name, request_id)
            except httpx2.TransportError as error:
                reason = _words(error)
            except OSError as error:
                raise ArtifactUploadFailed(f"{name} cannot be read: {error.strerror}") from error
            else:
                if response.status_code == HTTPStatus.CREATED:
                    return _ref(response)
                reason = _refusal(response)
                if response.status_code not in _PASSING:
                    raise ArtifactUploadFailed(f"{name} was not accepted: {reason}")
            await _pause(backoff, "an upload", reason)

    async def fetch(self, artifact_id: str, directory: Path) -> Fetched:
        """Write the bytes of an artifact into a new file in *directory*.

        The file has a name of our own, and of its maker's name at most the suffix. A lost
        connection is tried again as in `put`, and goes on where it broke off.

        Raises:
            ArtifactUnavailable: there is none of this id, or it is not for this agent, or its
                bytes cannot be had; nothing is left in the directory.
        """
        if not _ARTIFACT_ID.fullmatch(artifact_id):
            raise ArtifactUnavailable(f"{artifact_id[:64]!r} is not the id of an artifact")
        try:
            arriving = await asyncio.to_thread(_Arriving, directory)
        except OSError as error:
            raise _unwritable(artifact_id, error) from error
        try:
            return await self._receive_whole(artifact_id, arriving)
        except OSError as error:
            raise _unwritable(artifact_id, error) from error
        finally:
            arriving.close()

    async def _receive_whole(self, artifact_id: str, arriving: _Arriving) -> Fetched:
        backoff = self._backoff()
        while True:
            try:
                return await self._receive(artifact_id, arriving)
            except httpx2.TransportError as error:
                reason = _words(error)
            except _Busy as busy:
                reason = str(busy)
            await _pause(backoff, "a download", reason)

    async def _receive(self, artifact_id: str, arriving: _Arriving) -> Fetched:
        headers = {
            "Authorization": self._authorization,
            # What a proxy compresses could not be asked for from the middle on.
            "Accept-Encoding": "identity",
            **({"Range": f"bytes={arriving.size}-"} if arriving.size else {}),
        }
        path = f"/api/artifacts/{artifact_id}"
        async with self._http.stream("GET", path, headers=headers) as response:
            if response.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
                await response.aread()
                if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                    await asyncio.to_thread(arriving.begin_at, 0)
                raise _not_received(artifact_id, response)
            told = _told_by(response)
            if told is None:
                raise ArtifactUnavailable(
                    f"what answered for artifact {artifact_id} does not say what it is: is it an "
                    "orchestrator of this version?"
                )
            await asyncio.to_thread(arriving.begin_at, told.start)
            async for chunk in response.aiter_bytes(_CHUNK_BYTES):
                await asyncio.to_thread(arriving.write, chunk)
        if arriving.size != told.size:
            raise httpx2.ReadError("the connection ended early")
        if arriving.digest() != told.sha256:
            raise ArtifactUnavailable(f"artifact {artifact_id} arrived damaged: upload it again")
        await asyncio.to_thread(arriving.flush)
        kept = arriving.keep(Path(told.name).suffix)
        return Fetched(kept, told.name, told.content_type, told.size)

    async def _send(
        self, content: bytes | Path, content_type: str, name: str, request_id: RequestId | None
    ) -> httpx2.Response:
        # A length is announced, so that an artifact over the limit is refused before it is written.
        size = (
            len(content) if isinstance(content, bytes) else await asyncio.to_thread(_size, content)
        )
        return await self._http.post(
            "/api/artifacts",
            params={"name": name} | ({"request_id": request_id} if request_id else {}),
            content=content if isinstance(content, bytes) else _chunks(content),
            headers={
                "Authorization": self._authorization,
                "Content-Type": content_type,
                "Content-Length": str(size),
            },
        )


class _Busy(Exception):
    """A later attempt may have another answer."""


class _Told(msgspec.Struct, frozen=True):
    """What the headers of a download say: where it *start*s, and what the whole is."""

    start: int
    size: int
    sha256: bytes
    name: str
    content_type: str


class _Arriving:
    """A file that fills up; it is removed when it is closed, unless it was kept by then."""

    def __init__(self, directory: Path) -> None:
        """Make it; raises `OSError`."""
        descriptor, path = tempfile.mkstemp(dir=directory, prefix="artifact-")
        # Buffered: then closing it waits for a write that a thread is in, whose caller may have
        # been cancelled.
        self._file: BinaryIO = open(descriptor, "wb")  # noqa: PTH123, SIM115 (it is a descriptor)
        self._path = Path(path)
        self._digest = hashlib.sha256()
        self._is_kept = False
        self.size = 0

    def begin_at(self, start: int) -> None:
        """Prepare for bytes from *start* on; from anywhere but the end, all begins anew."""
        if start == self.size:
            return
        if start:
            raise httpx2.RemoteProtocolError("another part came than was asked for")
        self._file.seek(0)
        self._file.truncate()
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, chunk: bytes) -> None:
        """Append *chunk*."""
        self._file.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def digest(self) -> bytes:
        """Return the digest of what is there."""
        return self._digest.digest()

    def flush(self) -> None:
        """Hand over what is buffered."""
        self._file.flush()

    def keep(self, suffix: str) -> Path:
        """Let the file stay, with *suffix* if that is a plain one; returns where it is."""
        self._file.close()
        if _SUFFIX.fullmatch(suffix):
            self._path = self._path.rename(self._path.with_suffix(suffix))
        self._is_kept = True
        return self._path

    def close(self) -> None:
        """Write no more; what is not kept by now is removed."""
        self._file.close()
        if not self._is_kept:
            self._path.unlink(missing_ok=True)


def _told_by(response: httpx2.Response) -> _Told | None:
    """Read the headers of a download; null if they do not say all of it."""
    headers = response.headers
    digest = _SHA_256.search(headers.get("repr-digest", ""))
    if response.status_code == HTTPStatus.PARTIAL_CONTENT:
        part = _PART.fullmatch(headers.get("content-range", ""))
    else:
        part = _PART.fullmatch(f"bytes 0-0/{headers.get('content-length', '')}")
    if digest is None or part is None:
        return None
    return _Told(
        int(part[1]),
        int(part[2]),
        base64.b64decode(digest[1]),
        _name(headers.get("content-disposition", "")),
        headers.get("content-type", "application/octet-stream"),
    )


def _name(disposition: str) -> str:
    message = Message()
    message["content-disposition"] = disposition
    return file_name(message.get_filename() or "")


def _not_received(artifact_id: str, response: httpx2.Response) -> Exception:
    if response.status_code in (*_PASSING, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE):
        return _Busy(_refusal(response))
    if response.status_code == HTTPStatus.NOT_FOUND:
        return ArtifactUnavailable(
            f"there is no artifact {artifact_id} for this agent: upload it, and name its id in the "
            "params of the command"
        )
    return ArtifactUnavailable(f"artifact {artifact_id} cannot be had: {_refusal(response)}")


def _unwritable(artifact_id: str, error: OSError) -> ArtifactUnavailable:
    return ArtifactUnavailable(
        f"artifact {artifact_id} cannot be written to the agent's disk: {error.strerror}"
    )


async def _pause(backoff: Backoff, what: str, reason: str) -> None:
    seconds = backoff.next_seconds()
    log.warning(f"{what} is tried again", reason=reason, retry_in=round(seconds, 1))
    await asyncio.sleep(seconds)


def _words(error: httpx2.TransportError) -> str:
    return str(error) or type(error).__name__


def _size(path: Path) -> int:
    return path.stat().st_size


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
            yield chunk


def _ref(response: httpx2.Response) -> ArtifactRef:
    try:
        return msgspec.json.decode(response.content, type=ArtifactRef)
    except msgspec.MsgspecError as error:
        raise ArtifactUploadFailed("what answered is not an orchestrator") from error


def _refusal(response: httpx2.Response) -> str:
    problem = Problem.read(response.content)
    return problem.detail or problem.title or f"HTTP {response.status_code}"
