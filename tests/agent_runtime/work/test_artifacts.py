"""Bytes on their way to the orchestrator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from agent_runtime.errors import ArtifactUploadFailed
from agent_runtime.link.backoff import Backoff
from agent_runtime.work.artifacts import ArtifactUploads
from tests.agent_runtime.fake_orchestrator import CUT, FakeOrchestrator, Reply
from xagent_protocol.ids import ArtifactId, RequestId
from xagent_protocol.outcomes import ArtifactRef

REF = ArtifactRef(ArtifactId("a1"), "image/png", 5, "ab" * 32, "shot.png")
CREATED = Reply.json(
    201, artifact_id="a1", content_type="image/png", size=5, sha256="ab" * 32, name="shot.png"
)


@pytest.fixture
async def uploads(orchestrator: FakeOrchestrator) -> AsyncIterator[ArtifactUploads]:
    """Uploads that wait for nothing between attempts."""
    async with httpx2.AsyncClient(base_url=orchestrator.url, trust_env=False) as http:
        yield ArtifactUploads(http, "secret", lambda: Backoff(lambda low, high: low))


async def _put(uploads: ArtifactUploads, content: bytes | Path) -> ArtifactRef:
    return await uploads.put(
        content, content_type="image/png", name="shot & co.png", request_id=RequestId("r1")
    )


async def test_bytes_travel_with_their_names_and_the_agents_credential(
    orchestrator: FakeOrchestrator, uploads: ArtifactUploads
) -> None:
    orchestrator.answer("POST", "/api/artifacts", CREATED)

    assert await _put(uploads, b"bytes") == REF

    [request] = orchestrator.requests
    assert httpx2.URL(request.path).params["name"] == "shot & co.png"
    assert httpx2.URL(request.path).params["request_id"] == "r1"
    assert request.headers["authorization"] == "Bearer secret"
    assert request.headers["content-type"] == "image/png"
    assert request.body == b"bytes"


async def test_a_file_is_streamed_with_its_length(
    orchestrator: FakeOrchestrator, uploads: ArtifactUploads, tmp_path: Path
) -> None:
    orchestrator.answer("POST", "/api/artifacts", CREATED)
    content = bytes(range(256)) * 2500
    (tmp_path / "big").write_bytes(content)

    await _put(uploads, tmp_path / "big")

    [request] = orchestrator.requests
    assert request.headers["content-length"] == str(len(content))
    assert "transfer-encoding" not in request.headers
    assert request.body == content


async def test_a_lost_connection_and_a_busy_orchestrator_are_tried_again(
    orchestrator: FakeOrchestrator, uploads: ArtifactUploads
) -> None:
    orchestrator.answer("POST", "/api/artifacts", CUT, Reply(503), Reply(429), CREATED)

    assert await _put(uploads, b"bytes") == REF
    assert len(orchestrator.requests) == 4


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply.json(413, code="body_too_large", detail="over 1 GiB"), "over 1 GiB"),
        (Reply(401), "HTTP 401"),
        (Reply(201, b"<html>"), "not an orchestrator"),
    ],
)
async def test_a_refusal_is_final_and_says_why(
    orchestrator: FakeOrchestrator, uploads: ArtifactUploads, reply: Reply, reason: str
) -> None:
    """F29, of an artifact over its limit."""
    orchestrator.answer("POST", "/api/artifacts", reply)

    with pytest.raises(ArtifactUploadFailed, match=reason):
        await _put(uploads, b"bytes")
    assert len(orchestrator.requests) == 1


async def test_a_file_that_is_gone_is_no_artifact(uploads: ArtifactUploads, tmp_path: Path) -> None:
    with pytest.raises(ArtifactUploadFailed, match="cannot be read"):
        await _put(uploads, tmp_path / "gone")
