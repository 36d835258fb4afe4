"""Decides when a day of an order is booked, and what people may do about it before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.domain.allocation.policy import AllocationPolicy, Method, Trigger
from tradeoms.domain.allocation.state import Allocation
from tradeoms.domain.booking import commands as c
from tradeoms.domain.booking import events as e
from tradeoms.domain.booking.state import Booking
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, refusal, reject
from tradeoms.kernel.numbers import ZERO, is_multiple, plain
from tradeoms.kernel.text import is_printable


@unique
class BookingRejection(StrEnum):
    """Why a request about a booking was refused. Declared in the order the checks run."""

    BOOKING_UNKNOWN = "booking_unknown"
    NOTHING_TO_BOOK = "nothing_to_book"
    BOOKED_ALREADY = "booked_already"
    REALLOCATION_PENDING = "reallocation_pending"
    NO_REALLOCATION = "no_reallocation"
    NOT_ALLOCATED_BY_HAND = "not_allocated_by_hand"
    SAME_PERSON = "same_person"
    REASON_MISSING = "reason_missing"
    FUND_NOT_STATED = "fund_not_stated"
    FUND_TWICE = "fund_twice"
    UNITS_INVALID = "units_invalid"
    ABOVE_STATEMENT = "above_statement"
    UNITS_SUM = "units_sum"
    NOTHING_CHANGED = "nothing_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an order has come.

    Attributes:
        closed: It is filled, canceled or expired.
        done: The brokers are done with it for the day.
    """

    closed: bool
    done: bool


def is_due(
    booking: Booking,
    *,
    allocation: Allocation,
    policy: AllocationPolicy | None,
    progress: Progress,
    today: date,
    now: datetime,
) -> bool:
    """True where the policy's trigger says that a day is to be booked.

    A day that is over is booked at the latest when the next begins, unless a person books it.

    Args:
        booking: One that is open and has no failed condition.
        allocation: Of its order.
        policy: The one its statement names; `None` for the one built in.
        progress: How far its order has come.
        today: The trading day.
        now: The instant of the decision.
    """
    trigger = allocation.trigger
    if trigger is Trigger.MANUAL:
        return False
    if booking.trade_on < today:
        return True
    match trigger:
        case Trigger.EACH_FILL | Trigger.FILLED:
            return progress.closed
        case Trigger.DONE_FOR_DAY:
            return progress.closed or progress.done
        case Trigger.TIMED:
            return policy is not None and now >= policy.due_at(booking.trade_on)


def refuse_booking(booking: Booking, allocation: Allocation, reason: str) -> Refusal | None:
    """Why a person cannot book a day now; `None` where he can."""
    code = BookingRejection
    if booking.booked is not None:
        detail = f"version {booking.version} counts"
        return refusal(code.BOOKED_ALREADY, detail, "booking", booking.id)
    if booking.proposal is not None:
        detail = f"{booking.proposal.proposed_by} asked for another split: approve or refuse it"
        return refusal(code.REALLOCATION_PENDING, detail, "booking", booking.id)
    if allocation.method is Method.MANUAL and not booking.by_hand:
        detail = "its policy wants a split by hand, approved by another person"
        return refusal(code.NOT_ALLOCATED_BY_HAND, detail, "booking", booking.id)
    if booking.held and not _says(reason):
        failed = "; ".join(condition.detail for condition in booking.held)
        return refusal(code.REASON_MISSING, f"{failed}: say why it is booked", "reason", "")
    return None


