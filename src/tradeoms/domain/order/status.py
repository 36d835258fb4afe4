"""The status of an order, derived from its own facts and those of its placements."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tradeoms.domain.order.state import Order, Phase
from tradeoms.domain.placement.state import Placement
from tradeoms.kernel.enums import OrderStatus, OrdStatus
from tradeoms.kernel.numbers import ZERO

_BEFORE_DESK = {
    Phase.DRAFT: OrderStatus.DRAFT,
    Phase.BLOCKED: OrderStatus.BLOCKED,
    Phase.HELD: OrderStatus.HELD,
    Phase.APPROVED: OrderStatus.APPROVED,
}


def placed_quantity(order_id: str, placements: Iterable[Placement]) -> Decimal:
    """Units of the order that its placements use up."""
    return sum((placement.committed_to(order_id) for placement in placements), ZERO)


def derive_status(order: Order, placements: Iterable[Placement]) -> OrderStatus:
    """The word that tells a person where the order is.

    Executions outrank the desk's phase, and an end (canceled, expired) outranks a part executed.
    An approved order that waits for its time or price is `held`.
    A day's rejection by every broker shows as `rejected` until the desk places it again.
    """
    if order.cum_qty >= order.quantity:
        return OrderStatus.FILLED
    if order.phase is Phase.CANCELED:
        return OrderStatus.CANCELED
    if order.phase is Phase.EXPIRED:
        return OrderStatus.EXPIRED
    if order.cum_qty == 0 and order.waits:
        return OrderStatus.HELD
    if order.cum_qty == 0 and order.phase in _BEFORE_DESK:
        return _BEFORE_DESK[order.phase]
    statuses = [placement.ord_status for placement in placements]
    if OrdStatus.DONE_FOR_DAY in statuses:
        return OrderStatus.DONE_FOR_DAY
    if order.cum_qty > 0:
        return OrderStatus.PARTIALLY_FILLED
    if any(placement.is_open_for(order.id) for placement in placements):
        return OrderStatus.WORKING
    if statuses and all(status is OrdStatus.REJECTED for status in statuses):
        return OrderStatus.REJECTED
    return OrderStatus.RELEASED
