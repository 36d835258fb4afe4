"""The facts of a list of orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.orderlist.events import OrderListCreated


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderList:
    """Orders that were entered together, in their order."""

    id: str
    name: str
    atomic: bool
    order_ids: tuple[str, ...]
    created_by: str
    created_at: datetime


def create(event: OrderListCreated) -> OrderList:
    """The list as it was entered."""
    return OrderList(
        id=event.list_id,
        name=event.name,
        atomic=event.atomic,
        order_ids=event.order_ids,
        created_by=event.created_by,
        created_at=event.at,
    )
