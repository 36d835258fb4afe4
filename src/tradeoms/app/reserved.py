"""What compliance counts of an open order: the larger terms, at the costliest price."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tradeoms.app.known import leg_of
from tradeoms.domain.allocation.state import Allocation
from tradeoms.domain.evaluation import Leg as EvaluationLeg
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.order.state import Order
from tradeoms.domain.placement.state import Placement, RequestKind
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import ZERO


def larger_legs(order: Order) -> tuple[Leg, ...]:
    """The legs to reserve: fund by fund the larger of the terms in force and those asked for."""
    if order.pending is None:
        return order.legs
    wanted = {leg.fund: leg.quantity for leg in order.legs}
    for leg in order.pending.legs:
        wanted[leg.fund] = max(leg.quantity, wanted.get(leg.fund, ZERO))
    return tuple(Leg(fund=fund, quantity=quantity) for fund, quantity in wanted.items())


def remaining(legs: Iterable[Leg], allocation: Allocation | None) -> tuple[EvaluationLeg, ...]:
    """What the funds of ``legs`` still lack of them, as compliance is asked about it."""
    if allocation is None:
        return tuple([leg_of(leg) for leg in legs])
    return tuple(
        EvaluationLeg(fund_id=leg.fund, quantity=leg.quantity - allocation.booked(leg.fund))
        for leg in legs
        if leg.quantity > allocation.booked(leg.fund)
    )


def limits_of(order: Order, placements: Iterable[Placement]) -> set[Decimal | None]:
    """The limits that may come to hold for a part of ``order``; `None` stands for the mark.

    Its own and the one it is to have, and those that brokers have or are asked to take.
    """
    limits = {order.limit_price}
    if order.pending is not None:
        limits.add(order.pending.limit_price)
    for placement in placements:
        if placement.is_open_for(order.id):
            limits.add(placement.limit_price)
            limits |= {
                asked.limit_price
                for asked in placement.requests
                if asked.kind is RequestKind.REPLACE
            }
    return limits


def worst(limits: set[Decimal | None], side: Side, mark: Decimal | None) -> Decimal | None:
    """The limit at which an order is counted: a purchase's highest, a sale's lowest.

    That leaves a fund the least cash. `None`, the mark, where it is the worst, and where there is
    no mark to tell.
    """
    prices = [mark if limit is None else limit for limit in limits]
    known = [price for price in prices if price is not None]
    if len(known) < len(prices):
        return None
    found = max(known) if side.sign > 0 else min(known)
    return found if found in limits else None
