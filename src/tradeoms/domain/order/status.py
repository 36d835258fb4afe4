"""The status of an order, derived from its own facts and those of its placements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def is_draft(order: Order) -> bool:
    """True from entry to the first submission, and for good where it ended before that."""
    return order.submitted_at is None


def placed_quantity(order_id: str, placements: Iterable[Placement]) -> Decimal:
    """Units of the order that its placements use up."""
    return sum((placement.committed_to(order_id) for placement in placements), ZERO)


def derive_status(order: Order, placements: Iterable[Placement]) -> OrderStatus:
    """The word that tells a person where the order is.

    Executions outrank the desk's phase, and an end (canceled, expired) outranks a part executed.
    An approved order that waits for its time or price is `held`.
    It is done for the day only where nothing of it is in the market or left to place.
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
    placements = list(placements)
    if _is_done_for_day(order, placements):
        return OrderStatus.DONE_FOR_DAY
    if order.cum_qty > 0:
        return OrderStatus.PARTIALLY_FILLED
    if any(placement.is_open_for(order.id) for placement in placements):
        return OrderStatus.WORKING
    if placements and all(each.ord_status is OrdStatus.REJECTED for each in placements):
        return OrderStatus.REJECTED
    return OrderStatus.RELEASED


def _is_done_for_day(order: Order, placements: Sequence[Placement]) -> bool:
    """True where a broker is done for the day, none works on, and nothing is left to place now.

    What brokers are done with counts as placed until the next trading day begins.
    """
    done = [each for each in placements if _shows_done(each)]
    if not done or any(p.is_open_for(order.id) and not _shows_done(p) for p in placements):
        return False
    return order.phase is not Phase.RELEASED or order.quantity <= sum(
        (_taken(placement, order.id) for placement in placements), ZERO
    )


def _shows_done(placement: Placement) -> bool:
    return placement.done_today and placement.ord_status is OrdStatus.DONE_FOR_DAY


def _taken(placement: Placement, order_id: str) -> Decimal:
    """Units of the order that the placement uses up, or used up until it was done for the day."""
    if not _shows_done(placement) or placement.canceled:
        return placement.committed_to(order_id)
    return placement.part_of(order_id).quantity if placement.parts else placement.quantity
