"""The resources of the desk's own tools."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from tradeoms.domain.mapping.state import ImportMapping
from tradeoms.domain.orderlist.state import OrderList
from tradeoms.projections.resources_schema import OrderResource
from tradeoms.projections.resources_text import Stamps, instant


class ImportMappingResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How files of orders are read; see `ImportMapping`."""

    id: str
    version: int
    seq: int
    name: str
    columns: dict[str, str]
    defaults: dict[str, str]
    words: dict[str, dict[str, str]]
    ignored: tuple[str, ...]
    defined_by: str
    created_at: str
    updated_at: str


class ListedOrder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One order of a list, in short."""

    id: str
    client_order_id: str
    status: str
    security: str
    side: str
    quantity: str
    limit_price: str | None
    placed_quantity: str
    cum_qty: str
    leaves_qty: str


class OrderListResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A list with its orders; `progress` counts them by status."""

    id: str
    version: int
    seq: int
    name: str
    atomic: bool
    created_by: str
    orders: list[ListedOrder]
    progress: dict[str, int]
    created_at: str
    updated_at: str


def order_list_resource(
    found: OrderList, orders: Sequence[OrderResource], *, seq: int, stamps: Stamps
) -> OrderListResource:
    """Show a list with those of its orders that may be seen, in the order of the list."""
    by_id = {order.id: order for order in orders}
    shown = [by_id[order_id] for order_id in found.order_ids if order_id in by_id]
    return OrderListResource(
        id=found.id,
        version=1,
        seq=seq,
        name=found.name,
        atomic=found.atomic,
        created_by=found.created_by,
        orders=[_listed(order) for order in shown],
        progress=dict(Counter(order.status for order in shown)),
        created_at=instant(found.created_at),
        updated_at=stamps.updated_at,
    )


def _listed(order: OrderResource) -> ListedOrder:
    return ListedOrder(
        id=order.id,
        client_order_id=order.client_order_id,
        status=order.status,
        security=order.security.value,
        side=order.side,
        quantity=order.quantity,
        limit_price=order.limit_price,
        placed_quantity=order.placed_quantity,
        cum_qty=order.cum_qty,
        leaves_qty=order.leaves_qty,
    )


def import_mapping_resource(mapping: ImportMapping, *, seq: int) -> ImportMappingResource:
    """Show a mapping."""
    return ImportMappingResource(
        id=mapping.name,
        version=mapping.version,
        seq=seq,
        name=mapping.name,
        columns=dict(mapping.columns),
        defaults=dict(mapping.defaults),
        words={words.column: dict(words.meanings) for words in mapping.words},
        ignored=mapping.ignored,
        defined_by=mapping.defined_by,
        created_at=instant(mapping.created_at),
        updated_at=instant(mapping.updated_at),
    )
