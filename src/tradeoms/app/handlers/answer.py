"""What a handled command answers, and the JSON of it."""

from __future__ import annotations

from typing import Final

import msgspec

from tradeoms.domain.order.state import Order
from tradeoms.domain.order.status import derive_status, placed_quantity
from tradeoms.projections.book import Book
from tradeoms.projections.resources import encode, order_resource, placement_resource

_encode: Final = msgspec.json.Encoder(decimal_format="string").encode


def plain_json(**values: object) -> bytes:
    """A small JSON object."""
    return _encode(values)


def order_json(book: Book, order_id: str, seq: int) -> bytes:
    """The order as REST shows it."""
    order = book.orders[order_id]
    placements = book.placements_for(order_id)
    return encode(
        order_resource(
            order,
            seq=seq,
            status=derive_status(order, placements),
            placed_quantity=placed_quantity(order_id, placements),
            block_id=book.block_of.get(order_id, ""),
            security=book.securities[order.security_id],
            allocation=book.allocations.get(order_id),
        )
    )


def order_line(book: Book, order: Order, seq: int) -> dict[str, object]:
    """An order in a batch's answer: enough to find it again."""
    return {
        "status": "accepted",
        "id": order.id,
        "client_order_id": order.client_order_id,
        "order_status": derive_status(order, book.placements_for(order.id)).value,
        "check_id": order.check_id,
        "version": order.version,
        "seq": seq,
    }


def placement_json(book: Book, placement_id: str, seq: int) -> bytes:
    """The placement as REST shows it."""
    placement = book.placements[placement_id]
    return encode(
        placement_resource(placement, seq=seq, security=book.securities[placement.security_id])
    )
