"""Commissions that funds paid destinations, by month: summed from the bookings in the journal."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SIGNS = {"AllocationBooked": 1, "AllocationReversed": -1}
KEYS = ("destination", "fund", "currency", "month")


def upgrade() -> None:
    """Create the table, and fill it from what is booked."""
    table = op.create_table(
        "commissions",
        *(sa.Column(name, sa.Text, primary_key=True, nullable=False) for name in KEYS),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    journal = sa.table("journal", sa.column("seq"), sa.column("body"))
    wanted = sa.or_(*(journal.c.body.like(f'%"type":"{name}"%') for name in SIGNS))
    query = sa.select(journal).where(wanted).order_by(journal.c.seq)
    sums: dict[tuple[str, ...], int] = {}
    last: dict[tuple[str, ...], int] = {}
    for seq, body in op.get_bind().execute(query):
        event = json.loads(body)
        for key, minor in _paid(event["data"]):
            sums[key] = sums.get(key, 0) + SIGNS[event["type"]] * minor
            last[key] = seq
    op.bulk_insert(table, [_row(key, minor, last[key]) for key, minor in sums.items()])


def _paid(data: dict[str, Any]) -> list[tuple[tuple[str, ...], int]]:  # Any: JSON
    month = data["trade_on"][:7]
    return [
        ((charge["destination"], leg["fund"], data["currency"], month), charge["minor"])
        for leg in data["legs"]
        for charge in leg["charges"]
        if charge["kind"] == "commission"
    ]


def _row(key: tuple[str, ...], minor: int, seq: int) -> dict[str, object]:
    named = dict(zip(KEYS, key, strict=True))
    state = json.dumps({**named, "minor": minor}, separators=(",", ":"), ensure_ascii=False)
    return {**named, "seq": seq, "state": state}
