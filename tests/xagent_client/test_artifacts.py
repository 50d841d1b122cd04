"""Artifacts by the SDK, on real sockets."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from tests.xagent_client.fake_api import TOKEN, FakeApi, Fault
from xagent_client import (
    ArtifactNotFound,
    AsyncClient,
    Client,
    UnexpectedAnswer,
    Unreachable,
)

CONTENT = os.urandom(700_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file to upload."""
    path = tmp_path / "report.pdf"
    path.write_bytes(CONTENT)
    return path


def left(directory: Path) -> list[str]:
    """Return what lies there."""
    return sorted(path.name for path in directory.iterdir())


def test_a_file_is_uploaded_under_its_own_name_and_type(
    client: Client, fake: FakeApi, file: Path
) -> None:
    kept = client.upload(file)

    assert fake.artifacts[kept.artifact_id] == CONTENT
    assert (kept.name, kept.content_type) == ("report.pdf", "application/pdf")
    assert kept.size == len(CONTENT)
    assert fake.queries[-1] == {"name": "report.pdf"}
    assert fake.headers[-1]["content-length"] == str(len(CONTENT))
    assert "transfer-encoding" not in fake.headers[-1]


def test_an_open_file_is_uploaded_from_where_it_stands(
    client: Client, fake: FakeApi, file: Path
) -> None:
    with file.open("rb") as opened:
        opened.seek(100)
        kept = client.upload(opened, request_id="mine")

    assert fake.artifacts[kept.artifact_id] == CONTENT[100:]
    assert fake.queries[-1] == {"name": "report.pdf", "request_id": "mine"}


def test_bytes_are_uploaded_as_the_caller_calls_them(client: Client, fake: FakeApi) -> None:
    named = client.upload(b"a,b", name="../list.csv", content_type="text/csv; charset=utf-8")
    nameless = client.upload(b"")

    assert (named.name, named.content_type) == ("list.csv", "text/csv; charset=utf-8")
    assert (nameless.name, nameless.size) == ("artifact", 0)
    assert nameless.content_type == "application/octet-stream"


def test_an_upload_whose_answer_was_lost_is_sent_again_whole(
    client: Client, fake: FakeApi, file: Path
) -> None:
    fake.faults.append(Fault(is_handled=True))
    fake.faults.append(Fault(503))

    kept = client.upload(file)

    assert fake.artifacts[kept.artifact_id] == CONTENT
    assert len(fake.headers) == 2


def test_what_can_be_read_only_once_is_sent_only_once(client: Client, fake: FakeApi) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    kept = client.upload(Pipe(CONTENT), name="a")
    assert fake.artifacts[kept.artifact_id] == CONTENT

    fake.faults.append(Fault())
    with pytest.raises(Unreachable):
        client.upload(Pipe(CONTENT), name="a")
    assert not fake.faults


def test_a_file_that_is_not_there_is_nobodys_fault_but_the_callers(
    client: Client, fake: FakeApi
) -> None:
    with pytest.raises(FileNotFoundError):
        client.upload("nowhere.txt")
    assert fake.paths == []


def test_an_artifact_comes_to_a_path_whole_or_not_at_all(
    client: Client, fake: FakeApi, tmp_path: Path
) -> None:
    kept = client.upload(CONTENT)
    there = tmp_path / "there"
    there.mkdir()
    path = there / "got.bin"

    client.download(kept, path)
    assert path.read_bytes() == CONTENT

    with pytest.raises(ArtifactNotFound):
        client.download("gone", path)
    fake.is_damaging = True
    with pytest.raises(UnexpectedAnswer, match="damaged"):
        client.download(kept, path)
    assert path.read_bytes() == CONTENT
    assert left(there) == ["got.bin"]


def test_a_download_to_a_path_is_tried_again_from_its_beginning(
    client: Client, fake: FakeApi, tmp_path: Path
) -> None:
    kept = client.upload(CONTENT)
    fake.faults.append(Fault())

    client.download(kept, tmp_path / "got.bin")

    assert (tmp_path / "got.bin").read_bytes() == CONTENT


def test_damage_is_noticed_however_an_artifact_comes(client: Client, fake: FakeApi) -> None:
    kept = client.upload(CONTENT)
    fake.is_damaging = True

    with pytest.raises(UnexpectedAnswer, match="damaged"):
        client.artifact(kept)
    with pytest.raises(UnexpectedAnswer, match="damaged"):
        client.download(kept, io.BytesIO())


def test_artifacts_are_listed_newest_first(client: Client, fake: FakeApi) -> None:
    client.upload(b"1")
    client.upload(b"2")

    page = client.artifacts(agent_id="alpha", limit=2)

    assert [each.artifact_id for each in page] == ["a2", "a1"]
    assert page.items[0].agent_id == "alpha"
    assert page.items[0].created_at is not None
    assert fake.queries[-1] == {"agent_id": "alpha", "limit": "2"}


async def test_the_same_can_be_awaited(fake: FakeApi, file: Path, tmp_path: Path) -> None:
    async with AsyncClient(fake.url, TOKEN) as client:
        kept = await client.upload(file)
        await client.download(kept, tmp_path / "got.bin")
        page = await client.artifacts()

    assert (tmp_path / "got.bin").read_bytes() == CONTENT
    assert [each.artifact_id for each in page] == [kept.artifact_id]
