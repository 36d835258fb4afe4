"""Requests about bookings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tradeoms.domain.order.commands import Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class BookAllocations:
    """Book what is not booked of an order, or of all orders of a block, by hand.

    Attributes:
        order_id, block_id: One of them; the other is empty.
        trade_on: One trading day; every day if `None`.
        reason: Needed where a condition failed.
    """

    order_id: str = ""
    block_id: str = ""
    trade_on: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReallocateBooking:
    """Ask for another split of what is not booked yet; `legs` name the funds that get something."""

    booking_id: str
    legs: tuple[Leg, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveReallocation:
    """Agree to the split that another person asked for."""

    booking_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseReallocation:
    """Do not agree to it."""

    booking_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookDue:
    """Book what its policy says is to be booked now."""


BookingCommand = (
    BookAllocations | ReallocateBooking | ApproveReallocation | RefuseReallocation | BookDue
)
