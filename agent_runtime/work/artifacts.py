"""Hands the bytes that commands make to the orchestrator, over HTTP and never over the socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx2
import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from agent_runtime.actions.artifacts import Fetched
from agent_runtime.errors import ArtifactUploadFailed
from agent_runtime.link.backoff import Backoff
from agent_runtime.problems import Problem
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


class ArtifactUploads:
    """Uploads with the agent's own credential."""

    def __init__(
        self, http: httpx2.AsyncClient, credential: str, backoff: Callable[[], Backoff]
    ) -> None:
        """Upload through *http*; each upload has a *backoff* of its own."""
        self._http = http
        self._authorization = f"Bearer {credential}"
        self._backoff = backoff

    async def put(
        self, content: bytes | Path, *, content_type: str, name: str, request_id: RequestId
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
                reason = str(error) or type(error).__name__
            except OSError as error:
                raise ArtifactUploadFailed(f"{name} cannot be read: {error.strerror}") from error
            else:
                if response.status_code == HTTPStatus.CREATED:
                    return _ref(response)
                reason = _refusal(response)
                if response.status_code not in _PASSING:
                    raise ArtifactUploadFailed(f"{name} was not accepted: {reason}")
            pause = backoff.next_seconds()
            log.warning("an upload is tried again", reason=reason, retry_in=round(pause, 1))
            await asyncio.sleep(pause)

    async def fetch(self, artifact_id: str, directory: Path) -> Fetched:
        """Write the bytes of an artifact into a new file in *directory*.

        Raises:
            ArtifactUnavailable: there is none of this id, or it is not for this agent, or its
                bytes cannot be had; nothing is left in the directory.
        """
        raise NotImplementedError

    async def _send(
        self, content: bytes | Path, content_type: str, name: str, request_id: RequestId
    ) -> httpx2.Response:
        # A length is announced, so that an artifact over the limit is refused before it travels.
        size = (
            len(content) if isinstance(content, bytes) else await asyncio.to_thread(_size, content)
        )
        return await self._http.post(
            "/api/artifacts",
            params={"name": name, "request_id": request_id},
            content=content if isinstance(content, bytes) else _chunks(content),
            headers={
                "Authorization": self._authorization,
                "Content-Type": content_type,
                "Content-Length": str(size),
            },
        )


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
