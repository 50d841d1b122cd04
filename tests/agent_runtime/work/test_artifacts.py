"""Bytes on their way to the orchestrator, and from there."""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from agent_runtime.errors import ArtifactUnavailable, ArtifactUploadFailed
from agent_runtime.link.backoff import Backoff
from agent_runtime.work.artifacts import ArtifactTransfers
from tests.agent_runtime.fake_orchestrator import CUT, FakeOrchestrator, Reply
from xagent_protocol.ids import ArtifactId, RequestId
from xagent_protocol.outcomes import ArtifactRef

REF = ArtifactRef(ArtifactId("a1"), "image/png", 5, "ab" * 32, "shot.png")
CREATED = Reply.json(
    201, artifact_id="a1", content_type="image/png", size=5, sha256="ab" * 32, name="shot.png"
)


@pytest.fixture
async def transfers(orchestrator: FakeOrchestrator) -> AsyncIterator[ArtifactTransfers]:
    """Transfers that wait for nothing between attempts."""
    async with httpx2.AsyncClient(base_url=orchestrator.url, trust_env=False) as http:
        yield ArtifactTransfers(http, "secret", lambda: Backoff(lambda low, high: low))


async def _put(transfers: ArtifactTransfers, content: bytes | Path) -> ArtifactRef:
    return await transfers.put(
        content, content_type="image/png", name="shot & co.png", request_id=RequestId("r1")
    )


async def test_bytes_travel_with_their_names_and_the_agents_credential(
    orchestrator: FakeOrchestrator, transfers: ArtifactTransfers
) -> None:
    orchestrator.answer("POST", "/api/artifacts", CREATED)

    assert await _put(transfers, b"bytes") == REF

    [request] = orchestrator.requests
    assert httpx2.URL(request.path).params["name"] == "shot & co.png"
    assert httpx2.URL(request.path).params["request_id"] == "r1"
    assert request.headers["authorization"] == "Bearer secret"
    assert request.headers["content-type"] == "image/png"
    assert request.body == b"bytes"


async def test_bytes_of_no_command_name_none(
    orchestrator: FakeOrchestrator, transfers: ArtifactTransfers
) -> None:
    orchestrator.answer("POST", "/api/artifacts", CREATED)

    await transfers.put(b"bytes", content_type="image/png", name="a", request_id=None)

    assert orchestrator.requests[0].path == "/api/artifacts?name=a"


async def test_a_file_is_streamed_with_its_length(
    orchestrator: FakeOrchestrator, transfers: ArtifactTransfers, tmp_path: Path
) -> None:
    orchestrator.answer("POST", "/api/artifacts", CREATED)
    content = bytes(range(256)) * 2500
    (tmp_path / "big").write_bytes(content)

    await _put(transfers, tmp_path / "big")

    [request] = orchestrator.requests
    assert request.headers["content-length"] == str(len(content))
    assert "transfer-encoding" not in request.headers
    assert request.body == content


async def test_a_lost_connection_and_a_busy_orchestrator_are_tried_again(
    orchestrator: FakeOrchestrator, transfers: ArtifactTransfers
) -> None:
    orchestrator.answer("POST", "/api/artifacts", CUT, Reply(503), Reply(429), CREATED)

    assert await _put(transfers, b"bytes") == REF
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
    orchestrator: FakeOrchestrator, transfers: ArtifactTransfers, reply: Reply, reason: str
) -> None:
    """F29, of an artifact over its limit."""
    orchestrator.answer("POST", "/api/artifacts", reply)

    with pytest.raises(ArtifactUploadFailed, match=reason):
        await _put(transfers, b"bytes")
    assert len(orchestrator.requests) == 1


async def test_a_file_that_is_gone_is_no_artifact(
    transfers: ArtifactTransfers, tmp_path: Path
) -> None:
    with pytest.raises(ArtifactUploadFailed, match="cannot be read"):
        await _put(transfers, tmp_path / "gone")


ID = "019ab1c2-3d4e-7f60-8a9b-0c1d2e3f4a5b"
PATH = f"/api/artifacts/{ID}"
CONTENT = bytes(range(256)) * 3000


def digest_of(content: bytes) -> str:
    """Return the header of *content*."""
    return f"sha-256=:{b64encode(hashlib.sha256(content).digest()).decode()}:"


def files(directory: Path) -> list[Path]:
    """Return what lies there."""
    return list(directory.iterdir())


def download(
    content: bytes = CONTENT,
    *,
    status: int = 200,
    name: str = 'filename="report.pdf"',
    cut_after: int | None = None,
    **headers: str,
) -> Reply:
    """Return the answer to a download."""
    given = {"content_disposition": f"attachment; {name}", "repr_digest": digest_of(CONTENT)}
    fields = {key.replace("_", "-"): value for key, value in (given | headers).items()}
    return Reply(status, content, "application/pdf", tuple(fields.items()), cut_after)


def part(start: int) -> Reply:
    """Return the answer to a download that goes on."""
    last, whole = len(CONTENT) - 1, len(CONTENT)
    return download(CONTENT[start:], status=206, content_range=f"bytes {start}-{last}/{whole}")


