"""Drop copies: what a counterparty told a second time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "drop_copies",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("report_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("placement_id", sa.Text, nullable=False),
        sa.Column("execution_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_drop_copies_seq", "drop_copies", ["seq"])
    op.create_index("ix_drop_copies_report_id", "drop_copies", ["session", "report_id"])
    op.create_index("ix_drop_copies_execution_id", "drop_copies", ["execution_id"])
    op.create_index("ix_drop_copies_status", "drop_copies", ["status"])
