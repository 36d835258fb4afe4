"""Shares executions out to funds by the method of the order's policy, to the last unit.

Units: pro rata, each fill is split by the remaining quantities of the statement, floored to lots,
the lots left over going to the largest remainders (ties: the earlier fund); other methods serve one
fund after the other. Nobody gets more than stated, nothing is left over, and the same fills in the
same order always give the same split.

Money: every fund pays the one average price of the order on the trading day. The cost of a day is
shared by its units; cents are settled by largest remainder so that the funds' costs sum to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tradeoms.domain.allocation.events import BookedLeg, ExecutionAllocated
from tradeoms.domain.allocation.methods import serve, split, whole
from tradeoms.domain.allocation.policy import Method
from tradeoms.domain.allocation.state import Allocation, Day
from tradeoms.domain.order.commands import Leg
from tradeoms.kernel.numbers import ZERO, share_out, to_minor
from tradeoms.kernel.records import replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """An execution to share out (or to take back), with what only its security knows.

    Attributes:
        execution_id: Id of the execution.
        quantity: Units, positive.
        price: Price in the security's price currency.
        price_factor: Money for one unit at price 1 (0.01 for pence, else 1).
        lot: Smallest unit in which funds may hold the security.
        pool_on: The trading day whose average price it is part of; `None` for `trade_on`.
    """

    placement_id: str
    execution_id: str
    security_id: str
    buys: bool
    quantity: Decimal
    price: Decimal
    price_factor: Decimal
    currency: str
    lot: Decimal
    trade_on: date
    at: datetime
    pool_on: date | None = None


def allocate(allocation: Allocation, fill: Fill) -> ExecutionAllocated:
    """Share ``fill`` out. The caller has cut it to what the statement still lacks.

    Raises:
        ValueError: If the fill is larger than what the funds still lack.
    """
    room = _lacking_by_fund(allocation)
    if fill.quantity > sum(room, ZERO):
        message = f"fill of {fill.quantity} exceeds what order {allocation.order_id} still lacks"
        raise ValueError(message)
    given = _by_method(allocation, fill, room)
    return _booking(allocation, fill, given=given, notional=fill.quantity * fill.price)


def share(
    allocation: Allocation, fill: Fill, *, units: Decimal, notional: Decimal, cost_minor: int
) -> ExecutionAllocated:
    """Book an order's share of an execution that other orders share as well.

    Args:
        allocation: The order's allocation now.
        fill: The whole execution.
        units: The order's units; 0 where only the average price has moved.
        notional: The order's share of the notional of all executions it shares, after this one.
        cost_minor: The same in minor units, rounded.
    """
    own = replace(fill, quantity=units)
    given = _by_method(allocation, own, _lacking_by_fund(allocation))
    return _booking(
        replace(allocation, shared_notional=notional, shared_cost_minor=cost_minor),
        own,
        given=given,
        notional=notional - allocation.shared_notional,
    )


def unshare(
    allocation: Allocation,
    fill: Fill,
    taken: Mapping[str, Decimal],
    *,
    notional: Decimal,
    cost_minor: int,
) -> ExecutionAllocated:
    """Take back what an execution, shared with other orders, gave to each fund of this order.

    Args:
        allocation: The order's allocation now.
        fill: The execution as it was booked.
        taken: Fund to units, as the order's share was split.
        notional: As for `share`.
        cost_minor: As for `share`.
    """
    given = [-taken.get(each.fund, ZERO) for each in allocation.shares]
    return _booking(
        replace(allocation, shared_notional=notional, shared_cost_minor=cost_minor),
        fill,
        given=given,
        notional=notional - allocation.shared_notional,
    )


def take_back(
    allocation: Allocation, fill: Fill, split: Mapping[str, Decimal]
) -> ExecutionAllocated:
    """Take back exactly what the execution gave to each fund.

    Args:
        allocation: The order's allocation now.
        fill: The execution as it was booked.
        split: Fund to units, as the execution was shared out.
    """
    given = [-split.get(share.fund, ZERO) for share in allocation.shares]
    return _booking(allocation, fill, given=given, notional=sum(given, ZERO) * fill.price)


def lacking(allocation: Allocation) -> Decimal:
    """Units that the statement still lacks; an execution beyond it is an over-fill."""
    return sum(_lacking_by_fund(allocation), ZERO)


def settle_legs(allocation: Allocation, legs: tuple[Leg, ...], lot: Decimal) -> tuple[Leg, ...]:
    """The new legs, changed as little as it takes to leave every fund what it has by now.

    New terms that wait for a broker may be overtaken by executions under the old ones. What a fund
    got beyond its new leg is taken from what the others still lack, in proportion.

    Args:
        allocation: The order's allocation now.
        legs: The legs asked for; they sum to at least what is booked.
        lot: Smallest unit in which funds may hold the security.
    """
    wanted = {leg.fund: leg.quantity for leg in legs}
    booked = {share.fund: share.quantity for share in allocation.shares if share.quantity}
    if all(units <= wanted.get(fund, ZERO) for fund, units in booked.items()):
        return legs
    funds = tuple(dict.fromkeys((*wanted, *booked)))
    room = [max(ZERO, wanted.get(fund, ZERO) - booked.get(fund, ZERO)) for fund in funds]
    left = sum(wanted.values(), ZERO) - sum(booked.values(), ZERO)
    more = split(room, left, lot)
    settled = [booked.get(fund, ZERO) + units for fund, units in zip(funds, more, strict=True)]
    return tuple(
        Leg(fund=fund, quantity=units) for fund, units in zip(funds, settled, strict=True) if units
    )


def _lacking_by_fund(allocation: Allocation) -> list[Decimal]:
    return [
        max(ZERO, leg.quantity - share.quantity)
        for leg, share in zip(allocation.stated, allocation.shares, strict=True)
    ]


def _by_method(allocation: Allocation, fill: Fill, room: list[Decimal]) -> list[Decimal]:
    """What each fund gets of ``fill``; methods that settle at the booking share pro rata now."""
    numbers = range(len(room))
    match allocation.method:
        case Method.SMALLEST_FIRST:
            order = sorted(numbers, key=lambda n: (allocation.stated[n].quantity, n))
        case Method.ROTATION:
            order = list(numbers)
        case _:
            return split(room, fill.quantity, fill.lot)
    return serve(room, fill.quantity, order)


def _booking(
    allocation: Allocation, fill: Fill, *, given: list[Decimal], notional: Decimal
) -> ExecutionAllocated:
    """Build the event: new cumulative units and costs of every fund."""
    units = [s.quantity + g for s, g in zip(allocation.shares, given, strict=True)]
    total = allocation.notional + notional
    day = allocation.day(fill.pool_on or fill.trade_on)
    changes = _cost_changes(allocation, fill, day=day, given=given, notional=notional)
    legs = tuple(
        BookedLeg(
            fund=share.fund,
            quantity=quantity,
            cost_minor=share.cost_minor + change,
            quantity_delta=delta,
            cost_delta_minor=change,
        )
        for share, quantity, change, delta in zip(
            allocation.shares, units, changes, given, strict=True
        )
    )
    return ExecutionAllocated(
        order_id=allocation.order_id,
        placement_id=fill.placement_id,
        execution_id=fill.execution_id,
        security_id=fill.security_id,
        buys=fill.buys,
        quantity=sum(given, ZERO),
        price=fill.price,
        cum_qty=sum(units, ZERO),
        notional=total,
        currency=fill.currency,
        trade_on=fill.trade_on,
        legs=legs,
        at=fill.at,
        shared_notional=allocation.shared_notional,
        shared_cost_minor=allocation.shared_cost_minor,
        pool_on=fill.pool_on,
    )


def _cost_changes(
    allocation: Allocation, fill: Fill, *, day: Day, given: list[Decimal], notional: Decimal
) -> list[int]:
    """What each fund's cost changes by: the day's cost is shared anew by the day's units.

    ``allocation`` has the shared notional and cost after the booking, its days those before it.
    """
    shared_before = sum((each.notional - each.alone for each in allocation.days), ZERO)
    alone = day.alone + notional - (allocation.shared_notional - shared_before)
    shared_cost = allocation.shared_cost_minor - sum(
        each.shared_cost_minor for each in allocation.days if each.on != day.on
    )
    cost = to_minor(alone * fill.price_factor, fill.currency) + shared_cost
    had = [day.of(share.fund) for share in allocation.shares]
    units = [share.quantity + more for share, more in zip(had, given, strict=True)]
    costs = share_out(cost, whole(units))
    return [now - share.cost_minor for now, share in zip(costs, had, strict=True)]
