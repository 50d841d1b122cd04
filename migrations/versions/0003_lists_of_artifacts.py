"""Indexes that lists of artifacts, and their retention, are read by.

One idea; upgrade and downgrade are both tested, and the code before it must run on the schema
after it.

Revision: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply it."""
    op.create_index(
        op.f("ix_artifacts_agent_id_artifact_id"), "artifacts", ["agent_id", "artifact_id"]
    )
    op.create_index(op.f("ix_artifacts_sha256_size"), "artifacts", ["sha256", "size"])


def downgrade() -> None:
    """Take it back."""
    op.drop_index(op.f("ix_artifacts_sha256_size"), "artifacts")
    op.drop_index(op.f("ix_artifacts_agent_id_artifact_id"), "artifacts")
