"""Lists of orders, with those of their orders that a person may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.orderlist.state import OrderList
from tradeoms.projections import tables as t
from tradeoms.projections.paging import EVERYTHING, Scope
from tradeoms.projections.queries import ORDER_COLUMNS, Rows, in_scope, show_orders
from tradeoms.projections.resources_desk import OrderListResource, order_list_resource
from tradeoms.projections.resources_text import stamps_of

_read: Final = msgspec.json.Decoder(OrderList).decode


def inside_order_lists(_link: sa.Connection, scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    """A list shows to whoever may see one of its orders."""
    if scope == EVERYTHING:
        return ()
    mine = sa.select(sa.literal(1)).where(
        t.list_orders.c.list_id == t.order_lists.c.id, *in_scope(t.list_orders.c.order_id, scope)
    )
    return (mine.exists(),)


def show_order_lists(link: sa.Connection, rows: Rows, scope: Scope) -> list[OrderListResource]:
    """Rows with `seq` and `state` as resources."""
    shown = []
    for row in rows:
        wanted = (
            sa.select(*ORDER_COLUMNS)
            .join(t.list_orders, t.list_orders.c.order_id == t.orders.c.id)
            .where(t.list_orders.c.list_id == row.id, *in_scope(t.orders.c.id, scope))
        )
        orders = show_orders(link, link.execute(wanted).all(), scope)
        shown.append(
            order_list_resource(_read(row.state), orders, seq=row.seq, stamps=stamps_of(row))
        )
    return shown
