"""Who an agent is."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest

from agent_runtime.errors import DirectoryUnusable
from agent_runtime.identity import FILE_NAME, IdentityFile
from xagent_protocol.ids import AgentId

ALPHA = AgentId("alpha")


def test_it_is_made_once_and_kept(tmp_path: Path) -> None:
    made = IdentityFile(tmp_path, ALPHA).identity
    read = IdentityFile(tmp_path, ALPHA).identity

    assert read == made
    assert made.credential.startswith("xagent_agent_")
    assert len(made.credential) == len("xagent_agent_") + 43
    assert made.credential_sha256 == hashlib.sha256(made.credential.encode()).hexdigest()


def test_no_two_installs_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    one = IdentityFile(tmp_path, ALPHA).identity
    other = IdentityFile(tmp_path / "other", ALPHA).identity

    assert one.install_id != other.install_id
    assert one.credential != other.credential


def test_an_accepted_epoch_is_there_after_a_restart(tmp_path: Path) -> None:
    file = IdentityFile(tmp_path, ALPHA)
    before = file.identity

    file.raise_epoch(7)

    assert file.identity.highest_epoch == 7
    assert IdentityFile(tmp_path, ALPHA).identity == msgspec.structs.replace(
        before, highest_epoch=7
    )


def test_the_secret_is_nobody_elses_and_never_shown(tmp_path: Path) -> None:
    identity = IdentityFile(tmp_path, ALPHA).identity

    assert (tmp_path / FILE_NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]
    assert identity.credential not in f"{identity} {identity!r}"


@pytest.mark.parametrize("content", [b"", b"{", b'{"agent_id":"alpha"}', b"\xff"])
def test_a_damaged_file_is_named_and_never_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)

    with pytest.raises(DirectoryUnusable, match=FILE_NAME):
        IdentityFile(tmp_path, ALPHA)
    assert (tmp_path / FILE_NAME).read_bytes() == content


def test_a_directory_copied_to_another_name_is_refused(tmp_path: Path) -> None:
    IdentityFile(tmp_path, ALPHA)

    with pytest.raises(DirectoryUnusable, match="alpha"):
        IdentityFile(tmp_path, AgentId("beta"))
