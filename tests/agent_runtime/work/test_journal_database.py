"""What is made of the file that an earlier life left, or of whatever stands in its place."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import structlog

from agent_runtime.errors import DirectoryUnusable
from agent_runtime.work.journal_database import DAMAGED_SUFFIX, Row
from agent_runtime.work.journal_file import FILE_NAME
from tests.agent_runtime.fake_performer import command, succeeded
from tests.agent_runtime.journals import journal_id, left_by_a_kill, opened, rows
from xagent_protocol.ids import RequestId

ONE = RequestId("r1")
OUTCOME = succeeded(command("r1"))


def test_rows_and_id_are_those_of_the_life_before(tmp_path: Path) -> None:
    with opened(tmp_path) as file:
        file.start(1, ONE, 1, "click")
        file.start(2, RequestId("r2"), 4, "click")
        file.finish(1, OUTCOME)
        before = file.journal_id

    assert rows(tmp_path) == (
        Row(1, ONE, 1, "click", OUTCOME),
        Row(2, RequestId("r2"), 4, "click"),
    )
    assert journal_id(tmp_path) == before


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch(0o644)
    with opened(tmp_path) as file:
        file.start(1, ONE, 1, "click")
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}

    assert modes == {FILE_NAME: 0o600, f"{FILE_NAME}-wal": 0o600}


def test_every_file_has_an_id_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()

    assert journal_id(tmp_path) != journal_id(tmp_path / "other")


def test_a_kill_changes_no_id(tmp_path: Path) -> None:
    with opened(tmp_path) as file:
        file.start(1, ONE, 1, "click")
        left = left_by_a_kill(tmp_path)

        assert journal_id(left) == file.journal_id
    assert rows(left) == (Row(1, ONE, 1, "click"),)


def test_a_machine_that_went_down_while_it_was_open_changes_the_id_and_keeps_the_rows(
    tmp_path: Path,
) -> None:
    """The latest commits may have gone with it, so absence proves nothing."""
    with opened(tmp_path) as file:
        file.start(1, ONE, 1, "click")
        left = left_by_a_kill(tmp_path)

    new_id = journal_id(left, "boot-2")

    assert new_id != file.journal_id
    assert rows(left) == (Row(1, ONE, 1, "click"),)
    assert journal_id(left, "boot-3") == new_id, "that one was closed before"


@pytest.mark.parametrize("harm", [Path.unlink, lambda log: log.write_bytes(b"")])
def test_f13_a_log_that_is_gone_changes_the_id(
    tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    with opened(tmp_path) as file:
        file.start(1, ONE, 1, "click")
        left = left_by_a_kill(tmp_path)
    harm(left / f"{FILE_NAME}-wal")

    assert journal_id(left) != file.journal_id


def test_a_kill_before_anything_began_changes_no_id(tmp_path: Path) -> None:
    with opened(tmp_path) as file:
        left = left_by_a_kill(tmp_path)

    assert journal_id(left) == file.journal_id


def test_f13_a_deleted_file_begins_anew(tmp_path: Path) -> None:
    with opened(tmp_path) as file:
        file.start(1, ONE, 1, "click")
        left = left_by_a_kill(tmp_path)
    (left / FILE_NAME).unlink()

    with opened(left) as anew:
        assert anew.rows == (), "the log that was left belongs to a file that is gone"
        assert anew.journal_id != file.journal_id


def _garbage(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)


def _hole(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:100] + bytes(len(content) - 100))


def _half(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _altered(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def _another_programs(path: Path) -> None:
    path.unlink()
    _altered(path, "CREATE TABLE songs (title TEXT)")


def _without_id(path: Path) -> None:
    _altered(path, "DELETE FROM journal")


def _without_table(path: Path) -> None:
    _altered(path, "DROP TABLE entries")


def _no_outcome(path: Path) -> None:
    _altered(path, "UPDATE entries SET outcome = x'7b'")


def _no_attempt(path: Path) -> None:
    _altered(path, "UPDATE entries SET attempt = 'first'")


@pytest.mark.parametrize(
    "damage",
    [
        _garbage,
        _hole,
        _half,
        _another_programs,
        _without_id,
        _without_table,
        _no_outcome,
        _no_attempt,
    ],
)
def test_f13_a_damaged_file_is_kept_aside_and_a_new_one_begins(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    with opened(tmp_path) as file:
        file.start(1, ONE, 1, "click")
        file.finish(1, OUTCOME)
    path = tmp_path / FILE_NAME
    damage(path)
    content = path.read_bytes()

    with structlog.testing.capture_logs() as lines, opened(tmp_path) as anew:
        assert anew.rows == ()
        assert anew.journal_id != file.journal_id

    [line] = lines
    assert line["log_level"] == "error"
    assert line["kept_as"] == str(tmp_path / f"{FILE_NAME}{DAMAGED_SUFFIX}")
    assert (tmp_path / f"{FILE_NAME}{DAMAGED_SUFFIX}").read_bytes() == content
    assert journal_id(tmp_path) == anew.journal_id


def test_f13_the_log_of_a_damaged_file_is_not_taken_for_the_new_ones(tmp_path: Path) -> None:
    with opened(tmp_path) as file:
        file.start(1, ONE, 1, "click")
        left = left_by_a_kill(tmp_path)
    _garbage(left / FILE_NAME)

    assert rows(left) == ()
    assert journal_id(left) != file.journal_id


def test_a_file_of_a_newer_version_is_refused_in_one_sentence_and_left_alone(
    tmp_path: Path,
) -> None:
    before = journal_id(tmp_path)
    _altered(tmp_path / FILE_NAME, "PRAGMA user_version = 2")

    with pytest.raises(DirectoryUnusable, match="newer version of Xagent"), opened(tmp_path):
        pass

    _altered(tmp_path / FILE_NAME, "PRAGMA user_version = 1")
    assert journal_id(tmp_path) == before


def test_a_directory_in_its_place_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()

    with pytest.raises(DirectoryUnusable, match="cannot use"), opened(tmp_path):
        pass


@pytest.mark.slow
def test_a_file_that_somebody_else_holds_is_one_sentence_and_left_alone(tmp_path: Path) -> None:
    before = journal_id(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE_NAME, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DirectoryUnusable, match="locked"), opened(tmp_path):
            pass

    assert journal_id(tmp_path) == before
