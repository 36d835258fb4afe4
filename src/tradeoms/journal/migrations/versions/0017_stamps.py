"""Rows that are loaded tell when they came and when they last changed.

The instants of rows that are there already are folded from the journal by `app.upgrade`,
which runs after each migration: 0 stands for one that is still to be told.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLES = (
    "funds", "securities", "prices", "destinations", "users", "api_keys", "positions", "cash",
    "outside", "order_lists",
)  # fmt: skip


def upgrade() -> None:
    """Add the columns."""
    for table in TABLES:
        for name in ("created_at", "updated_at"):
            column = sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))
            op.add_column(table, column)
