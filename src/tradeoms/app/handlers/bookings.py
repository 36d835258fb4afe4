"""Books what was executed: when a policy says so, when a person asks, and anew after a change.

What is executed is in positions and cash at once, whoever books it later. A booking makes it final,
with its charges; executions that change afterwards reverse it and book it again in the same turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from tradeoms.app.booked import evaluate_booking
from tradeoms.app.handlers.checking import blocking_verdicts, find_hit, rule_name
from tradeoms.app.handlers.confirmations import instruct_booked
from tradeoms.app.handlers.reallocation import executions_of_day, return_small_parts
from tradeoms.app.turn import Turn
from tradeoms.domain.allocation.policy import Method, OnFailure, Residual, Trigger
from tradeoms.domain.booking import events as e
from tradeoms.domain.booking.decide import Progress, is_due
from tradeoms.domain.booking.make import Facts, make_legs
from tradeoms.domain.booking.state import Booking, booking_id
from tradeoms.domain.evaluation import Outcome
from tradeoms.projections.book import Book

#: Who books what no person books.
SYSTEM: Final = "system"


def settle_bookings(turn: Turn, order_id: str) -> None:
    """Bring the bookings of an order up to date with its executions and its policy."""
    for booking in turn.book.bookings_for(order_id):
        if booking.changed:
            _reverse(turn, booking)
            _book_by_policy(turn, turn.book.bookings[booking.id])
        elif _is_due(turn.book, booking, today=turn.pretrade.today(turn.at), now=turn.at):
            _book_by_policy(turn, booking)


def due_bookings(book: Book, *, today: date, now: datetime) -> Iterator[Booking]:
    """The bookings that their policies say are to be made, oldest first."""
    for key in sorted(book.open_bookings):
        if _is_due(book, book.bookings[key], today=today, now=now):
            yield book.bookings[key]


def book_days_before(turn: Turn, trade_on: date) -> None:
    """Book what is left of the days before ``trade_on``, which begins."""
    for booking in list(due_bookings(turn.book, today=trade_on, now=turn.at)):
        _book_by_policy(turn, booking)


def book_by_hand(turn: Turn, *, order_id: str, on: date, reason: str) -> None:
    """Book a day on the word of a person; what compliance says of it is on record."""
    booking = turn.book.bookings.get(booking_id(order_id, on))
    policy = turn.book.policies.named(turn.book.allocations[order_id].policy)
    if policy is not None and not (booking and booking.by_hand):
        return_small_parts(turn, order_id, on, policy)
    check = _check(turn, order_id, on)
    actor = turn.stamp.actor
    _emit_booked(turn, order_id=order_id, on=on, check=check, by=actor, reason=reason)


def _is_due(book: Book, booking: Booking, *, today: date, now: datetime) -> bool:
    allocation = book.allocations.get(booking.order_id)
    if allocation is None or not booking.is_open or booking.held or booking.proposal:
        return False
    placements = book.placements_for(booking.order_id)
    working = [each for each in placements if each.is_open_for(booking.order_id)]
    return is_due(
        booking,
        allocation=allocation,
        policy=book.policies.named(allocation.policy),
        progress=Progress(
            closed=book.orders[booking.order_id].is_closed,
            done=any(each.done_today for each in placements)
            and all(each.done_for_day for each in working),
        ),
        today=today,
        now=now,
    )


def _reverse(turn: Turn, booking: Booking) -> None:
    """Take the version that counts back: what was executed is not what it says."""
    booked = booking.booked
    assert booked is not None
    reversal = e.AllocationReversed(
        booking_id=booking.id,
        version=booked.version,
        order_id=booking.order_id,
        currency=booked.currency,
        trade_on=booking.trade_on,
        legs=booked.legs,
        because="the executions of the day changed",
        at=turn.at,
    )
    turn.emit(reversal, booking.id)


def _book_by_policy(turn: Turn, booking: Booking) -> None:
    """Book a day, or let it wait where a condition fails and the policy says so."""
    order_id, on = booking.order_id, booking.trade_on
    allocation = turn.book.allocations[order_id]
    if booking.empty:
        return
    if allocation.method is Method.MANUAL and not booking.by_hand:
        detail = "its policy wants a split by hand, approved by another person"
        failed = e.FailedCondition(code="not_allocated_by_hand", fund="", detail=detail)
        _hold(turn, booking, (failed,), check_id="")
        return
    policy = turn.book.policies.named(allocation.policy)
    if policy is not None and not booking.by_hand:
        return_small_parts(turn, order_id, on, policy)
    check = _check(turn, order_id, on)
    if check.failed and policy is not None and policy.on_failure is OnFailure.WAIT:
        _hold(turn, booking, check.failed, check_id=check.id)
        return
    _emit_booked(turn, order_id=order_id, on=on, check=check, by=SYSTEM, reason="")


def _hold(
    turn: Turn, booking: Booking, failed: tuple[e.FailedCondition, ...], *, check_id: str
) -> None:
    held = e.BookingHeld(
        booking_id=booking.id,
        order_id=booking.order_id,
        trade_on=booking.trade_on,
        conditions=failed,
        check_id=check_id,
        at=turn.at,
    )
    turn.emit(held, booking.id)


@dataclass(frozen=True, slots=True)
class _Check:
    """The compliance check of a booking, and what does not pass."""

    id: str
    failed: tuple[e.FailedCondition, ...]


def _check(turn: Turn, order_id: str, on: date) -> _Check:
    """Ask compliance about what is to be booked; its answer, and every hit, is put on record."""
    order, allocation = turn.book.orders[order_id], turn.book.allocations[order_id]
    key = booking_id(order_id, on)
    evaluation = evaluate_booking(turn.pretrade, order, allocation, on=on, now=turn.at)
    blocking = [
        verdict
        for verdict in blocking_verdicts(evaluation)
        if rule_name(verdict) not in order.waived
    ]
    check_id = f"chk_{key.partition('_')[2]}-{turn.seq + 1}"
    checked = e.BookingChecked(
        booking_id=key,
        order_id=order_id,
        trade_on=on,
        check_id=check_id,
        outcome=evaluation.outcome.value,
        blocking=tuple(dict.fromkeys(rule_name(verdict) for verdict in blocking)),
        evidence=evaluation.evidence,
        at=turn.at,
    )
    turn.emit(checked, key)
    for number, verdict in enumerate(blocking):
        if verdict.outcome is Outcome.BREACH:
            find_hit(turn, order, verdict, check_id=check_id, number=number)
    failed = [
        e.FailedCondition(
            code="compliance",
            fund=verdict.fund or "",
            detail=verdict.explanation or f"{rule_name(verdict)}: {verdict.outcome}",
        )
        for verdict in blocking
    ]
    return _Check(check_id, tuple(failed))


def _emit_booked(
    turn: Turn, *, order_id: str, on: date, check: _Check, by: str, reason: str
) -> None:
    book = turn.book
    order, allocation = book.orders[order_id], book.allocations[order_id]
    day, security = allocation.day(on), book.securities[order.security_id]
    policy = book.policies.named(allocation.policy)
    executions = tuple(executions_of_day(book, order_id, on))
    legs = make_legs(
        Facts(
            allocation=allocation,
            day=day,
            executions=executions,
            security=security,
            side=order.side,
            charges=book.charges.rows,
            residual=policy.residual if policy else Residual.LARGEST_FUND,
        )
    )
    key = booking_id(order_id, on)
    before = book.bookings[key]
    booked = e.AllocationBooked(
        booking_id=key,
        version=before.version + 1,
        order_id=order_id,
        block_id=allocation.block_id,
        security_id=order.security_id,
        side=order.side,
        currency=allocation.currency,
        trade_on=on,
        quantity=day.quantity,
        price=day.notional / day.quantity,
        gross_minor=sum(leg.gross_minor for leg in legs),
        legs=legs,
        executions=executions,
        policy=allocation.policy,
        trigger=allocation.trigger if by == SYSTEM else Trigger.MANUAL,
        charges_version=book.charges.version,
        check_id=check.id,
        booked_by=by,
        reason=reason,
        at=turn.at,
    )
    turn.emit(booked, key)
    instruct_booked(turn, order_id, on)
