"""Commands that did not succeed, found without looking through those that did.

Partial, so that a command that succeeds, as nearly all do, neither enters nor leaves them.

Revision: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_UNCOMMON = sa.text(
    "state = 'failed' OR state = 'timed_out' OR state = 'cancelled' OR state = 'expired' "
    "OR state = 'lost'"
)


def upgrade() -> None:
    """Apply it."""
    for columns in (["state", "seq"], ["agent_id", "state", "seq"]):
        op.create_index(
            op.f(f"ix_commands_{'_'.join(columns)}"),
            "commands",
            columns,
            sqlite_where=_UNCOMMON,
            postgresql_where=_UNCOMMON,
        )


def downgrade() -> None:
    """Take it back."""
    for columns in (["agent_id", "state", "seq"], ["state", "seq"]):
        op.drop_index(op.f(f"ix_commands_{'_'.join(columns)}"), "commands")
