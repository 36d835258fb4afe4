"""Hits of orders and breach cases of portfolios get tables of their own, and so do runs.

What the register held until now were hits; their rows move, without the marks of the work on them.
"""

from __future__ import annotations

import json
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

HIT_FIELDS: Final = (
    "id", "order_id", "check_id", "rule_id", "rule_version", "severity", "fund", "cell", "measured",
    "limit", "explanation",
)  # fmt: skip
TABLES: Final = {
    "hits": "id! seq# order_id fund rule_id at# state",
    "breaches": (
        "id! seq# fund rule_id cell status kind assignee found_on due_on cured_on created_at# state"
    ),
    "runs": "id! seq# status executor trade_on started_at# state",
    "fund_runs": "run_id! fund! trade_on seq#",
    "last_runs": "fund! seq# state",
}
INDEXES: Final = (
    ("hits", "seq", False),
    ("hits", "order_id", False),
    ("breaches", "seq", False),
    ("breaches", "fund rule_id cell", True),
    ("runs", "seq", False),
    ("runs", "status", False),
    ("fund_runs", "fund seq", False),
)


def upgrade() -> None:
    """Move the hits, and create the new tables."""
    old = sa.table("breaches", *(sa.column(name) for name in ("id", "seq", "created_at", "state")))
    rows = op.get_bind().execute(sa.select(old)).all()
    op.drop_table("breaches")
    for name, words in TABLES.items():
        op.create_table(name, *(_column(word) for word in words.split()), sqlite_strict=True)
    for name, words, unique in INDEXES:
        columns = words.split()
        start = "uq" if unique else "ix"
        op.create_index("_".join((start, name, *columns)), name, columns, unique=unique)
    hits = sa.table("hits", *(sa.column(word.rstrip("!#")) for word in TABLES["hits"].split()))
    op.bulk_insert(hits, [_hit(row) for row in rows])


def _hit(row: sa.Row[tuple[str, int, int, str]]) -> dict[str, object]:
    found = json.loads(row.state)
    state = {name: found[name] for name in HIT_FIELDS} | {"at": found["created_at"]}
    return {
        "id": row.id, "seq": row.seq, "order_id": found["order_id"], "fund": found["fund"],
        "rule_id": found["rule_id"], "at": row.created_at,
        "state": json.dumps(state, separators=(",", ":"), ensure_ascii=False),
    }  # fmt: skip


def _column(word: str) -> sa.Column[Any]:  # Any: whatever Python type the column gives
    kind: type[Any] = sa.BigInteger if word.endswith("#") else sa.Text
    name = word.rstrip("#")
    return sa.Column(
        name.removesuffix("!"),
        kind,
        primary_key=name.endswith("!"),
        autoincrement=False,
        nullable=False,
    )
