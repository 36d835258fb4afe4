"""The fold of allocation policies, charges and bookings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, get_args

from tradeoms.domain.allocation import policy as policy_state
from tradeoms.domain.allocation.events import (
    AllocationAdjusted,
    AllocationPoliciesLoaded,
    AllocationStated,
    ExecutionAllocated,
)
from tradeoms.domain.allocation.policy import Method
from tradeoms.domain.booking import state as booking_state
from tradeoms.domain.booking.events import (
    AllocationBooked,
    AllocationReversed,
    BookingChecked,
    BookingEvent,
)
from tradeoms.domain.charge.events import ChargesLoaded
from tradeoms.domain.charge.state import Charges
from tradeoms.domain.holdings import book_cash
from tradeoms.domain.reference.state import CashBalance
from tradeoms.domain.routing.budget import commissions_of
from tradeoms.projections.book import Book


def note_statement(book: Book, event: AllocationStated, seq: int) -> None:
    """Whoever an order serves first is last next time."""
    if event.method is Method.ROTATION and event.number == 1:
        policy_id = event.policy.rpartition("/")[0]
        book.policies = policy_state.rotate(book.policies, policy_id, event.legs[0].fund)
        book.touched["facts", ("allocation_policies",)] = seq


def note_execution(book: Book, event: ExecutionAllocated, seq: int) -> None:
    """What is executed under a policy, or is charged, is to be booked."""
    on = event.pool_on or event.trade_on
    key = booking_state.booking_id(event.order_id, on)
    before = book.bookings.get(key)
    allocation = book.allocations[event.order_id]
    kept = book.policies.named(allocation.policy) is not None or book.charges.version > 0
    if before is None and not kept:
        return
    booking = booking_state.execute(
        before,
        order_id=event.order_id,
        on=on,
        empty=not allocation.day(on).quantity,
        moved=bool(event.quantity),
        at=event.at,
    )
    book.add_booking(booking)
    book.touched["bookings", booking.id] = seq


def note_adjustment(book: Book, event: AllocationAdjusted, seq: int) -> None:
    """Units of a day that is to be booked went from fund to fund."""
    key = booking_state.booking_id(event.order_id, event.trade_on)
    booking = booking_state.adjust(book.bookings[key], event)
    book.add_booking(booking)
    book.touched["bookings", booking.id] = seq


def _fold_policies(book: Book, event: AllocationPoliciesLoaded, seq: int) -> None:
    book.policies = policy_state.replace_policies(book.policies, event.policies)
    book.touched["facts", ("allocation_policies",)] = seq


def _fold_charges(book: Book, event: ChargesLoaded, seq: int) -> None:
    book.charges = Charges(version=event.version, rows=event.charges)
    book.touched["facts", ("charges",)] = seq


def _fold_booking(book: Book, event: BookingEvent, seq: int) -> None:
    booking = booking_state.evolve(book.bookings.get(event.booking_id), event)
    book.add_booking(booking)
    book.touch_order(event.order_id, seq)
    book.touched["allocations", event.order_id] = seq
    book.touched["bookings", booking.id] = seq
    if isinstance(event, BookingChecked):
        book.extra["checks", (event.check_id,)] = (event.check_id, event.order_id, seq)
    if isinstance(event, AllocationBooked | AllocationReversed):
        for paid in commissions_of(event):
            book.commissions.add(paid)
            book.touched["commissions", paid.key] = seq
        sign = 1 if isinstance(event, AllocationBooked) else -1
        for leg in event.legs:
            if leg.charges_minor:
                # what the securities cost went out when they were executed
                minor = -sign * leg.charges_minor
                pay(book, leg.fund, event.currency, minor=minor, at=event.at, seq=seq)


def pay(book: Book, fund: str, currency: str, *, minor: int, at: datetime, seq: int) -> None:
    """Add ``minor`` units of money, which may be negative, to a fund's cash."""
    purse = (fund, currency)
    balance = book.cash.get(purse) or CashBalance(fund=fund, currency=currency)
    book.cash[purse] = book_cash(balance, minor=minor, at=at)
    book.touched["cash", purse] = seq


BOOKING_FOLDS: Final[dict[type, Callable[[Book, Any, int], None]]] = {
    AllocationPoliciesLoaded: _fold_policies,
    ChargesLoaded: _fold_charges,
    **dict.fromkeys(get_args(BookingEvent), _fold_booking),
}
