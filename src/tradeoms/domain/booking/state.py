"""A booking: what of an order's day was given to funds for good, or what it still waits for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum, unique

from tradeoms.domain.allocation.events import AllocationAdjusted
from tradeoms.domain.allocation.policy import Method
from tradeoms.domain.booking import events as e
from tradeoms.domain.order.commands import Leg


@unique
class BookingStatus(StrEnum):
    """Where a booking stands."""

    PROVISIONAL = "provisional"
    WAITING = "waiting"
    BOOKED = "booked"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reallocation:
    """Another split that a person asked for, and nobody has decided on."""

    legs: tuple[Leg, ...]
    reason: str
    proposed_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One order on one trading day.

    Attributes:
        version: Of the newest version that was booked; 0 for none.
        booked: The version that counts; `None` while provisional.
        changed: True where executions changed after `booked`; it is reversed in the same turn.
        empty: True where nothing of the day is left, all of it was busted.
        held: Why it waits for a person; empty where it does not.
        by_hand: True where a person's split holds, and nothing was executed after it.
    """

    id: str
    order_id: str
    trade_on: date
    version: int = 0
    booked: e.AllocationBooked | None = None
    changed: bool = False
    empty: bool = False
    held: tuple[e.FailedCondition, ...] = ()
    check_id: str = ""
    by_hand: bool = False
    proposal: Reallocation | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def status(self) -> BookingStatus:
        """Where it stands."""
        if self.booked is not None:
            return BookingStatus.BOOKED
        if self.held:
            return BookingStatus.WAITING
        return BookingStatus.REVERSED if self.empty else BookingStatus.PROVISIONAL

    @property
    def is_open(self) -> bool:
        """True where something is left to book, or to take back."""
        return self.changed or (self.booked is None and not self.empty)


def booking_id(order_id: str, on: date) -> str:
    """The id of the booking of an order's trading day."""
    return f"bkg_{order_id.partition('_')[2]}-{on:%Y%m%d}"


def order_of(key: str) -> str:
    """The order that a booking's id is about."""
    return f"ord_{key.partition('_')[2].rpartition('-')[0]}"


def execute(
    before: Booking | None, *, order_id: str, on: date, empty: bool, moved: bool, at: datetime
) -> Booking:
    """The booking after an execution of its day was shared out or taken back.

    ``moved`` is true where units came or went, and not only the average price.
    """
    before = before or _first(order_id, on, at)
    return replace(
        before,
        changed=before.booked is not None,
        empty=empty,
        held=(),
        by_hand=before.by_hand and not moved,
        updated_at=at,
    )


def adjust(before: Booking, event: AllocationAdjusted) -> Booking:
    """The booking after units of its day were moved."""
    return replace(before, by_hand=event.because == Method.MANUAL, held=(), updated_at=event.at)


def evolve(before: Booking | None, event: e.BookingEvent) -> Booking:
    """The booking after an event of its own."""
    before = before or _first(event.order_id, event.trade_on, event.at)
    match event:
        case e.AllocationBooked():
            assert before.booked is None
            assert event.version == before.version + 1
            changes: dict[str, object] = {"booked": event, "version": event.version, "held": ()}
        case e.AllocationReversed():
            assert event.version == before.version
            changes = {"booked": None, "changed": False}
        case e.BookingHeld():
            changes = {"held": event.conditions}
        case e.BookingChecked():
            changes = {"check_id": event.check_id}
        case e.ReallocationProposed():
            asked = Reallocation(
                legs=event.legs, reason=event.reason, proposed_by=event.proposed_by, at=event.at
            )
            changes = {"proposal": asked}
        case e.ReallocationDecided():
            changes = {"proposal": None}
    return replace(before, **changes, updated_at=event.at)  # type: ignore[arg-type]  # fields by name


def _first(order_id: str, on: date, at: datetime) -> Booking:
    """The booking of a day of which nothing is known yet."""
    key = booking_id(order_id, on)
    return Booking(id=key, order_id=order_id, trade_on=on, created_at=at, updated_at=at)
