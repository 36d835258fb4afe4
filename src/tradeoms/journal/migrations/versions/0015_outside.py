"""Facts from outside get a table of their own, so that they can be listed."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0008"
branch_labels = None
depends_on = None

PREFIX = "outside:"


def upgrade() -> None:
    """Create the table, and move the rows that were among the single facts."""
    table = op.create_table(
        "outside",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("fund", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    facts = sa.table("facts", sa.column("name"), sa.column("seq"), sa.column("value"))
    old = facts.c.name.startswith(PREFIX, autoescape=True)
    rows = op.get_bind().execute(sa.select(facts).where(old)).all()
    op.bulk_insert(table, [_moved(row) for row in rows])
    op.execute(sa.delete(facts).where(old))


def _moved(row: sa.Row[tuple[str, int, str]]) -> dict[str, object]:
    key = row.name.removeprefix(PREFIX)
    said = json.loads(row.value)
    fund = said.get("fund", "")
    name = said.get("name") or said.get("rule") or said.get("security_id") or fund
    return {
        "id": key, "seq": row.seq, "kind": key.partition(":")[0], "name": name, "fund": fund,
        "state": row.value,
    }  # fmt: skip
