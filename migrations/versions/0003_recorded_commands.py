"""Commands that are to be recorded.

Revision: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column("commands", sa.Column("record", sa.String(16)))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("commands", "record")
