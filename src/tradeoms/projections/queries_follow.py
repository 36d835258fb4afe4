"""The story of orders as it is told: what happened to them behind a place in the journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, get_args

import msgspec
import sqlalchemy as sa

from tradeoms.domain.allocation.events import ExecutionAllocated
from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.order.events import OrderEvent
from tradeoms.domain.order.state import Order
from tradeoms.domain.waiver.events import WaiverApproved
from tradeoms.journal.codec import Codec
from tradeoms.journal.tables import journal
from tradeoms.projections import tables as t

#: What changes an order.
TOLD: Final = (*get_args(OrderEvent), ExecutionAllocated, WaiverApproved)
_NAMES: Final = frozenset(kind.__name__ for kind in TOLD)
_codec: Final = Codec(EVENTS)
_order: Final = msgspec.json.Decoder(Order).decode


class _Type(msgspec.Struct):
    type: str


_type: Final = msgspec.json.Decoder(_Type).decode


@dataclass(frozen=True, slots=True)
class Told:
    """One event that changed an order, and who did it."""

    seq: int
    actor: str
    event: Any  # Any: one of `TOLD`


def follow_orders(link: sa.Connection, after: int, limit: int) -> tuple[list[Told], int]:
    """What happened to orders behind ``after``, from ``limit`` events of the journal.

    Returns:
        The events that changed orders, and the number of the last event that was looked at.
    """
    wanted = (
        sa.select(journal.c.seq, journal.c.body)
        .where(journal.c.seq > after)
        .order_by(journal.c.seq)
        .limit(limit)
    )
    told, last = [], after
    for seq, body in link.execute(wanted):
        last = seq
        if _type(body).type in _NAMES:
            recorded = _codec.decode(body)
            told.append(Told(seq, recorded.meta.actor, recorded.event))
    return told, last


def find_order(link: sa.Connection, order_id: str) -> Order | None:
    """The facts of an order."""
    state = link.scalar(sa.select(t.orders.c.state).where(t.orders.c.id == order_id))
    return None if state is None else _order(state)


def find_entered(link: sa.Connection, client: str, client_order_id: str) -> str:
    """Id of the order that ``client`` entered under an id of his own; empty if there is none."""
    here = (t.orders.c.client == client, t.orders.c.client_order_id == client_order_id)
    return link.scalar(sa.select(t.orders.c.id).where(*here)) or ""
