"""PostgreSQL keeps every text in the order of its bytes, as SQLite and Python do.

A page ends where the code says that its last row stands: in the order of a language that could be
another row, and the next page would leave rows out. Nor do such orders stay when a system's
libraries change, under which indexes then lie.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

#: Alembic's own, which nothing orders.
_LEFT: frozenset[str] = frozenset({"alembic_version"})


def upgrade() -> None:
    """Change the order; PostgreSQL makes the indexes of texts anew, and writes no row."""
    link = op.get_bind()
    if link.dialect.name != "postgresql":
        return
    found = sa.MetaData()
    found.reflect(link)
    quote = link.dialect.identifier_preparer.quote
    for table in found.sorted_tables:
        texts = [column.name for column in table.columns if isinstance(column.type, sa.Text)]
        if texts and table.name not in _LEFT:
            changes = (f'ALTER COLUMN {quote(name)} TYPE text COLLATE "C"' for name in texts)
            op.execute(f"ALTER TABLE {quote(table.name)} {', '.join(changes)}")