async def test_an_artifact_comes_into_a_file_of_our_own_name(
    orchestrator: FakeOrchestrator, transfers: ArtifactTransfers, tmp_path: Path
) -> None:
    orchestrator.answer("GET", PATH, download())

    fetched = await transfers.fetch(ID, tmp_path)

    assert (fetched.name, fetched.content_type) == ("report.pdf", "application/pdf")
    assert fetched.size == len(CONTENT)
    assert fetched.path.parent == tmp_path
    assert "report" not in fetched.path.name
    assert fetched.path.suffix == ".pdf"
    assert fetched.path.read_bytes() == CONTENT
    assert orchestrator.requests[0].headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("disposition", "name", "suffix"),
    [
        ('filename="../../x"', "x", ""),
        ("filename*=utf-8''..%2F..%2Fetc%2Fpasswd", "passwd", ""),
        ("filename*=utf-8''C%3A%5Cevil.exe", "evil.exe", ".exe"),
        ("filename*=utf-8''a%00b%E2%80%AE.txt", "ab.txt", ".txt"),
        (f'filename="{"n" * 300}.pdf"', "n" * 196 + ".pdf", ".pdf"),
        ("filename*=utf-8''a.%E6%96%87", "a.文", ""),
        ('filename="a.b c"', "a.b c", ""),
        ("nonsense", "artifact", ""),
    ],
)
async def test_a_name_travels_beside_the_file_and_is_no_path(
    orchestrator: FakeOrchestrator,
    transfers: ArtifactTransfers,
    tmp_path: Path,
    disposition: str,
    name: str,
    suffix: str,
) -> None:
    orchestrator.answer("GET", PATH, download(name=disposition))

    fetched = await transfers.fetch(ID, tmp_path)

    assert fetched.name == name
    assert fetched.path.suffix == suffix
    assert files(tmp_path) == [fetched.path]


async def test_an_artifact_of_nothing_is_an_empty_file(
    orchestrator: FakeOrchestrator, transfers: ArtifactTransfers, tmp_path: Path
) -> None:
    orchestrator.answer("GET", PATH, download(b"", repr_digest=digest_of(b"")))

    fetched = await transfers.fetch(ID, tmp_path)

    assert (fetched.size, fetched.path.read_bytes()) == (0, b"")


async def test_a_download_goes_on_where_it_broke_off(
    orchestrator: FakeOrchestrator, transfers: ArtifactTransfers, tmp_path: Path
) -> None:
    chunk = 256 * 1024
    busy = Reply(503)
    orchestrator.answer("GET", PATH, CUT, busy, download(cut_after=chunk + 7), part(chunk))

    fetched = await transfers.fetch(ID, tmp_path)

    assert fetched.path.read_bytes() == CONTENT
    assert "range" not in orchestrator.requests[2].headers
    assert orchestrator.requests[3].headers["range"] == f"bytes={chunk}-"


async def test_a_download_begins_anew_where_nobody_understands_ranges(
    orchestrator: FakeOrchestrator, transfers: ArtifactTransfers, tmp_path: Path
) -> None:
    orchestrator.answer("GET", PATH, download(cut_after=300_000), Reply(416), download())

    fetched = await transfers.fetch(ID, tmp_path)

    assert fetched.path.read_bytes() == CONTENT
    assert "range" not in orchestrator.requests[2].headers


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(404), "there is no artifact .* for this agent: upload it"),
        (Reply(401), "HTTP 401"),
        (Reply.json(403, detail="not yours"), "not yours"),
        (Reply(200, b"<html>", "text/html"), "does not say what it is"),
        (download(repr_digest="sha-256=:eA==:"), "does not say what it is"),
        (download(CONTENT[:-1] + b"!"), "arrived damaged"),
    ],
)
async def test_what_cannot_be_had_says_why_and_leaves_nothing(
    orchestrator: FakeOrchestrator,
    transfers: ArtifactTransfers,
    tmp_path: Path,
    reply: Reply,
    reason: str,
) -> None:
    orchestrator.answer("GET", PATH, reply)

    with pytest.raises(ArtifactUnavailable, match=reason):
        await transfers.fetch(ID, tmp_path)

    assert len(orchestrator.requests) == 1
    assert files(tmp_path) == []


@pytest.mark.parametrize("artifact_id", ["", "x", "../token", f"{ID}\n", f"{ID}/..", ID.upper()])
async def test_what_is_no_id_is_not_asked_for(
    orchestrator: FakeOrchestrator, transfers: ArtifactTransfers, tmp_path: Path, artifact_id: str
) -> None:
    with pytest.raises(ArtifactUnavailable, match="not the id of an artifact"):
        await transfers.fetch(artifact_id, tmp_path)

    assert orchestrator.requests == []


async def test_a_cancelled_download_leaves_nothing(
    orchestrator: FakeOrchestrator, transfers: ArtifactTransfers, tmp_path: Path
) -> None:
    class Held(Backoff):
        def next_seconds(self, *, at_least: float = 0.0) -> float:
            waits.set()
            return 60.0

    waits = asyncio.Event()
    transfers._backoff = lambda: Held(lambda low, high: low)
    orchestrator.answer("GET", PATH, download(cut_after=300_000))

    async with asyncio.TaskGroup() as tasks:
        fetching = tasks.create_task(transfers.fetch(ID, tmp_path))
        await waits.wait()
        assert len(files(tmp_path)) == 1
        fetching.cancel()

    assert files(tmp_path) == []


async def test_a_disk_that_takes_nothing_is_told(
    orchestrator: FakeOrchestrator, transfers: ArtifactTransfers, tmp_path: Path
) -> None:
    with pytest.raises(ArtifactUnavailable, match="cannot be written to the agent's disk"):
        await transfers.fetch(ID, tmp_path / "gone")
