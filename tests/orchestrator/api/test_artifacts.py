"""Bytes up and down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from hashlib import sha256

import pytest

from tests.orchestrator.api.conftest import ARTIFACT_BYTES, Api, credential
from tests.orchestrator.api.test_commands import problem

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400


def as_agent(agent_id: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential(agent_id)}"}


async def test_bytes_come_back_as_an_attachment_that_no_browser_runs(api: Api) -> None:
    uploaded = await api.client.post(
        "/api/artifacts?name=shot.png", content=PNG, headers={"Content-Type": "image/png"}
    )

    assert uploaded.status_code == 201
    reference = uploaded.json()
    artifact_id = reference.pop("artifact_id")
    assert reference == {
        "content_type": "image/png",
        "size": len(PNG),
        "name": "shot.png",
        "sha256": sha256(PNG).hexdigest(),
    }
    downloaded = await api.client.get(f"/api/artifacts/{artifact_id}")
    assert downloaded.content == PNG
    assert downloaded.headers["content-type"] == "image/png"
    assert downloaded.headers["content-disposition"] == 'attachment; filename="shot.png"'
    assert downloaded.headers["x-content-type-options"] == "nosniff"
    assert downloaded.headers["content-security-policy"].startswith("sandbox;")


async def test_a_part_can_be_asked_for(api: Api) -> None:
    uploaded = await api.client.post("/api/artifacts", content=PNG)
    path = f"/api/artifacts/{uploaded.json()['artifact_id']}"

    part = await api.client.get(path, headers={"Range": "bytes=1-3"})

    assert part.status_code == 206
    assert part.content == b"PNG"
    beyond = await api.client.get(path, headers={"Range": "bytes=999999999-"})
    assert beyond.status_code == 416


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        (r"C:\\x.png", "x.png"),
        ("..", "artifact"),
        ("", "artifact"),
        ("a\r\nSet-Cookie: b", "aSet-Cookie: b"),
        ("a\x00b", "ab"),
        ("ünï 文.png", "ünï 文.png"),
        ("n" * 255, "n" * 200),
    ],
)
async def test_a_name_is_tamed(api: Api, name: str, kept: str) -> None:
    uploaded = await api.client.post("/api/artifacts", params={"name": name}, content=b"x")

    assert uploaded.json()["name"] == kept
    downloaded = await api.client.get(f"/api/artifacts/{uploaded.json()['artifact_id']}")
    assert downloaded.status_code == 200
    assert "set-cookie" not in downloaded.headers


async def test_an_agent_uploads_with_its_own_credential_for_its_own_command(api: Api) -> None:
    await api.enrol("beta")
    body = {"action": "hang", "request_id": "mine"}
    await api.client.post("/api/agents/alpha/commands?wait=0", json=body)
    path = "/api/artifacts?request_id=mine"

    own = await api.client.post(path, content=b"x", headers=as_agent("alpha"))
    foreign = await api.client.post(path, content=b"x", headers=as_agent("beta"))

    assert own.status_code == 201
    problem(foreign, 403, "forbidden")


async def test_an_agent_may_not_download(api: Api) -> None:
    uploaded = await api.client.post("/api/artifacts", content=b"x", headers=as_agent("alpha"))

    path = f"/api/artifacts/{uploaded.json()['artifact_id']}"
    problem(await api.client.get(path, headers=as_agent("alpha")), 401, "unauthorized")


async def test_an_upload_over_the_limit_leaves_nothing(api: Api) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(ARTIFACT_BYTES // 65536 + 1):
            yield bytes(65536)

    problem(await api.client.post("/api/artifacts", content=endless()), 413, "body_too_large")


@pytest.mark.parametrize("media_type", ["nonsense", "a/b/c", "text/html\x00"])
async def test_a_content_type_that_is_none_is_415(api: Api, media_type: str) -> None:
    headers = {"Content-Type": media_type}

    response = await api.client.post("/api/artifacts", content=b"x", headers=headers)

    problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize("artifact_id", ["x", "..%2Ftoken", "0" * 36, "%00", "x" * 300])
async def test_an_unknown_artifact_is_404(api: Api, artifact_id: str) -> None:
    response = await api.client.get(f"/api/artifacts/{artifact_id}")

    assert response.status_code == 404


async def test_bytes_that_were_deleted_are_404(api: Api) -> None:
    uploaded = await api.client.post("/api/artifacts", content=b"x")
    artifact_id = uploaded.json()["artifact_id"]
    (api.data_dir / "artifacts" / uploaded.json()["sha256"]).unlink()

    problem(await api.client.get(f"/api/artifacts/{artifact_id}"), 404, "artifact_unknown")
