"""What agents announce, once for all that announce the same.

The release before this one reads and writes the actions in the agent's own row. It finds none there
of agents that this one wrote, until they come back, which they do when it starts.

Revision: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_table(
        "announcements",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_announcements")),
    )
    op.add_column("agents", sa.Column("announced", sa.String(64)))


def downgrade() -> None:
    """Take it back."""
    op.execute(
        "UPDATE agents SET actions = "
        "(SELECT actions FROM announcements WHERE digest = agents.announced) "
        "WHERE actions = '[]' AND announced IN (SELECT digest FROM announcements)"
    )
    op.drop_column("agents", "announced")
    op.drop_table("announcements")
