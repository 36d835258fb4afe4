"""Finds orders of the house that could trade with each other instead of in the market."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tradeoms.domain.order.state import Order
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """A released order with what no placement uses up of it.

    Attributes:
        lacking: Fund to units that it still lacks of the order.
        units: Units of the order that are not placed.
    """

    order: Order
    units: Decimal
    lacking: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cross:
    """A buyer and a seller of one security whose limits meet."""

    buy: Idle
    sell: Idle
    quantity: Decimal


def find_crosses(orders: Iterable[Idle]) -> list[Cross]:
    """The pairs of a purchase and a sale that could trade with each other, the earliest first.

    Short sales and purchases that cover them are left out: nothing is held that could change hands.
    """
    sides: dict[str, tuple[list[Idle], list[Idle]]] = {}
    for idle in orders:
        buys, sells = sides.setdefault(idle.order.security_id, ([], []))
        if idle.order.side is Side.BUY:
            buys.append(idle)
        elif idle.order.side is Side.SELL:
            sells.append(idle)
    found = []
    for buys, sells in sides.values():
        for buy in buys:
            for sell in sells:
                quantity = eligible(buy, sell) if _meet(buy.order, sell.order) else ZERO
                if quantity > ZERO:
                    found.append(Cross(buy=buy, sell=sell, quantity=quantity))
    return found


def eligible(buy: Idle, sell: Idle) -> Decimal:
    """Units that may change hands: no fund trades with itself.

    Where one fund stands on both sides, what it lacks can only come from the others, so the whole
    is no more than what the others lack on both sides together.
    """
    bought, sold = dict(buy.lacking), dict(sell.lacking)
    most_bought, most_sold = sum(bought.values(), ZERO), sum(sold.values(), ZERO)
    others = [
        most_bought - bought[fund] + most_sold - sold[fund] for fund in bought.keys() & sold.keys()
    ]
    return min(buy.units, sell.units, most_bought, most_sold, *others)


def _meet(buy: Order, sell: Order) -> bool:
    """True where some price lies within both limits."""
    if buy.limit_price is None or sell.limit_price is None:
        return True
    return buy.limit_price >= sell.limit_price
