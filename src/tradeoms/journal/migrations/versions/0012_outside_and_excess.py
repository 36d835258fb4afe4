"""Facts from outside get a table of their own; excess over a limit is told cell by cell.

What was recorded of orders and waivers until now is the largest excess of any cell of a rule.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

PREFIX = "outside:"
#: In the row of an order that no rule stops.
UNSTOPPED = '%"blocking":[]%'


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
    _restate("orders", _order)
    _restate("waivers", _waiver)


def _restate(name: str, convert: Callable[[dict[str, Any]], None]) -> None:  # Any: JSON
    table = sa.table(name, sa.column("id"), sa.column("state"))
    link = op.get_bind()
    for row in link.execute(sa.select(table).where(table.c.state.not_like(UNSTOPPED))).all():
        state = json.loads(row.state)
        convert(state)
        text = json.dumps(state, separators=(",", ":"), ensure_ascii=False)
        link.execute(sa.update(table).where(table.c.id == row.id).values(state=text))


def _order(state: dict[str, Any]) -> None:  # Any: JSON
    told = state["excess"]
    absent = [""] * (len(state["blocking"]) - len(told))
    state["excess"] = [_anywhere(amount) for amount in (*told, *absent)]


def _waiver(state: dict[str, Any]) -> None:  # Any: JSON
    state["excess"] = _anywhere(state["excess"])


def _anywhere(amount: str) -> list[dict[str, str]]:
    return [{"fund": "*", "cell": "", "bound": "", "amount": amount}]


def _moved(row: sa.Row[tuple[str, int, str]]) -> dict[str, object]:
    key = row.name.removeprefix(PREFIX)
    said = json.loads(row.value)
    fund = said.get("fund", "")
    name = said.get("name") or said.get("rule") or said.get("security_id") or fund
    return {
        "id": key, "seq": row.seq, "kind": key.partition(":")[0], "name": name, "fund": fund,
        "state": row.value,
    }  # fmt: skip
