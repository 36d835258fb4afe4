"""Models, and proposals with their lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _text(name: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=key, nullable=False)


def _big(name: str, *, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=key, nullable=False, autoincrement=False)


def upgrade() -> None:
    """Create their tables."""
    op.create_table(
        "models", _text("model", key=True), _big("version", key=True), _big("seq"),
        _text("status"), _text("state"), sqlite_strict=True,
    )  # fmt: skip
    op.create_table(
        "proposals", _text("id", key=True), _big("seq"), _text("status"), _text("state"),
        sqlite_strict=True,
    )  # fmt: skip
    op.create_index("ix_proposals_seq", "proposals", ["seq"])
    op.create_table(
        "proposal_funds", _text("fund", key=True), _text("proposal_id", key=True),
        sqlite_strict=True,
    )  # fmt: skip
    op.create_table(
        "proposal_lines", _text("proposal_id", key=True), _big("number", key=True),
        _text("fund"), _text("security_id"), _big("seq"), _text("state"), sqlite_strict=True,
    )  # fmt: skip
