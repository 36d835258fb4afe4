"""Books executions to the orders that they are for, and takes them back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tradeoms.app.handlers.bookings import settle_bookings
from tradeoms.app.handlers.sharing import allocations_of, beside
from tradeoms.app.turn import Turn
from tradeoms.domain.allocation.decide import Fill, allocate, lacking
from tradeoms.domain.allocation.decide import take_back as take_back_alone
from tradeoms.domain.block import share
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.kernel.numbers import ZERO


def lacking_of(turn: Turn, placement: Placement | None) -> Decimal:
    """Units that the placement's orders can still take."""
    if placement is None:
        return ZERO
    if placement.parts:
        return share.lacking(placement, allocations_of(turn, placement))
    allocation = turn.book.allocations.get(placement.order_id)
    return lacking(allocation) if allocation else ZERO


def share_out(turn: Turn, execution: Execution) -> None:
    """Book what the orders of its placement can take of an execution."""
    if execution.booked_qty <= 0:
        return
    fill, placement = _fill(turn, execution), turn.book.placements[execution.placement_id]
    if not placement.parts:
        allocation = turn.book.allocations[execution.order_id]
        turn.emit(allocate(allocation, fill), execution.order_id)
        return
    allocations = allocations_of(turn, placement)
    for booking in share.share_fill(
        placement, fill, allocations=allocations, beside=beside(turn, placement)
    ):
        turn.emit(booking, booking.order_id)


def book_more(turn: Turn, part: Execution) -> None:
    """Share out ``part`` of an execution, whose units waited in suspense until now."""
    share_out(turn, part)
    for order_id in turn.book.placements[part.placement_id].order_ids:
        settle_bookings(turn, order_id)
        turn.reserve(order_id)


def take_back(turn: Turn, execution: Execution) -> None:
    """Take back exactly what an execution gave to each order and fund."""
    if execution.split:
        allocation = turn.book.allocations[execution.order_id]
        booking = take_back_alone(allocation, _fill(turn, execution), dict(execution.split))
        turn.emit(booking, execution.order_id)
    elif execution.shared:
        placement = turn.book.placements[execution.placement_id]
        for booking in share.take_back(
            placement,
            execution,
            _fill(turn, execution),
            allocations=allocations_of(turn, placement),
            beside=beside(turn, placement),
        ):
            turn.emit(booking, booking.order_id)


def _fill(turn: Turn, execution: Execution) -> Fill:
    security = turn.book.securities[execution.security_id]
    placement = turn.book.placements[execution.placement_id]
    today = turn.pretrade.today(turn.at)
    return Fill(
        placement_id=execution.placement_id,
        execution_id=execution.id,
        security_id=execution.security_id,
        buys=placement.side.sign > 0,
        quantity=execution.booked_qty,
        price=execution.last_px,
        price_factor=security.factor,
        currency=security.currency,
        lot=security.lot,
        trade_on=today,
        at=turn.at,
        pool_on=_pool_on(execution, placement, today),
    )


def _pool_on(execution: Execution, placement: Placement, today: date) -> date | None:
    """The trading day whose average price it is part of: once booked, that stays."""
    if placement.parts:
        return execution.pool_on or execution.traded_on or today
    return execution.booked_on or execution.traded_on
