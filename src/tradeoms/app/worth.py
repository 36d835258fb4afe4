"""What an order is worth, in any currency of which the rate is known."""

from __future__ import annotations

from decimal import Decimal

from tradeoms.domain.order.state import Order
from tradeoms.kernel.numbers import ZERO
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
