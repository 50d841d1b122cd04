"""An orchestrator that cannot start says why in one sentence, and nothing else."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from orchestrator.errors import CannotStart
from orchestrator.server import serve
from orchestrator.settings import read_settings
from orchestrator.store.database import FILE_NAME
from orchestrator.store.schema import upgrade
from tests.end_to_end.fleet import REPOSITORY, Fleet, command_line

pytestmark = pytest.mark.slow


def refused(data_dir: Path, *flags: str, **variables: str) -> str:
    """Start in vain; return the one sentence."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("XAGENT_")
    }
    done = subprocess.run(
        command_line("orchestrator", "--data-dir", str(data_dir), *flags),
        cwd=REPOSITORY,
        env={**environment, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    said = done.stderr.strip()
    assert done.returncode == 78, said
    assert done.stdout == ""
    assert "Traceback" not in said
    assert said.count("\n") == 0, said
    assert said.startswith("xagent orchestrator: ")
    return said


def test_a_taken_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        said = refused(tmp_path, "--port", port)

    assert f"127.0.0.1:{port}" in said
    assert "another --port" in said


def test_a_newer_database(tmp_path: Path) -> None:
    upgrade(tmp_path / FILE_NAME)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()

    assert "newer version of Xagent" in refused(tmp_path, "--port", "0")


def refused_here(data_dir: Path, *flags: str, **variables: str) -> str:
    """Start in vain in this process, which is quicker; return the one sentence."""
    with pytest.raises(CannotStart) as refusal:
        serve(read_settings(["--data-dir", str(data_dir), *flags], variables))
    said = str(refusal.value)
    assert "\n" not in said
    return said


def test_a_file_in_place_of_the_data_directory(tmp_path: Path) -> None:
    """What a directory without write permission is to everybody but root."""
    path = tmp_path / "file"
    path.touch()

    assert f"{path} cannot be written" in refused_here(path, "--port", "0")


def test_a_file_in_place_of_the_artifacts(tmp_path: Path) -> None:
    (tmp_path / "artifacts").touch()

    assert "artifacts" in refused_here(tmp_path, "--port", "0")


def test_what_is_no_database(tmp_path: Path) -> None:
    """F34."""
    (tmp_path / FILE_NAME).write_bytes(b"not a database at all" * 100)

    assert "restore it from a backup" in refused_here(tmp_path, "--port", "0")


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE agents SET labels = 'no JSON'",
        "UPDATE agents SET actions = '[{}]'",
        "UPDATE sessions SET epoch = 'many'",
        "UPDATE commands SET state = 'sideways'",
        "DROP TABLE commands",
    ],
)
def test_a_database_with_damaged_content(tmp_path: Path, damage: str) -> None:
    """F34: to pass a row over would be to lose a command."""
    path = tmp_path / FILE_NAME
    upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        for table, record in (
            ("agents", {"labels": "{}", "actions": "[]"}),
            ("sessions", {}),
            ("commands", {"state": "queued", "effect": "none", "params": "{}"}),
        ):
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            row = {name: record.get(name, 1) for _, name, _, needed, _, _ in columns if needed}
            connection.execute(
                f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                list(row.values()),
            )
        connection.execute(damage)
        connection.commit()

    said = refused_here(tmp_path, "--port", "0")

    assert f"{path} cannot be" in said
    assert "from a backup" in said


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    """Before anything is made or announced."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_text("no certificate")
    key.write_text("no key")
    data_dir = tmp_path / "data"
    flags = ("--tls-certificate", str(certificate), "--tls-key", str(key), "--port", "0")

    said = refused(data_dir, *flags)

    assert "belong together" in said
    assert not data_dir.exists()


def test_a_token_that_others_can_read(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("xagent_" + "x" * 43)
    token.chmod(0o644)

    assert "chmod 600" in refused_here(tmp_path, "--port", "0")


def test_an_address_that_others_can_reach(tmp_path: Path) -> None:
    said = refused_here(tmp_path, "--port", "0", "--host", "0.0.0.0")

    assert "without TLS" in said
    assert not (tmp_path / FILE_NAME).exists()


def test_half_a_certificate(tmp_path: Path) -> None:
    assert "go together" in refused_here(tmp_path, "--tls-key", str(tmp_path / "key.pem"))


def test_a_variable_with_an_unknown_word(tmp_path: Path) -> None:
    said = refused_here(tmp_path, "--port", "0", XAGENT_DURABILITY="eternal")

    assert "XAGENT_DURABILITY" in said
    assert "process, power" in said


def test_a_second_orchestrator_on_the_same_directory(tmp_path: Path) -> None:
    first = Fleet(tmp_path)
    first.start_orchestrator()
    try:
        assert "Another orchestrator uses" in refused(tmp_path, "--port", "0")
        assert first.get("/health/live") is not None
    finally:
        first.end()
