"""What people did to FIX sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "session_actions",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_session_actions_seq", "session_actions", ["seq"])
