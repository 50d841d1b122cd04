"""The user's token and its file."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from orchestrator.access.keys import digest, load_or_make, new_secret
from orchestrator.errors import CannotStart


def test_the_first_start_makes_a_token_that_only_its_owner_can_read(tmp_path: Path) -> None:
    made = load_or_make(tmp_path)

    path = tmp_path / "token"
    token = path.read_text().rstrip("\n")
    assert token.startswith("xagent_")
    assert len(token) == len("xagent_") + 43
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made.matches(token)
    assert not made.matches(token + "x")
    assert not made.matches("")
    assert [file.name for file in tmp_path.iterdir()] == ["token"]


def test_later_starts_read_it(tmp_path: Path) -> None:
    load_or_make(tmp_path)
    token = (tmp_path / "token").read_text().strip()

    assert load_or_make(tmp_path).matches(token)
    assert (tmp_path / "token").read_text().strip() == token


def test_what_a_killed_start_left_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "token.part").write_text("xagent_ha")

    assert load_or_make(tmp_path).matches((tmp_path / "token").read_text().strip())


@pytest.mark.parametrize("content", [b"", b"short\n", b"\xff\xfe"])
def test_a_file_without_a_token_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(CannotStart, match="holds no token"):
        load_or_make(tmp_path)


def test_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    load_or_make(tmp_path)
    (tmp_path / "token").chmod(0o640)

    with pytest.raises(CannotStart, match="can be read by others"):
        load_or_make(tmp_path)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="cannot be used"):
        load_or_make(tmp_path / "nowhere")


def test_secrets_differ_and_their_digests_do(tmp_path: Path) -> None:
    one, other = new_secret("p_"), new_secret("p_")

    assert one != other
    assert digest(one) != digest(other)
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
