"""The database tells of which shape the rows of its read models are (`app.upgrade`)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, empty: of no shape that is known."""
    op.create_table(
        "shapes",
        sa.Column("digest", sa.Text, primary_key=True, nullable=False),
        sqlite_strict=True,
    )
