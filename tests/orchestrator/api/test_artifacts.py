"""Bytes up and down."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from hashlib import sha256

import pytest
from starlette.types import Message, Scope

from tests.orchestrator.api.conftest import ARTIFACT_BYTES, TOKEN, Api, credential
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


async def upload(api: Api, content: bytes = b"x", agent_id: str | None = None) -> str:
    """Upload as a user, or as an agent, and return the id."""
    headers = as_agent(agent_id) if agent_id is not None else {}
    uploaded = await api.client.post("/api/artifacts", content=content, headers=headers)
    artifact_id = uploaded.json()["artifact_id"]
    assert isinstance(artifact_id, str)
    return artifact_id


async def test_an_agent_has_what_it_uploaded_and_nothing_else(api: Api) -> None:
    await api.enrol("beta")
    own, users = await upload(api, agent_id="alpha"), await upload(api)

    got = await api.client.get(f"/api/artifacts/{own}", headers=as_agent("alpha"))
    assert got.content == b"x"
    for artifact_id, agent_id in ((users, "alpha"), (own, "beta")):
        path = f"/api/artifacts/{artifact_id}"
        refused = await api.client.get(path, headers=as_agent(agent_id))
        problem(refused, 404, "artifact_unknown")
        assert refused.json()["detail"] == f"There is no artifact {artifact_id!r}."


async def test_an_agent_has_what_a_command_of_its_own_names_until_that_is_over(api: Api) -> None:
    await api.enrol("beta")
    artifact_id = await upload(api, b"to be uploaded")
    body = {
        "action": "hang",
        "request_id": "needs-it",
        "params": {"steps": [{"files": [artifact_id]}]},
    }
    path = f"/api/artifacts/{artifact_id}"

    await api.client.post("/api/agents/alpha/commands?wait=0", json=body)
    got = await api.client.get(path, headers=as_agent("alpha"))
    other = await api.client.get(path, headers=as_agent("beta"))
    await api.client.post("/api/commands/needs-it/cancel")
    over = await api.client.get("/api/commands/needs-it?wait=5")
    late = await api.client.get(path, headers=as_agent("alpha"))

    assert got.content == b"to be uploaded"
    assert over.json()["state"] == "cancelled"
    problem(other, 404, "artifact_unknown")
    problem(late, 404, "artifact_unknown")


async def test_an_agent_has_nothing_of_a_command_that_only_waits_for_it(api: Api) -> None:
    artifact_id = await upload(api)
    await api.agents[0].leave()
    await api.settle("alpha", connected=False)
    body = {"action": "hang", "params": {"steps": artifact_id}, "if_offline": "queue"}

    queued = await api.client.post("/api/agents/alpha/commands?wait=0", json=body)

    assert queued.status_code == 202
    response = await api.client.get(f"/api/artifacts/{artifact_id}", headers=as_agent("alpha"))
    problem(response, 404, "artifact_unknown")


async def test_the_digest_of_the_whole_comes_with_each_part(api: Api) -> None:
    path = f"/api/artifacts/{await upload(api, PNG)}"
    expected = f"sha-256=:{b64encode(sha256(PNG).digest()).decode()}:"

    whole = await api.client.get(path)
    part = await api.client.get(path, headers={"Range": "bytes=5-"})

    assert (whole.headers["repr-digest"], part.headers["repr-digest"]) == (expected, expected)
    assert part.status_code == 206


async def test_artifacts_are_listed_newest_first_a_page_at_a_time(api: Api) -> None:
    uploaded = [await upload(api, bytes([number]), "alpha") for number in range(3)]
    await upload(api, b"a user's")
    newest_first = sorted(uploaded, reverse=True)

    first = (await api.client.get("/api/artifacts?agent_id=alpha&limit=2")).json()
    cursor = first["next_cursor"]
    rest = (await api.client.get(f"/api/artifacts?agent_id=alpha&limit=2&cursor={cursor}")).json()

    assert [one["artifact_id"] for one in first["items"]] == newest_first[:2]
    assert [one["artifact_id"] for one in rest["items"]] == newest_first[2:]
    assert rest["next_cursor"] is None
    assert set(first["items"][0]) == {
        *("artifact_id", "content_type", "size", "sha256", "name"),
        *("agent_id", "request_id", "created_at"),
    }


async def test_the_artifacts_of_one_command_can_be_asked_for(api: Api) -> None:
    await api.client.post("/api/artifacts?request_id=mine&name=a", content=b"x")
    await api.client.post("/api/artifacts?request_id=other&name=b", content=b"x")

    listed = (await api.client.get("/api/artifacts?request_id=mine")).json()["items"]

    assert [(one["name"], one["agent_id"], one["request_id"]) for one in listed] == [
        ("a", None, "mine")
    ]


@pytest.mark.parametrize("query", ["limit=0", "cursor=x", "request_id=%2F", "colour=red"])
async def test_a_list_that_makes_no_sense_is_422(api: Api, query: str) -> None:
    problem(await api.client.get(f"/api/artifacts?{query}"), 422, "invalid_request")


async def test_an_agent_lists_nothing(api: Api) -> None:
    problem(await api.client.get("/api/artifacts", headers=as_agent("alpha")), 401, "unauthorized")


async def test_nothing_is_a_file_too(api: Api) -> None:
    artifact_id = await upload(api, b"")

    downloaded = await api.client.get(f"/api/artifacts/{artifact_id}")

    assert (downloaded.status_code, downloaded.content) == (200, b"")


async def test_an_upload_that_breaks_off_leaves_nothing(api: Api) -> None:
    parts: list[Message] = [
        {"type": "http.request", "body": b"x" * 300_000, "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Message] = []

    async def receive() -> Message:
        return parts.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/artifacts",
        "raw_path": b"/api/artifacts",
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [
            (b"host", b"127.0.0.1:8000"),
            (b"authorization", f"Bearer {TOKEN}".encode()),
        ],
    }

    await api.app(scope, receive, send)

    assert sent == []
    assert list((api.data_dir / "artifacts").iterdir()) == []
    assert (await api.client.get("/api/artifacts")).json()["items"] == []


async def test_what_is_announced_over_the_limit_is_refused_before_it_travels(api: Api) -> None:
    read = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(ARTIFACT_BYTES // 65536 + 1):
            read += 1
            yield bytes(65536)

    headers = {"Content-Length": str(ARTIFACT_BYTES + 65536)}
    response = await api.client.post("/api/artifacts", content=counted(), headers=headers)

    problem(response, 413, "body_too_large")
    assert list((api.data_dir / "artifacts").iterdir()) == []


async def test_an_upload_over_the_limit_leaves_nothing(api: Api) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(ARTIFACT_BYTES // 65536 + 1):
            yield bytes(65536)

    problem(await api.client.post("/api/artifacts", content=endless()), 413, "body_too_large")


@pytest.mark.parametrize(
    "media_type",
    ["nonsense", "a/b/c", "text/html\x00", "", "/", "a/", f"a/{'b' * 128}", "text/html; ü"],
)
async def test_a_content_type_that_is_none_is_415(api: Api, media_type: str) -> None:
    headers = [(b"Content-Type", media_type.encode("latin-1"))]

    response = await api.client.post("/api/artifacts", content=b"x", headers=headers)

    problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "media_type", ["text/html; charset=utf-8", "application/vnd.x+json", "X-odd/!#$&^_.-"]
)
async def test_a_content_type_comes_back_as_it_was_given(api: Api, media_type: str) -> None:
    headers = {"Content-Type": media_type}
    uploaded = await api.client.post("/api/artifacts", content=b"x", headers=headers)

    downloaded = await api.client.get(f"/api/artifacts/{uploaded.json()['artifact_id']}")

    assert downloaded.headers["content-type"] == media_type


@pytest.mark.parametrize("artifact_id", ["x", "..%2Ftoken", "0" * 36, "%00", "x" * 300])
async def test_an_unknown_artifact_is_404(api: Api, artifact_id: str) -> None:
    response = await api.client.get(f"/api/artifacts/{artifact_id}")

    assert response.status_code == 404


async def test_bytes_that_were_deleted_are_404(api: Api) -> None:
    uploaded = await api.client.post("/api/artifacts", content=b"x")
    artifact_id = uploaded.json()["artifact_id"]
    (api.data_dir / "artifacts" / uploaded.json()["sha256"]).unlink()

    problem(await api.client.get(f"/api/artifacts/{artifact_id}"), 404, "artifact_unknown")
