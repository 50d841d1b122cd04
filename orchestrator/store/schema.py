"""Bringing the database to the schema of this code, at start, from wherever it is installed."""

from __future__ import annotations

import sqlite3
from importlib.resources import as_file, files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from orchestrator.errors import CannotStart


def upgrade(path: Path) -> None:
    """Create or upgrade the database at *path*; does nothing when it is current.

    All migrations run in one transaction: a failure, or a kill, leaves the version before them.

    Raises:
        CannotStart: the database is newer than this code, is no database, or cannot be written.
    """
    engine = _engine(path)
    try:
        with as_file(files("orchestrator.migrations")) as scripts:
            configuration = alembic_configuration(scripts)
            with engine.begin() as connection:
                _refuse_newer(connection, configuration, path)
                configuration.attributes["connection"] = connection
                command.upgrade(configuration, "head")
    except DatabaseError as error:
        raise CannotStart(
            f"The database {path} cannot be upgraded: {error.orig}. Nothing was changed; restore "
            "it from a backup, or move it away to start with an empty one."
        ) from error
    finally:
        engine.dispose()


def _engine(path: Path) -> Engine:
    """Return an engine whose transactions hold for DDL, too.

    Python's driver begins one only before it writes rows, so each CREATE TABLE would stand by
    itself, and a start that was killed half-way could never be repeated.
    """
    engine = create_engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(engine, "connect")
    def take_over(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def alembic_configuration(scripts: Path) -> Config:
    """Return Alembic's configuration for the migrations in *scripts*, without an ini file."""
    configuration = Config()
    configuration.set_main_option("script_location", str(scripts).replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    return configuration


def _refuse_newer(connection: Connection, configuration: Config, path: Path) -> None:
    scripts = ScriptDirectory.from_config(configuration)
    known = {script.revision for script in scripts.walk_revisions()}
    unknown = set(MigrationContext.configure(connection).get_current_heads()) - known
    if unknown:
        raise CannotStart(
            f"The database {path} was written by a newer version of Xagent (schema "
            f"{', '.join(sorted(unknown))}): upgrade Xagent, or start with another --data-dir."
        )
