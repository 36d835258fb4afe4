"""Pairs with how far each order has come, for who may see one of them."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.pair.state import Pair
from tradeoms.kernel.numbers import plain
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Scope
from tradeoms.projections.queries import ORDER_COLUMNS, fact_row, in_scope, show_orders
from tradeoms.projections.resources_text import instant

_PREFIX: Final = "pair:"
_read: Final = msgspec.json.Decoder(Pair).decode


class PairedOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One order of a pair, in short."""

    id: str
    status: str
    side: str
    security: str
    quantity: str
    placed_quantity: str
    cum_qty: str


class PairResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Two orders worked in step; one that is not yours to see is left out."""

    id: str
    version: int
    seq: int
    linked: bool
    ratio: str
    limit: str
    unit: str
    first: PairedOrder | None
    second: PairedOrder | None
    leading: str | None
    """`first` or `second`, where executions brought it further ahead than the limit allows."""
    linked_by: str
    unlinked_by: str | None
    reason: str
    created_at: str
    updated_at: str


class Pairs(msgspec.Struct, frozen=True, kw_only=True):
    """All that are linked, the earliest first."""

    data: list[PairResource]


def linked_pairs(link: sa.Connection, scope: Scope) -> Pairs:
    """Every pair in force of which an order is in scope."""
    facts = t.facts.c
    wanted = sa.select(facts.seq, facts.value).where(
        facts.name.startswith(_PREFIX, autoescape=True)
    )
    rows = link.execute(wanted.order_by(facts.name)).all()
    pairs = [(row.seq, _read(row.value)) for row in rows]
    shown = (_show(link, pair, seq, scope) for seq, pair in pairs if pair.linked)
    return Pairs(data=[one for one in shown if one is not None])


def one_pair(link: sa.Connection, pair_id: str, scope: Scope) -> PairResource | None:
    """The pair, `None` where none of its orders is in scope."""
    row = fact_row(link, f"{_PREFIX}{pair_id}")
    return None if row is None else _show(link, _read(row.value), row.seq, scope)


def _show(link: sa.Connection, pair: Pair, seq: int, scope: Scope) -> PairResource | None:
    wanted = sa.select(*ORDER_COLUMNS).where(
        t.orders.c.id.in_(pair.order_ids), *in_scope(t.orders.c.id, scope)
    )
    orders = {
        one.id: PairedOrder(
            id=one.id, status=one.status, side=one.side, security=one.security.value,
            quantity=one.quantity, placed_quantity=one.placed_quantity, cum_qty=one.cum_qty,
        )
        for one in show_orders(link, link.execute(wanted).all(), scope)
    }  # fmt: skip
    if not orders:
        return None
    leading = {pair.first: "first", pair.second: "second"}.get(pair.leading)
    return PairResource(
        id=pair.id,
        version=pair.version,
        seq=seq,
        linked=pair.linked,
        ratio=plain(pair.ratio),
        limit=plain(pair.limit),
        unit=pair.unit.value,
        first=orders.get(pair.first),
        second=orders.get(pair.second),
        leading=leading,
        linked_by=pair.linked_by,
        unlinked_by=pair.unlinked_by or None,
        reason=pair.reason,
        created_at=instant(pair.created_at),
        updated_at=instant(pair.updated_at),
    )
