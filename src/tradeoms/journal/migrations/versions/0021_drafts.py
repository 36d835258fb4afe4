"""Rows of orders tell who entered what is not yet submitted: few people see that.

The rows that are there already are folded from the journal by `app.upgrade`, which runs after each
migration.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column(
        "orders", sa.Column("drafted_by", text, nullable=False, server_default=sa.text("''"))
    )
