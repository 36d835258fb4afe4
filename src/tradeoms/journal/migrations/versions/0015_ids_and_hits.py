"""Indexes: ids of a placement or execution, executions by time, hits by fund and rule."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_cl_ord_ids_placement_id", "cl_ord_ids", ("placement_id",)),
    ("ix_exec_ids_execution_id", "exec_ids", ("execution_id",)),
    ("ix_executions_received_at", "executions", ("received_at",)),
    ("ix_hits_fund", "hits", ("fund", "id")),
    ("ix_hits_rule_id", "hits", ("rule_id", "id")),
)


def upgrade() -> None:
    """Create them."""
    for name, table, columns in INDEXES:
        op.create_index(name, table, list(columns))
