"""Fills against the price path: when a resting order trades, how much, and at what price.

An order trades at the price of the tick, never worse than its limit, and takes at most its share
of the tick's volume. It is looked at once in a tick, unless a price is pinned by command.
"""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal
from typing import Final

from simulators.counterparty import lifecycle
from simulators.counterparty.book import Book
from simulators.counterparty.market import FALLBACK_PRICE, Market
from simulators.counterparty.model import ZERO, Order

BUY_SIDES: Final = frozenset({"1", "3"})
AT_OPEN: Final = "2"
AT_CLOSE: Final = "7"
ON_CLOSE_TYPES: Final = frozenset({"5", "A", "B"})  # market, any, limit on close
STOP: Final = "3"
STOP_LIMIT: Final = "4"


def work(book: Book, order: Order) -> None:
    """Trade a resting order at the price now, if it may."""
    if not can_trade(order):
        return
    market = book.market
    if order.tif == AT_OPEN:
        if market.at_open:
            auction(book, order)
        return
    if is_for_close(order):
        if market.at_close:
            auction(book, order)
        return
    if order.rested_at < market.instant or order.symbol in market.pinned:
        order.rested_at = market.instant
        book.touch(order)
        trade(book, order)
    if order.tif in {"3", "4"}:
        lifecycle.finish_at_once(book, order)


def trade(book: Book, order: Order) -> None:
    """Execute what the tick allows."""
    price = executable_price(book.market, order)
    if price is None:
        return
    qty = min(order.open_qty, available(book, order))
    if order.tif == "4" and qty < order.open_qty:
        return
    lifecycle.fill(book, order, qty=qty, price=price)


def auction(book: Book, order: Order) -> None:
    """Execute the whole order at the auction price, or expire it."""
    price = executable_price(book.market, order)
    if price is not None:
        lifecycle.fill(book, order, qty=order.open_qty, price=price)
    lifecycle.expire(book, order)


def is_for_close(order: Order) -> bool:
    """Return whether an order trades in the closing auction."""
    return order.tif == AT_CLOSE or order.ord_type in ON_CLOSE_TYPES


def can_trade(order: Order) -> bool:
    """Return whether an order takes part in the market now."""
    halted = order.done_for_day or order.suspended or order.stopped
    return order.resting and order.is_open and not halted


def executable_price(market: Market, order: Order) -> Decimal | None:
    """Return the price at which the order trades now, or None. May trigger a stop."""
    price = market_price(market, order)
    buying = order.side in BUY_SIDES
    if order.ord_type in {STOP, STOP_LIMIT} and not order.triggered:
        stop_px = order.stop_px if order.stop_px is not None else price
        order.triggered = price >= stop_px if buying else price <= stop_px
        if not order.triggered:
            return None
    if order.price is None or order.ord_type == STOP:
        return price
    inside = price <= order.price if buying else price >= order.price
    return price if inside else None


def model_price(market: Market, order: Order) -> Decimal:
    """Return the price of a fill that happens anyway: the market's, not worse than the limit."""
    price = market_price(market, order)
    if order.price is None:
        return price
    better = min if order.side in BUY_SIDES else max
    return better(price, order.price)


def market_price(market: Market, order: Order) -> Decimal:
    """Return the market's price; without one the limit, then the stop, then 100.00."""
    price = market.price(order.symbol)
    if price is not None:
        return price
    if order.price is not None:
        return order.price
    return order.stop_px if order.stop_px is not None else FALLBACK_PRICE


def available(book: Book, order: Order) -> Decimal:
    """Return the shares the order may take of this tick, whole and at least one."""
    volume = book.market.tick_volume(order.symbol)
    if volume is None:
        return order.open_qty
    share = (volume * book.behaviour.participation).to_integral_value(rounding=ROUND_DOWN)
    return max(share, Decimal(1)) if volume > ZERO else ZERO
