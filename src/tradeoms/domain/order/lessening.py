"""Which new terms only take from an order: no fund gets more and no price gets looser."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tradeoms.domain.order.commands import CreateOrder
from tradeoms.domain.order.events import OrderAmended
from tradeoms.domain.order.state import Order, Terms
from tradeoms.kernel.enums import OrderType, Side, TimeInForce


def lessens(order: Order, terms: CreateOrder | Terms | OrderAmended) -> bool:
    """True where what is allowed under ``terms`` is allowed under the order's own already.

    Words do not count. A stop price that moves may bring the order to life sooner, so it counts;
    so does another order type or life.
    """
    if isinstance(terms, CreateOrder) and life_of(terms) != life_of(order):
        return False
    had = {leg.fund: leg.quantity for leg in order.legs}
    return (
        all(leg.quantity <= had.get(leg.fund, 0) for leg in terms.legs)
        and not is_looser(order.side, order.limit_price, terms.limit_price)
        and terms.stop_price == order.stop_price
    )


def life_of(terms: Order | CreateOrder) -> tuple[OrderType, TimeInForce, date | None]:
    """Order type, time in force and last day: what no broker replaces."""
    return terms.order_type, terms.time_in_force, terms.expire_on


def is_looser(side: Side, before: Decimal | None, after: Decimal | None) -> bool:
    """True where a limit lets trades through that the one before did not; `None` is no limit."""
    if before is None:
        return False
    return after is None or is_beyond(side, after, before)


def is_beyond(side: Side, limit_price: Decimal | None, bound: Decimal | None) -> bool:
    """True where ``limit_price`` lets trades through that ``bound`` does not; `None` bounds not."""
    if bound is None or limit_price is None:
        return False
    return (limit_price - bound) * side.sign > 0
