"""SQL text from SQLAlchemy's tables, compiled once, for the writer's prepared statements."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table, bindparam, delete, insert, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import insert as insert_or
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

from orchestrator.store.writer import Statement

_NAMED: Final = sqlite.dialect(paramstyle="named")
_POSITIONAL: Final = sqlite.dialect(paramstyle="qmark")


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


def delete_where(table: Table, conditions: dict[str, str], *, rank: int) -> Statement:
    """Return the deletion of what each column of *conditions* equals its parameter in."""
    statement = delete(table)
    for column, parameter in conditions.items():
        statement = statement.where(table.c[column] == bindparam(parameter))
    return _prepared(statement, rank)


def insert_in_order(table: Table, *columns: str, rank: int) -> Statement:
    """Return the insertion of *columns*, whose rows are tuples in this order.

    Where a row is written for every command, a tuple costs a third of what a mapping does.
    """
    statement = insert(table).values({name: bindparam(name) for name in columns})
    return _prepared_in_order(statement, columns, rank)


def update_in_order(
    table: Table, columns: tuple[str, ...], conditions: dict[str, str], *, rank: int
) -> Statement:
    """Return an update like `update_where`'s, whose rows are tuples: *columns*, then conditions."""
    statement = update(table).ordered_values(*((name, bindparam(name)) for name in columns))
    for column, parameter in conditions.items():
        statement = statement.where(table.c[column] == bindparam(parameter))
    return _prepared_in_order(statement, (*columns, *conditions.values()), rank)


def _prepared(statement: ClauseElement, rank: int) -> Statement:
    return Statement(str(statement.compile(dialect=_NAMED)), rank)


def _prepared_in_order(
    statement: ClauseElement, parameters: tuple[str, ...], rank: int
) -> Statement:
    compiled = statement.compile(dialect=_POSITIONAL)
    assert isinstance(compiled, SQLCompiler)
    # An insertion is written in the order of the table's columns, whatever order was asked for.
    if compiled.positiontup != list(parameters):
        raise TypeError(f"the parameters stand in another order: {compiled.positiontup}")
    return Statement(str(compiled), rank)
