"""The database tells which archives it was restored from (`app.restoring`)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; an archive of an older schema has brought it along, with the first row."""
    if sa.inspect(op.get_bind()).has_table("restorations"):
        return
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "restorations",
        sa.Column("id", text, primary_key=True, nullable=False),
        sa.Column("archive", text, nullable=False),
        sa.Column("restored_by", text, nullable=False),
        sa.Column("restored_at", sa.BigInteger, nullable=False),
        sqlite_strict=True,
    )
