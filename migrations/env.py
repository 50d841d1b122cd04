"""Alembic's entry: runs the migrations on the connection that the caller hands over.

Only the orchestrator and the tests upgrade a database, both through `orchestrator.store.schema`,
so there is no ini file and no second way to say where the database is. For a developer who adds
a migration, the root's `alembic.ini` names a database by its ``sqlalchemy.url``.
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, create_engine

from orchestrator.store.tables import metadata


def run(connection: Connection) -> None:
    """Run what `alembic` was asked to run on *connection*."""
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "sqlite://")
    with engine.begin() as own:
        run(own)
