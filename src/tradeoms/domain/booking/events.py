"""What happened to bookings. Confirmations and custodians' files are made from `AllocationBooked`.

A booking is about one order on one trading day. Every version is complete in itself: it does not
add to the one before, which is always taken back by `AllocationReversed` first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tradeoms.domain.allocation.policy import Trigger
from tradeoms.domain.charge.state import ChargeKind
from tradeoms.domain.order.commands import Leg
from tradeoms.kernel.enums import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedCharge:
    """A fund's part of one charge of one broker; `minor` is never negative."""

    charge: str
    kind: ChargeKind
    destination: str
    minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FundBooking:
    """What one fund got on the day.

    Attributes:
        quantity: Units, positive.
        gross_minor: Its units at the day's one average price; the funds' sum to the whole.
        net_minor: What it pays (gross and charges) or receives (gross less charges).
    """

    fund: str
    quantity: Decimal
    gross_minor: int
    charges: tuple[BookedCharge, ...]
    net_minor: int

    @property
    def charges_minor(self) -> int:
        """All charges together."""
        return sum(charge.minor for charge in self.charges)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedExecution:
    """An execution of the day, and which funds have which units of it.

    Attributes:
        destination: The broker.
        quantity: Units of this order, of an execution that orders share not all of its units.
        price: In the security's price currency.
        legs: Units of each fund, which sum to `quantity`.
    """

    execution_id: str
    destination: str
    quantity: Decimal
    price: Decimal
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationBooked:
    """What an order got on a trading day is the funds' own from now on.

    Attributes:
        booking_id: The same for all versions; one for each order and trading day.
        version: From 1; a booking that was reversed comes back with the next.
        quantity: Units of all funds.
        price: Average price in the security's price currency, exact to 28 digits.
        gross_minor: Minor units of `currency`, the sum over the funds.
        legs: One for each fund that got something, in the order of the statement.
        executions: All that still count, in the order in which they were recorded.
        policy: As the statement names it.
        trigger: What made it be booked; `manual` also where a person booked it early.
        charges_version: Which load of charges it was charged by; 0 for none.
        check_id: The compliance check of what was booked.
        booked_by: A person, or `system`. `reason`: of the person; empty for `system`.
    """

    booking_id: str
    version: int
    order_id: str
    block_id: str
    security_id: str
    side: Side
    currency: str
    trade_on: date
    quantity: Decimal
    price: Decimal
    gross_minor: int
    legs: tuple[FundBooking, ...]
    executions: tuple[BookedExecution, ...]
    policy: str
    trigger: Trigger
    charges_version: int
    check_id: str
    booked_by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationReversed:
    """A version of a booking counts no more: a bust, a correction, a late execution, a new price.

    Attributes:
        version: The version taken back.
        legs: As they were booked; all of it is taken back.
    """

    booking_id: str
    version: int
    order_id: str
    currency: str
    trade_on: date
    legs: tuple[FundBooking, ...]
    because: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedCondition:
    """Why something waits: a closed code, the fund it is about (empty for all), words."""

    code: str
    fund: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingHeld:
    """What was due to be booked waits for a person of operations."""

    booking_id: str
    order_id: str
    trade_on: date
    conditions: tuple[FailedCondition, ...]
    check_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingChecked:
    """Compliance looked at what is to be booked, with its real quantities and average price.

    Attributes:
        blocking: `rule@version` of what does not pass and was not permitted.
    """

    booking_id: str
    order_id: str
    trade_on: date
    check_id: str
    outcome: str
    blocking: tuple[str, ...]
    evidence: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReallocationProposed:
    """A person asks for another split of a day over the funds; nothing changes yet.

    Attributes:
        legs: One for each fund of the statement.
    """

    booking_id: str
    order_id: str
    trade_on: date
    legs: tuple[Leg, ...]
    reason: str
    proposed_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReallocationDecided:
    """Another person agreed to the split that was asked for, or not."""

    booking_id: str
    order_id: str
    trade_on: date
    approved: bool
    reason: str
    decided_by: str
    at: datetime


BookingEvent = (
    AllocationBooked
    | AllocationReversed
    | BookingHeld
    | BookingChecked
    | ReallocationProposed
    | ReallocationDecided
)
