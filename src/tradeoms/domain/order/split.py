"""Divides an order that is not worked yet: what is split off becomes an order of its own.

Nothing is lost or doubled: the two orders together have what the one had, fund by fund.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.domain.allocation.methods import split as share
from tradeoms.domain.order.commands import AmendOrder, CreateOrder, Leg, SplitOrder
from tradeoms.domain.order.state import Order, Phase
from tradeoms.kernel.decider import Rejected, reject
from tradeoms.kernel.numbers import ZERO


@unique
class SplitRejection(StrEnum):
    """Why an order was not split. Declared in the order the checks run."""

    SPLIT_WORKED = "split_worked"
    SPLIT_UNSTATED = "split_unstated"
    SPLIT_TOO_LARGE = "split_too_large"


def decide_split(
    command: SplitOrder, order: Order, *, worked: bool, lot: Decimal
) -> tuple[AmendOrder, CreateOrder] | Rejected:
    """The requests that leave ``order`` with the rest and enter what is split off.

    Args:
        command: The request: the legs to split off, or a quantity to be shared over all funds.
        order: The order; it keeps at least something.
        worked: True where it was ever placed.
        lot: Smallest unit in which funds may hold the security.
    """
    code = SplitRejection
    if worked:
        detail = "the order is being worked; only one that was never placed can be split"
        return reject(code.SPLIT_WORKED, detail, field="order", value=order.id)
    if (command.quantity is None) == (not command.legs):
        return reject(code.SPLIT_UNSTATED, "name a quantity or allocations", field="quantity")
    asked = command.quantity if command.quantity is not None else _total(command.legs)
    if not ZERO < asked < order.quantity:
        detail = f"more than zero and less than the order's {order.quantity}"
        return reject(code.SPLIT_TOO_LARGE, detail, field="quantity", value=asked)
    legs = command.legs or _by_quantity(order, asked, lot)
    rest = {leg.fund: leg.quantity for leg in order.legs}
    for number, leg in enumerate(legs):
        if leg.quantity > rest.get(leg.fund, ZERO):
            detail = f"the order has {rest.get(leg.fund, ZERO)} left for the fund"
            field = f"allocations/{number}/quantity"
            return reject(code.SPLIT_TOO_LARGE, detail, field=field, value=leg.quantity)
        rest[leg.fund] -= leg.quantity
    kept = tuple(Leg(fund=fund, quantity=units) for fund, units in rest.items() if units)
    return _rest(order, kept), _part(command, order, legs)


def _total(legs: tuple[Leg, ...]) -> Decimal:
    return sum((leg.quantity for leg in legs), ZERO)


def _by_quantity(order: Order, quantity: Decimal, lot: Decimal) -> tuple[Leg, ...]:
    units = share([leg.quantity for leg in order.legs], quantity, lot)
    pairs = zip(order.legs, units, strict=True)
    return tuple(Leg(fund=leg.fund, quantity=part) for leg, part in pairs if part)


def _rest(order: Order, legs: tuple[Leg, ...]) -> AmendOrder:
    return AmendOrder(
        order_id=order.id, expected_version=order.version, quantity=_total(legs), legs=legs
    )


def _part(command: SplitOrder, order: Order, legs: tuple[Leg, ...]) -> CreateOrder:
    waits = order.phase is not Phase.RELEASED
    return CreateOrder(
        client_order_id=command.client_order_id,
        scheme="id",
        security=order.security_id,
        side=order.side,
        order_type=order.order_type,
        quantity=_total(legs),
        legs=legs,
        limit_price=order.limit_price,
        stop_price=order.stop_price,
        time_in_force=order.time_in_force,
        expire_on=order.expire_on,
        reason=order.reason,
        instructions=order.instructions,
        portfolio_manager=order.portfolio_manager,
        venue=order.venue,
        cross_with=order.cross_with,
        source=order.source,
        good_from=order.good_from if waits else None,
        trigger=order.trigger if waits else None,
        unexecuted=order.unexecuted,
        custom=order.custom,
    )
