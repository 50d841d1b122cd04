"""A made-up orchestrator, and a machine that knows of no other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.xagent_client.fake_api import TOKEN, FakeApi, Stage, serving
from xagent_client import Client


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty directory, with no setting of Xagent's anywhere."""
    for name in os.environ:
        if name.startswith("XAGENT_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """Serve whatever orchestrator a test makes up."""
    with serving() as stage:
        yield stage


@pytest.fixture
def fake(stage: Stage) -> FakeApi:
    """Make up an orchestrator."""
    return stage.show()


@pytest.fixture
def data_dir(tmp_path: Path, fake: FakeApi) -> Path:
    """Make the data directory of the made-up orchestrator."""
    return make_data_dir(tmp_path / "data", fake.url)


@pytest.fixture
def client(fake: FakeApi) -> Iterator[Client]:
    """Connect a client to the made-up orchestrator."""
    with Client(fake.url, TOKEN) as client:
        yield client


def make_data_dir(directory: Path, url: str) -> Path:
    """Write into *directory* what a running orchestrator does."""
    directory.mkdir(parents=True)
    (directory / "token").write_text(f"{TOKEN}\n")
    (directory / "orchestrator.json").write_bytes(msgspec.json.encode({"url": url, "pid": 1}))
    return directory
