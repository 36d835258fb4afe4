"""Allocation instructions to brokers, and their confirmations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "allocation_instructions",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("alloc_id", sa.Text, nullable=False),
        sa.Column("placement_id", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    for column in ("seq", "alloc_id", "placement_id"):
        op.create_index(f"ix_allocation_instructions_{column}", "allocation_instructions", [column])
    op.create_table(
        "confirmations",
        sa.Column("id", sa.Text, primary_key=True, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("confirm_id", sa.Text, nullable=False),
        sa.Column("instruction_id", sa.Text, nullable=False),
        sa.Column("fund", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("answer_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("ix_confirmations_seq", "confirmations", ["seq"])
    op.create_index("ix_confirmations_confirm_id", "confirmations", ["session", "confirm_id"])
    op.create_index("ix_confirmations_answer_id", "confirmations", ["answer_id"])
    op.create_index("ix_confirmations_instruction_id", "confirmations", ["instruction_id"])
