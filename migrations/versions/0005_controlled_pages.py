"""Commands, while a person drives the page: what they do, and the lease that they are sent under.

Revision: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.add_column("commands", sa.Column("if_controlled", sa.String(8)))
    op.add_column("commands", sa.Column("control_digest", sa.String(64)))


def downgrade() -> None:
    """Take it back."""
    op.drop_column("commands", "control_digest")
    op.drop_column("commands", "if_controlled")
