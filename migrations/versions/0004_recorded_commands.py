"""Commands that are to be recorded.

Revision: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column("commands", sa.Column("record", sa.String(16)))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("commands", "record")
