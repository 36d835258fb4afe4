"""The resources of an order's allocation, one a fund."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

from tradeoms.domain.allocation.policy import Trigger
from tradeoms.domain.allocation.state import Allocation, Share
from tradeoms.domain.booking.state import Booking, BookingStatus
from tradeoms.domain.charge.state import ChargeKind
from tradeoms.domain.order.commands import Leg
from tradeoms.kernel.numbers import ZERO, from_minor, plain
from tradeoms.projections.resources_bookings import charge_shares
from tradeoms.projections.resources_schema import AllocationResource
from tradeoms.projections.resources_text import average_price, instant


def allocation_resources(
    allocation: Allocation,
    *,
    seq: int,
    bookings: Sequence[Booking] = (),
    funds: Collection[str] | None = None,
) -> list[AllocationResource]:
    """Show an order's allocation, one resource a fund, numbered by the order of the statement."""
    pairs = zip(allocation.stated, allocation.shares, strict=True)
    return [
        _resource(allocation, leg, share, number=number, seq=seq, bookings=bookings)
        for number, (leg, share) in enumerate(pairs, start=1)
        if funds is None or leg.fund in funds
    ]


def _resource(  # a keyword for each row that it is made of
    allocation: Allocation,
    leg: Leg,
    share: Share,
    *,
    number: int,
    seq: int,
    bookings: Sequence[Booking],
) -> AllocationResource:
    currency, status = allocation.currency, _status(allocation, bookings)
    booked = [b.booked for b in bookings if b.booked]
    legs = [each for one in booked for each in one.legs if each.fund == leg.fund]
    charges = [charge for each in legs for charge in each.charges]
    commission = sum(each.minor for each in charges if each.kind is ChargeKind.COMMISSION)
    at_once = allocation.trigger is Trigger.EACH_FILL and status is BookingStatus.BOOKED
    units = share.quantity if at_once else sum((each.quantity for each in legs), ZERO)
    whole = bool(legs) and units == share.quantity
    return AllocationResource(
        id=f"alc_{allocation.order_id.partition('_')[2]}-{number}",
        version=seq,
        seq=seq,
        order_id=allocation.order_id,
        block_id=allocation.block_id,
        fund=leg.fund,
        stated_quantity=plain(leg.quantity),
        quantity=plain(share.quantity),
        avg_px=average_price(allocation.average(leg.fund), Decimal(1)),
        cost=plain(from_minor(share.cost_minor, currency)),
        currency=currency,
        policy=allocation.policy,
        status=status.value,
        booked_quantity=plain(units),
        gross=plain(from_minor(share.cost_minor, currency)),
        commission=plain(from_minor(commission, currency)),
        charges=charge_shares(charges, currency),
        net=plain(from_minor(sum(each.net_minor for each in legs), currency)) if whole else None,
        stated_at=instant(allocation.stated_at),
        created_at=instant(allocation.stated_at),
        updated_at=instant(allocation.updated_at),
    )


def _status(allocation: Allocation, bookings: Sequence[Booking]) -> BookingStatus:
    """Where the allocation stands as a whole; with `each_fill` it is booked at once."""
    statuses = {booking.status for booking in bookings}
    if BookingStatus.WAITING in statuses:
        return BookingStatus.WAITING
    if allocation.trigger is Trigger.EACH_FILL and allocation.quantity:
        return BookingStatus.BOOKED
    done = BookingStatus.BOOKED in statuses and BookingStatus.PROVISIONAL not in statuses
    return BookingStatus.BOOKED if done else BookingStatus.PROVISIONAL
