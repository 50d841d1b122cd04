"""The database's own history: up, down, and refused when it cannot be used."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from orchestrator.errors import CannotStart
from orchestrator.store.schema import alembic_configuration, upgrade
from orchestrator.store.tables import metadata


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database is to be; a name that would break a URL."""
    directory = tmp_path / "odd ?name#50%"
    directory.mkdir()
    return directory / "xagent.db"


def tables(path: Path) -> set[str]:
    """Return the names of the tables there are."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {name for (name,) in rows if not name.startswith("sqlite_")}


def downgrade(path: Path, revision: str = "base") -> None:
    """Take migrations back, down to *revision*."""
    engine = create_engine(f"sqlite:///{path}")
    with as_file(files("orchestrator.migrations")) as scripts, engine.begin() as connection:
        configuration = alembic_configuration(scripts)
        configuration.attributes["connection"] = connection
        command.downgrade(configuration, revision)
    engine.dispose()


def test_an_empty_place_becomes_a_database_of_the_present_schema(path: Path) -> None:
    upgrade(path)

    assert tables(path) == {*metadata.tables, "alembic_version"}


def test_upgrading_again_changes_nothing(path: Path) -> None:
    upgrade(path)
    before = path.read_bytes()

    upgrade(path)

    assert path.read_bytes() == before


def test_the_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    path = tmp_path / "xagent.db"
    upgrade(path)
    engine = create_engine(f"sqlite:///{path}")

    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        differences = compare_metadata(
            MigrationContext.configure(connection, opts=options), metadata
        )
    engine.dispose()

    assert differences == []


def test_down_and_up_again(tmp_path: Path) -> None:
    path = tmp_path / "xagent.db"
    upgrade(path)

    downgrade(path)
    assert tables(path) == {"alembic_version"}

    upgrade(path)
    assert tables(path) == {*metadata.tables, "alembic_version"}


def test_commands_of_before_are_kept_over_each_migration(tmp_path: Path) -> None:
    path = tmp_path / "xagent.db"
    upgrade(path)
    downgrade(path, "0003")
    with closing(sqlite3.connect(path)) as connection:
        before = columns(connection)
        connection.execute(
            "INSERT INTO agents VALUES ('alpha', 'i', 'c', 1, 1, 1, '{}', '', '', '', NULL)"
        )
        row = (1, "r1", "alpha", "goto", "{}", None, 30, 0, 900, "f", "queued", 0, "none", 0, 0, 0)
        values = (*row, "", "", 1, *(None,) * (len(before) - 19))
        # As the release before would write it, and as it would after the next migration.
        insert = (
            f"INSERT INTO commands ({', '.join(before)}) VALUES ({', '.join('?' * len(before))})"
        )
        connection.execute(insert, values)
        connection.commit()

        upgrade(path)
        connection.execute(insert, (2, "r2", *values[2:]))
        connection.commit()
        added = ("record", "if_controlled", "control_digest", "requested_by")
        assert set(added) <= set(columns(connection))
        query = f"SELECT request_id, {', '.join(added)} FROM commands"
        found = connection.execute(query).fetchall()
        assert found == [("r1", *(None,) * 4), ("r2", *(None,) * 4)]

    downgrade(path, "0003")
    with closing(sqlite3.connect(path)) as connection:
        assert columns(connection) == before
        assert connection.execute("SELECT count(*) FROM commands").fetchone() == (2,)


def test_commands_of_before_are_nobodys_and_keep_all_else(tmp_path: Path) -> None:
    path = tmp_path / "xagent.db"
    upgrade(path)
    downgrade(path, "0007")
    with closing(sqlite3.connect(path)) as connection:
        before = columns(connection)
        assert "requested_by" not in before
        row = {"request_id": "r1", "agent_id": "alpha", "action": "goto", "params": "{}"}
        filled = {name: row.get(name, 1) for name in before}
        places = ", ".join("?" * len(before))
        insert = f"INSERT INTO commands ({', '.join(before)}) VALUES ({places})"
        connection.execute(insert, tuple(filled.values()))
        connection.commit()
        kept = connection.execute("SELECT * FROM commands").fetchall()

        upgrade(path)
        found = connection.execute(f"SELECT {', '.join(before)} FROM commands").fetchall()
        assert found == kept
        # The release before goes on writing, and what it writes is nobody's, too.
        connection.execute(insert, tuple({**filled, "seq": 2, "request_id": "r2"}.values()))
        connection.commit()
        asked_by = connection.execute("SELECT requested_by FROM commands").fetchall()
        assert asked_by == [(None,), (None,)]

    downgrade(path, "0007")
    with closing(sqlite3.connect(path)) as connection:
        assert columns(connection) == before
        assert connection.execute("SELECT * FROM commands").fetchall()[0] == kept[0]
    upgrade(path)


def columns(connection: sqlite3.Connection) -> list[str]:
    """Return the names of the columns of a command."""
    return [row[1] for row in connection.execute("PRAGMA table_info(commands)")]


def test_what_agents_announced_goes_back_into_their_rows(tmp_path: Path) -> None:
    path = tmp_path / "xagent.db"
    upgrade(path)
    row = "INSERT INTO agents VALUES (?, 'i', ?, 1, 1, NULL, '{}', NULL, NULL, ?, ?)"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO announcements VALUES ('d', '[1]')")
        connection.executemany(
            row,
            [("new", "a", "[]", "d"), ("old", "b", "[2]", None), ("back", "c", "[3]", "d")],
        )
        connection.commit()

    downgrade(path, "0001")

    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT agent_id, actions FROM agents").fetchall()
    assert dict(found) == {"new": "[1]", "old": "[2]", "back": "[3]"}


def test_a_migration_that_fails_leaves_nothing_behind(path: Path) -> None:
    """Otherwise a start that was killed half-way could never be repeated."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE enrolments (in_the_way INTEGER)")

    with pytest.raises(CannotStart, match="cannot be upgraded"):
        upgrade(path)

    assert tables(path) == {"enrolments"}


def test_a_newer_database_is_refused_and_left_alone(path: Path) -> None:
    upgrade(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    before = path.read_bytes()

    with pytest.raises(CannotStart, match=r"newer version of Xagent \(schema 9999\)"):
        upgrade(path)

    assert path.read_bytes() == before


def test_what_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    """F34."""
    path.write_bytes(b"these are holiday pictures" * 100)
    before = path.read_bytes()

    with pytest.raises(CannotStart, match="not a database"):
        upgrade(path)

    assert path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_refused(path: Path) -> None:
    """F34."""
    path.mkdir()

    with pytest.raises(CannotStart):
        upgrade(path)
