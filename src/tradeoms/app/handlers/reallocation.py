"""The executions of an order's day, and units of them that go from fund to fund."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tradeoms.app.turn import Turn
from tradeoms.domain.allocation.adjust import Given, Moving, adjust, without_small_parts
from tradeoms.domain.allocation.policy import AllocationPolicy, Method
from tradeoms.domain.booking.events import BookedExecution
from tradeoms.domain.booking.state import Booking
from tradeoms.domain.order.commands import Leg
from tradeoms.kernel.enums import ExecutionStatus
from tradeoms.kernel.numbers import ZERO
from tradeoms.projections.book import Book


def executions_of_day(book: Book, order_id: str, on: date) -> Iterator[BookedExecution]:
    """What still counts of the executions that an order got on a trading day, oldest first."""
    for placement in book.placements_for(order_id):
        for key in book.executions_of.get(placement.id, ()):
            execution = book.executions[key]
            units = execution.split_of(order_id)
            live = execution.status is ExecutionStatus.LIVE
            if live and units and execution.booked_on == on:
                yield BookedExecution(
                    execution_id=key,
                    destination=placement.destination,
                    quantity=sum(units.values(), ZERO),
                    price=execution.last_px,
                    legs=tuple(Leg(fund=fund, quantity=got) for fund, got in units.items()),
                )


def return_small_parts(turn: Turn, order_id: str, on: date, policy: AllocationPolicy) -> None:
    """Give parts back that the policy calls too small."""
    adjusted = without_small_parts(_moving(turn, order_id, on), policy)
    if adjusted is not None:
        turn.emit(adjusted, order_id)
        turn.reserve(order_id)


def move_by_hand(turn: Turn, booking: Booking, *, approved_by: str) -> None:
    """Give the funds what a person asked for, and another agreed to."""
    asked = booking.proposal
    assert asked is not None
    adjusted = adjust(
        _moving(turn, booking.order_id, booking.trade_on),
        {leg.fund: leg.quantity for leg in asked.legs},
        because=Method.MANUAL.value,
        reason=asked.reason,
        people=(asked.proposed_by, approved_by),
    )
    turn.emit(adjusted, booking.order_id)
    turn.reserve(booking.order_id)


def _units(execution: BookedExecution) -> dict[str, Decimal]:
    return {leg.fund: leg.quantity for leg in execution.legs}


def _moving(turn: Turn, order_id: str, on: date) -> Moving:
    order = turn.book.orders[order_id]
    return Moving(
        allocation=turn.book.allocations[order_id],
        on=on,
        executions=[
            Given(execution_id=each.execution_id, units=_units(each))
            for each in executions_of_day(turn.book, order_id, on)
        ],
        security_id=order.security_id,
        buys=order.side.sign > 0,
        lot=turn.book.securities[order.security_id].lot,
        at=turn.at,
    )
