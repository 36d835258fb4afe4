"""Pairs with how far each order has come, for who may see one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.pair.state import Pair
from tradeoms.kernel.numbers import plain
from tradeoms.projections import tables as t
from tradeoms.projections.paging import WINDOW, Cut, Page, Scope, beyond, encode_cursor
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFilter:
    """Which pairs: those in force or those that are over, of any order or of one."""

    linked: bool = True
    order_id: str = ""

    def takes(self, pair: Pair) -> bool:
        """True where the pair is one of them."""
        return pair.linked == self.linked and (not self.order_id or self.order_id in pair.order_ids)


def list_pairs(link: sa.Connection, want: PairFilter, scope: Scope, cut: Cut) -> Page[PairResource]:
    """One page of the pairs of which an order is in scope, newest first.

    No more than `WINDOW` of them are looked at, so a page may be short and still say there is more.
    """
    name = t.facts.c.name
    wanted = sa.select(name, t.facts.c.seq, t.facts.c.value).where(
        name.startswith(_PREFIX, autoescape=True), *beyond((name,), cut.after)
    )
    shown: list[PairResource] = []
    last, tested = "", 0
    for row in link.execute(wanted.order_by(name.desc()).limit(WINDOW)).all():
        pair = _read(row.value)
        found = _show(link, pair, row.seq, scope) if want.takes(pair) else None
        if found is not None and len(shown) == cut.limit:
            return Page(shown, encode_cursor([last]))
        shown += [found] if found is not None else []
        last, tested = row.name, tested + 1
    return Page(shown, encode_cursor([last]) if tested == WINDOW else None)


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
