"""Who asked for a command, and an index by which what people asked for is found.

Partial, so that a command by the token, as nearly all are, does not enter it.

Revision: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BY_A_PERSON = sa.text("requested_by <> 'token'")


def upgrade() -> None:
    """Apply it."""
    op.add_column("commands", sa.Column("requested_by", sa.String(64)))
    op.create_index(
        op.f("ix_commands_requested_by_seq"),
        "commands",
        ["requested_by", "seq"],
        sqlite_where=_BY_A_PERSON,
        postgresql_where=_BY_A_PERSON,
    )


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_commands_requested_by_seq"), "commands")
    op.drop_column("commands", "requested_by")
