"""Requests about allocation: policies and charges loaded, days booked and split by people."""

from __future__ import annotations

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.bookings import (
    book_by_hand,
    book_days_before,
    settle_bookings,
)
from tradeoms.app.handlers.reallocation import move_by_hand
from tradeoms.app.turn import Turn
from tradeoms.domain.allocation.commands import LoadAllocationPolicies
from tradeoms.domain.allocation.load import decide_load as decide_policies
from tradeoms.domain.booking import commands as c
from tradeoms.domain.booking.decide import (
    BookingRejection,
    decide_reallocate,
    decide_reallocation,
    refuse_booking,
)
from tradeoms.domain.booking.state import Booking, booking_id, order_of
from tradeoms.domain.charge.commands import LoadCharges
from tradeoms.domain.charge.decide import decide_load as decide_charges
from tradeoms.kernel.decider import Refusal, Rejected, reject
from tradeoms.kernel.numbers import ZERO


def load_allocation_policies(turn: Turn, command: LoadAllocationPolicies) -> bytes | Rejected:
    """Set the policies."""
    decided = decide_policies(
        command, policies=turn.book.policies, funds=turn.book.funds, stamp=turn.stamp
    )
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, "allocation_policies")
    return plain_json(rows=len(command.policies), seq=turn.seq)


def load_charges(turn: Turn, command: LoadCharges) -> bytes | Rejected:
    """Set the rows of charges."""
    decided = decide_charges(
        command,
        version=turn.book.charges.version,
        destinations=turn.book.destinations,
        stamp=turn.stamp,
    )
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, "charges")
    return plain_json(rows=len(command.charges), seq=turn.seq)


def book_allocations(turn: Turn, command: c.BookAllocations) -> bytes | Rejected:
    """Book what is not booked of an order, or of all orders of a block: all of it, or nothing."""
    days = [
        (order_id, day.on)
        for order_id in _orders(turn, command)
        for day in turn.book.allocations[order_id].days
        if day.quantity and command.trade_on in (None, day.on)
    ]
    found = {key: turn.book.bookings.get(booking_id(key[0], key[1])) for key in days}
    left = [key for key, booking in found.items() if booking is None or booking.booked is None]
    subject = command.order_id or command.block_id
    if not left:
        code = BookingRejection.BOOKED_ALREADY if days else BookingRejection.NOTHING_TO_BOOK
        detail = "all of it is booked" if days else "nothing of it was executed"
        return reject(code, detail, field="order", value=subject)
    refusals = [
        refusal for key in left if (refusal := _refuse(turn, found[key], key[0], command.reason))
    ]
    if refusals:
        return Rejected(refusals=tuple(refusals))
    for order_id, on in left:
        book_by_hand(turn, order_id=order_id, on=on, reason=command.reason)
    return plain_json(bookings=[booking_id(key[0], key[1]) for key in left], seq=turn.seq)


def reallocate_booking(turn: Turn, command: c.ReallocateBooking) -> bytes | Rejected:
    """Ask for another split of a day."""
    booking = _recalled(turn, command.booking_id)
    order = turn.book.orders[booking.order_id] if booking else None
    decided = decide_reallocate(
        command,
        booking=booking,
        allocation=turn.book.allocations[order.id] if order else None,
        lot=turn.book.securities[order.security_id].lot if order else ZERO,
        stamp=turn.stamp,
    )
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, decided.booking_id)
    return _answer(turn, decided.booking_id)


def decide_on_reallocation(
    turn: Turn, command: c.ApproveReallocation | c.RefuseReallocation
) -> bytes | Rejected:
    """Agree to a split, or not; then book it where it is due."""
    booking = _recalled(turn, command.booking_id)
    allocation = turn.book.allocations[booking.order_id] if booking else None
    decided = decide_reallocation(command, booking=booking, allocation=allocation, stamp=turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    assert booking is not None
    turn.emit(decided, booking.id)
    if decided.approved:
        move_by_hand(turn, booking, approved_by=turn.stamp.actor)
    settle_bookings(turn, booking.order_id)
    return _answer(turn, booking.id)


def book_due(turn: Turn, _command: c.BookDue) -> bytes:
    """Book what is due now."""
    book_days_before(turn, turn.pretrade.today(turn.at))
    return plain_json(seq=turn.seq)


def _orders(turn: Turn, command: c.BookAllocations) -> list[str]:
    """The orders that are meant and have an allocation, read back where they were let go."""
    block = turn.book.blocks.get(command.block_id)
    named = block.order_ids if block else (command.order_id,)
    for order_id in named:
        turn.recall_order(order_id)
    return [order_id for order_id in named if order_id in turn.book.allocations]


def _recalled(turn: Turn, key: str) -> Booking | None:
    """A booking, with its order brought back into memory where it was let go."""
    if key not in turn.book.bookings:
        turn.recall_order(order_of(key))
    booking = turn.book.bookings.get(key)
    if booking is not None:
        turn.recall_order(booking.order_id)
    return booking


def _refuse(turn: Turn, booking: Booking | None, order_id: str, reason: str) -> Refusal | None:
    if booking is None:
        return None
    return refuse_booking(booking, turn.book.allocations[order_id], reason)


def _answer(turn: Turn, key: str) -> bytes:
    return plain_json(id=key, status=turn.book.bookings[key].status, seq=turn.seq)
