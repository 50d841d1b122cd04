"""What a run leaves: the commands as the API lists them, the rows of the database file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from chaos.records import CommandRow, CommandView, FinalState, SessionRow

FILE_NAME: Final = "final.json"
DATABASE: Final = "xagent.db"


def read_final_state(database: Path, listed: tuple[CommandView, ...]) -> FinalState:
    """Join what the API listed to what stands in the file, which nobody has open any more."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute("SELECT * FROM commands ORDER BY seq").fetchall()
        sessions = connection.execute("SELECT * FROM sessions ORDER BY rowid").fetchall()
    return FinalState(
        listed=listed,
        rows=tuple(_row(row) for row in rows),
        sessions=tuple(msgspec.convert(dict(row), SessionRow) for row in sessions),
    )


def _row(row: sqlite3.Row) -> CommandRow:
    columns = dict(row)
    for name in ("params", "result"):
        columns[name] = msgspec.Raw((columns[name] or "null").encode())
    for name in ("idempotent", "tainted"):
        columns[name] = bool(columns[name])
    return msgspec.convert(columns, CommandRow)
