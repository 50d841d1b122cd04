"""The program that keeps secrets."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent_runtime.secrets.__main__ import main
from agent_runtime.secrets.store import SecretStore
from xagent_protocol.ids import AgentId

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _keep_the_umask() -> Iterator[None]:
    umask = os.umask(0o077)
    yield
    os.umask(umask)


@pytest.fixture
def store(tmp_path: Path) -> SecretStore:
    """The store of the agent alpha."""
    return SecretStore(tmp_path / "agents" / AgentId("alpha"))


def run(tmp_path: Path, *arguments: str, given: str | bytes = "") -> int:
    content = given.encode() if isinstance(given, str) else given
    return main(["--data-dir", str(tmp_path), *arguments], {}, io.BytesIO(content))


def printed(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_secret_is_kept_listed_and_forgotten(
    tmp_path: Path, store: SecretStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "set", "--host=*.example.com", "alpha", "shop", given="hunter2\n") == 0
    shop = {"name": "shop", "kind": "text", "hosts": ["*.example.com"], "keeper": "file"}
    assert printed(capsys) == shop
    assert store.secret("shop").value == "hunter2"

    assert run(tmp_path, "list", "alpha") == 0
    assert printed(capsys) == [shop]

    assert run(tmp_path, "remove", "alpha", "shop") == 0
    assert printed(capsys) == shop
    assert store.entries() == {}


def test_only_the_end_of_the_last_line_is_not_meant(tmp_path: Path, store: SecretStore) -> None:
    assert run(tmp_path, "set", "alpha", "pem", given=" one \r\n\ntwo\r\n") == 0

    assert store.secret("pem").value == " one \r\n\ntwo"


@pytest.mark.parametrize(
    ("arguments", "given", "status", "complaint"),
    [
        (("set", "alpha", "sh op"), "hunter2", 2, "cannot name a secret"),
        (("set", "alpha", "shop"), "", 2, "fewer than 4 characters"),
        (("set", "alpha", "shop"), b"\xff\xfe\xfd\xfc", 2, "not text in UTF-8"),
        (("set", "--totp", "alpha", "shop"), "hunter2!", 2, "not base32"),
        (("set", "--host=a b", "alpha", "shop"), "hunter2", 2, "no host"),
        (("remove", "alpha", "shop"), "", 3, "agent alpha keeps nothing"),
        (("list", "alpha"), "", 3, "agent alpha keeps nothing"),
        (("list",), "", 2, "--help"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_a_status(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    given: str | bytes,
    status: int,
    complaint: str,
) -> None:
    assert run(tmp_path, *arguments, given=given) == status

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("xagent: ")
    assert captured.err.count("\n") == 1
    assert complaint in captured.err
    assert "hunter2" not in captured.err
    assert not (tmp_path / "agents").exists()


def test_programs_get_a_complaint_in_json(
    tmp_path: Path, store: SecretStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "set", "alpha", "shop", given="hunter2") == 0

    assert run(tmp_path, "--json", "remove", "alpha", "shpo") == 2

    complaint = json.loads(capsys.readouterr().err)
    assert complaint["code"] == "secret_unknown"
    assert "did you mean shop?" in complaint["detail"]


@pytest.mark.slow
def test_a_person_types_the_value_unseen(tmp_path: Path, store: SecretStore) -> None:
    pytest.importorskip("pty", reason="no terminal can be made here")
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "agent_runtime.secrets", "--data-dir", str(tmp_path)]
    with subprocess.Popen(
        [*command, "set", "alpha", "shop"],
        cwd=REPOSITORY,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        # Its own terminal is this one, not the one that the tests run in.
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        while b"alpha: " not in shown:
            shown += os.read(ours, 1024)
        os.write(ours, b"hunter2\n")
        assert process.wait() == 0
        shown += os.read(ours, 1024)
    os.close(ours)

    assert shown.startswith(b"Value of shop for agent alpha: ")
    assert b"hunter2" not in shown
    assert store.secret("shop").value == "hunter2"
