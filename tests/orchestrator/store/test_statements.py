"""SQL made once from the tables."""

from __future__ import annotations

import sqlite3

from sqlalchemy import Column, Integer, MetaData, String, Table

from orchestrator.store.statements import insert_into, insert_or_replace, update_where

PLACES = Table(
    "places", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(9))
)


def test_they_are_sqlite_with_named_parameters() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("CREATE TABLE places (id INTEGER PRIMARY KEY, name TEXT)")
    add = insert_into(PLACES, "id", "name", rank=1)
    put = insert_or_replace(PLACES, "id", "name", rank=2)
    rename = update_where(PLACES, {"id": "key", "name": "old"}, "name", rank=3)

    connection.execute(add.sql, {"id": 1, "name": "a"})
    connection.execute(put.sql, {"id": 1, "name": "b"})
    connection.execute(put.sql, {"id": 2, "name": "c"})
    hit = connection.execute(rename.sql, {"key": 1, "old": "b", "name": "d"}).rowcount
    miss = connection.execute(rename.sql, {"key": 2, "old": "b", "name": "d"}).rowcount

    rows = connection.execute("SELECT * FROM places").fetchall()
    connection.close()
    assert rows == [(1, "d"), (2, "c")]
    assert (hit, miss) == (1, 0)
    assert [add.rank, put.rank, rename.rank] == [1, 2, 3]
