"""PostgreSQL keeps the subjects of events in the order of their bytes, as SQLite does.

So the index finds all that begin alike: each start proves limits and rights from their own events,
and read the whole journal to find these. The order of a language need not keep them together.
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the order; PostgreSQL makes the index of subjects anew, and writes no row."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE journal ALTER COLUMN subject TYPE text COLLATE "C"')
