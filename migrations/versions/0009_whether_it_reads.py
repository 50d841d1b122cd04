"""Whether the agent that a command was sent to keeps no note of it.

An agent's journal skips what only reads. Of what was sent before this, it is not known.

Revision: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column("commands", sa.Column("reads", sa.Boolean))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("commands", "reads")
