"""SQL text from SQLAlchemy's tables, compiled once, for the writer's prepared statements."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert as insert_or
from sqlalchemy.sql import ClauseElement

from orchestrator.store.writer import Statement

_DIALECT: Final = sqlite.dialect(paramstyle="named")


def insert_into(table: Table, *columns: str, rank: int) -> Statement:
    """Return the insertion of *columns*, each a parameter of its own name."""
    return _prepared(insert(table).values({name: bindparam(name) for name in columns}), rank)


def insert_or_replace(table: Table, key: str, *columns: str, rank: int) -> Statement:
    """Return the insertion of *key* and *columns*, which replaces the columns of a row it finds."""
    statement = insert_or(table).values({name: bindparam(name) for name in (key, *columns)})
    return _prepared(
        statement.on_conflict_do_update(
            index_elements=[table.c[key]],
            set_={name: statement.excluded[name] for name in columns},
        ),
        rank,
    )


def update_where(table: Table, conditions: dict[str, str], *columns: str, rank: int) -> Statement:
    """Return the update of *columns* where each column of *conditions* equals its parameter."""
    statement = update(table).values({name: bindparam(name) for name in columns})
    for column, parameter in conditions.items():
        statement = statement.where(table.c[column] == bindparam(parameter))
    return _prepared(statement, rank)


def _prepared(statement: ClauseElement, rank: int) -> Statement:
    return Statement(str(statement.compile(dialect=_DIALECT)), rank)
