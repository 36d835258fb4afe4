"""Crosses between funds of the house."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "crosses",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("trade_on", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Index("ix_crosses_trade_on", "trade_on"),
        sqlite_strict=True,
    )
    op.create_table(
        "cross_orders",
        sa.Column("cross_id", sa.Text, primary_key=True, nullable=False),
        sa.Column("order_id", sa.Text, primary_key=True, nullable=False),
        sqlite_strict=True,
    )
