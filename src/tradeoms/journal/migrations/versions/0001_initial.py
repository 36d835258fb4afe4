"""The first schema: the journal, the machinery around it, and every read model.

A table is written as the words of its columns: `name` is text, `name#` an integer of 64 bits,
`name?` a boolean, `name%` bytes; `!` before the mark makes it part of the primary key. Every column
is NOT NULL. A test compares the result with the declared tables.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

#: Tables whose rows are written once: triggers refuse any change.
APPEND_ONLY: Final = ("journal", "genesis")
CHECKS: Final = {"journal": "seq > 0", "genesis": "id = 1", "leader": "id = 1"}
KINDS: Final[dict[str, type[Any]]] = {  # Any: whatever Python type the column gives
    "#": sa.BigInteger,
    "?": sa.Boolean,
    "%": sa.LargeBinary,
}

TABLES: Final = {
    "journal": "seq!# subject body chain%",
    "genesis": "id!# body",
    "leader": "id!# epoch# holder",
    "idempotency": "principal! key! request_sha256 status# answer created_at#",
    "outbox": "seq!# session body created_at#",
    "watermarks": "session! epoch!# row#",
    "orders": (
        "id! seq# client client_order_id status security_id side portfolio_manager trader "
        "block_id placed_quantity live? created_at# updated_at# state"
    ),
    "order_funds": "fund! order_id!",
    "blocks": "id! seq# live? state",
    "placements": "id! seq# order_id destination status live? created_at# updated_at# state",
    "cl_ord_ids": "cl_ord_id! placement_id",
    "executions": "id! seq# placement_id order_id status live? received_at# state",
    "exec_ids": "session! exec_id! execution_id",
    "allocations": "order_id! seq# live? updated_at# state",
    "positions": "fund! security_id! seq# state",
    "cash": "fund! currency! seq# state",
    "checks": "id! order_id seq#",
    "breaches": "id! seq# order_id fund rule_id status live? created_at# state",
    "waivers": "id! seq# order_id status live? state",
    "breaks": "id! seq# kind status session live? created_at# state",
    "rules": "rule_id! version!# seq# status state",
    "funds": "code! seq# state",
    "securities": "id! seq# symbol state",
    "identifiers": "scheme! value! security_id",
    "prices": "security_id! seq# state",
    "rates": "base! to! seq# state",
    "destinations": "name! seq# state",
    "users": "id! seq# state",
    "api_keys": "id! seq# state",
    "sign_ins": "id! seq# token_sha256 live? state",
    "facts": "name! seq# value",
}
PLAIN: Final = False
UNIQUE: Final = True
INDEXES: Final = (
    ("journal", "subject seq", PLAIN),
    ("outbox", "session seq", PLAIN),
    ("orders", "security_id id", PLAIN),
    ("orders", "seq id", PLAIN),
    ("orders", "status id", PLAIN),
    ("orders", "client client_order_id", UNIQUE),
    ("blocks", "seq", PLAIN),
    ("placements", "order_id", PLAIN),
    ("placements", "seq", PLAIN),
    ("executions", "order_id", PLAIN),
    ("executions", "placement_id", PLAIN),
    ("executions", "seq", PLAIN),
    ("allocations", "seq", PLAIN),
    ("positions", "seq", PLAIN),
    ("cash", "seq", PLAIN),
    ("checks", "order_id", PLAIN),
    ("breaches", "seq", PLAIN),
    ("waivers", "order_id", PLAIN),
    ("waivers", "seq", PLAIN),
    ("breaks", "seq", PLAIN),
    ("securities", "symbol", PLAIN),
    ("sign_ins", "token_sha256", PLAIN),
)
#: Tables of whose rows only the live ones are read at a start and for a stream's snapshot.
LIVE: Final = (
    "orders", "blocks", "placements", "executions", "allocations", "breaches", "waivers",
)  # fmt: skip


def upgrade() -> None:
    """Create everything."""
    for name, words in TABLES.items():
        columns = [_column(word) for word in words.split()]
        checks = [sa.CheckConstraint(CHECKS[name], name=f"ck_{name}")] if name in CHECKS else []
        op.create_table(name, *columns, *checks, sqlite_strict=True)
    for name, words, unique in INDEXES:
        columns_in_it = words.split()
        start = "uq" if unique else "ix"
        op.create_index("_".join((start, name, *columns_in_it)), name, columns_in_it, unique=unique)
    for name in LIVE:
        op.create_index(
            f"ix_{name}_live", name, ["seq"], sqlite_where=sa.text("live = 1"),
            postgresql_where=sa.text("live"),
        )  # fmt: skip
    op.bulk_insert(
        sa.table("leader", sa.column("id"), sa.column("epoch"), sa.column("holder")),
        [{"id": 1, "epoch": 0, "holder": ""}],
    )
    for name in APPEND_ONLY:
        _refuse_changes(name)


def _column(word: str) -> sa.Column[Any]:  # Any: as KINDS
    kind = KINDS.get(word[-1], sa.Text)
    name = word.rstrip("#?%")
    key = name.endswith("!")
    return sa.Column(
        name.removesuffix("!"), kind, primary_key=key, autoincrement=False, nullable=False
    )


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the {table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION 'the {table} is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
    )
