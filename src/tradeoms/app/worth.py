"""What orders are worth, in any currency of which the rate is known, and what funds hold."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from tradeoms.compliance.facts import Facts
from tradeoms.domain.order.state import Order
from tradeoms.kernel.numbers import ZERO, from_minor
from tradeoms.projections.book import Book


def rate_of(book: Book, base: str, to: str) -> Decimal | None:
    """Units of ``to`` for one of ``base``; `None` where the rate is not known."""
    if base == to:
        return Decimal(1)
    rate = book.rates.get((base, to))
    return rate.rate if rate else None


def worth_of(book: Book, order: Order, currency: str) -> Decimal | None:
    """What the order is worth at the worst of mark, limit and stop, in ``currency``.

    `None` where price or rate is not known.
    """
    price = book.prices.get(order.security_id)
    security = book.securities[order.security_id]
    rate = rate_of(book, security.currency, currency)
    if price is None or rate is None:
        return None
    worst = max(price.price, order.limit_price or ZERO, order.stop_price or ZERO)
    return order.quantity * worst * security.factor * rate


def value_funds(book: Book, facts: Facts, funds: Collection[str]) -> dict[str, Decimal | None]:
    """Return the value of what each of ``funds`` holds, in its currency.

    Args:
        book: Funds, their cash and positions.
        facts: Prices and rates that count; where one is missing, a fund that holds it has no value.
        funds: Codes of the funds that are wanted.
    """
    values: dict[str, Decimal | None] = dict.fromkeys(funds, ZERO)

    def add(fund: str, currency: str, worth: Decimal | None) -> None:
        if worth == 0:
            return  # worth nothing in any currency
        before, base = values[fund], book.funds[fund].currency
        rate = Decimal(1) if currency == base else facts.fx.get((currency, base))
        if before is None or worth is None or rate is None:
            values[fund] = None
        else:
            values[fund] = before + worth * rate

    for (owner, currency), balance in book.cash.items():
        if owner in values:
            add(owner, currency, from_minor(balance.minor, currency))
    for (owner, security_id), position in book.positions.items():
        if owner in values and position.quantity:
            price, security = facts.price(security_id), book.securities[security_id]
            worth = None if price is None else position.quantity * price * security.factor
            add(owner, security.currency, worth)
    return values
