"""The orders that share a placement of their block."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create their table."""
    op.create_table(
        "placement_parts",
        sa.Column("placement_id", sa.Text, primary_key=True, nullable=False),
        sa.Column("order_id", sa.Text, primary_key=True, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_placement_parts_order_id", "placement_parts", ["order_id"])
