"""The decision behind an order, as it was taken: kept by the journal, untouched by amendments."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.order.events import OrderCreated
from tradeoms.journal.codec import Codec
from tradeoms.journal.tables import journal
from tradeoms.kernel.numbers import plain
from tradeoms.projections.resources_text import instant, plain_or_none

_codec: Final = Codec(EVENTS)


class DecisionResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who decided, who typed it, when, why and by which door, with the terms as entered."""

    order_id: str
    decided_by: str
    typed_by: str
    at: str
    reason: str
    source: str
    client_order_id: str
    side: str
    quantity: str
    order_type: str
    limit_price: str | None
    stop_price: str | None
    seq: int


def find_decision(link: sa.Connection, order_id: str) -> DecisionResource | None:
    """The decision behind an order."""
    first = (
        sa.select(journal.c.seq, journal.c.body)
        .where(journal.c.subject == order_id)
        .order_by(journal.c.seq)
        .limit(1)
    )
    row = link.execute(first).first()
    event = None if row is None else _codec.decode(row.body).event
    if row is None or not isinstance(event, OrderCreated):
        return None
    return DecisionResource(
        order_id=event.order_id,
        decided_by=event.portfolio_manager,
        typed_by=event.placed_by,
        at=instant(event.at),
        reason=event.reason,
        source=event.source.value,
        client_order_id=event.client_order_id,
        side=event.side.value,
        quantity=plain(event.quantity),
        order_type=event.order_type.value,
        limit_price=plain_or_none(event.limit_price),
        stop_price=plain_or_none(event.stop_price),
        seq=row.seq,
    )
