"""Lists of orders, and how files of orders are read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "order_lists",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_order_lists_seq", "order_lists", ["seq"])
    op.create_table(
        "list_orders",
        sa.Column("list_id", sa.Text, primary_key=True, nullable=False),
        sa.Column("order_id", sa.Text, primary_key=True, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "import_mappings",
        sa.Column("name", sa.Text, primary_key=True, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sqlite_strict=True,
    )