def decide_reallocate(
    command: c.ReallocateBooking,
    *,
    booking: Booking | None,
    allocation: Allocation | None,
    lot: Decimal,
    stamp: Stamp,
) -> e.ReallocationProposed | Rejected:
    """Ask for another split of a day; every reason against its legs is told at once."""
    code = BookingRejection
    if booking is None or allocation is None:
        return reject(
            code.BOOKING_UNKNOWN, "no such booking", field="booking", value=command.booking_id
        )
    if booking.booked is not None or allocation.trigger is Trigger.EACH_FILL:
        detail = "what is booked changes by a correction of the broker only"
        return reject(code.BOOKED_ALREADY, detail, field="booking", value=booking.id)
    if booking.proposal is not None:
        detail = f"{booking.proposal.proposed_by} asked for another split: approve or refuse it"
        return reject(code.REALLOCATION_PENDING, detail, field="booking", value=booking.id)
    if not _says(command.reason):
        return reject(code.REASON_MISSING, "say why, in printable ASCII", field="reason")
    refusals = _check_legs(command, booking, allocation, lot)
    if refusals:
        return Rejected(refusals=tuple(refusals))
    wanted = {leg.fund: leg.quantity for leg in command.legs}
    return e.ReallocationProposed(
        booking_id=booking.id,
        order_id=booking.order_id,
        trade_on=booking.trade_on,
        legs=tuple(replace(leg, quantity=wanted.get(leg.fund, ZERO)) for leg in allocation.stated),
        reason=command.reason,
        proposed_by=stamp.actor,
        at=stamp.at,
    )


def decide_reallocation(
    command: c.ApproveReallocation | c.RefuseReallocation,
    *,
    booking: Booking | None,
    allocation: Allocation | None,
    stamp: Stamp,
) -> e.ReallocationDecided | Rejected:
    """Agree to a split that another person asked for, or not."""
    code = BookingRejection
    approved = isinstance(command, c.ApproveReallocation)
    if booking is None or allocation is None:
        return reject(
            code.BOOKING_UNKNOWN, "no such booking", field="booking", value=command.booking_id
        )
    if booking.proposal is None:
        detail = "nobody asked for another split"
        return reject(code.NO_REALLOCATION, detail, field="booking", value=booking.id)
    if approved and booking.proposal.proposed_by == stamp.actor:
        detail = "another person must approve it"
        return reject(code.SAME_PERSON, detail, field="user", value=stamp.actor)
    asked = sum((leg.quantity for leg in booking.proposal.legs), ZERO)
    executed = allocation.day(booking.trade_on).quantity
    if approved and asked != executed:
        detail = f"{plain(executed)} units are executed by now: refuse it and ask anew"
        return reject(code.UNITS_SUM, detail, field="legs", value=plain(asked))
    return e.ReallocationDecided(
        booking_id=booking.id,
        order_id=booking.order_id,
        trade_on=booking.trade_on,
        approved=approved,
        reason=command.reason,
        decided_by=stamp.actor,
        at=stamp.at,
    )


def _check_legs(
    command: c.ReallocateBooking, booking: Booking, allocation: Allocation, lot: Decimal
) -> list[Refusal]:
    code = BookingRejection
    day = allocation.day(booking.trade_on)
    stated = {leg.fund: leg.quantity for leg in allocation.stated}
    found = []
    for number, leg in enumerate(command.legs):
        field = f"legs/{number}"
        if leg.fund not in stated:
            detail = "not a fund of the allocation statement"
            found.append(refusal(code.FUND_NOT_STATED, detail, f"{field}/fund", leg.fund))
            continue
        if leg.fund in [other.fund for other in command.legs[:number]]:
            detail = "the fund stands there twice"
            found.append(refusal(code.FUND_TWICE, detail, f"{field}/fund", leg.fund))
        if leg.quantity < ZERO or not is_multiple(leg.quantity, lot):
            detail = f"0 or more, in lots of {lot}"
            value = plain(leg.quantity)
            found.append(refusal(code.UNITS_INVALID, detail, f"{field}/quantity", value))
        elsewhere = allocation.booked(leg.fund) - day.of(leg.fund).quantity
        if leg.quantity > stated[leg.fund] - elsewhere:
            detail = f"{plain(stated[leg.fund] - elsewhere)} at most by the statement"
            value = plain(leg.quantity)
            found.append(refusal(code.ABOVE_STATEMENT, detail, f"{field}/quantity", value))
    total = sum((leg.quantity for leg in command.legs), ZERO)
    if total != day.quantity:
        detail = f"{plain(day.quantity)} units are executed"
        found.append(refusal(code.UNITS_SUM, detail, "legs", plain(total)))
    return found


def _says(reason: str) -> bool:
    return bool(reason.strip()) and is_printable(reason)
