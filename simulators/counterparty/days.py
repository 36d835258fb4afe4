"""Ticks and days: what the passing of simulated time does to the orders.

A day ends after its last tick: day orders expire, multi-day orders with executions are done for
the day. The next morning multi-day orders are restated (150=D, 378=1) under the same ClOrdID and
the opening auction takes place.
"""

from __future__ import annotations

from typing import Final

from simulators.counterparty import lifecycle, matching, runner
from simulators.counterparty.book import Book
from simulators.counterparty.model import ZERO, Order

MULTI_DAY_TIF: Final = frozenset({"1", "6"})
GOOD_TILL_DATE: Final = "6"
GT_RENEWAL: Final = "1"
AT_OPEN: Final = "2"


def tick(book: Book) -> bool:
    """Go one tick on and let the resting orders trade; return False at the end of the day."""
    if not book.market.next_tick():
        return False
    _note_clock(book)
    for order in list(book.live.values()):
        runner.count_tick(book, order)
        matching.work(book, order)
    return True


def next_day(book: Book) -> None:
    """Play the rest of the day, end it, and open the next one."""
    while tick(book):
        pass
    for order in sorted(book.live.values(), key=lambda order: not order.parent):
        end_day(book, order)  # routes first: what they end may end their order
    book.market.next_day()
    _note_clock(book)
    for order in list(book.live.values()):
        start_day(book, order)
    for order in list(book.live.values()):
        matching.work(book, order)


def end_day(book: Book, order: Order) -> None:
    """Expire the order or end its day. One for the opening auction waits for it."""
    if not order.is_open or order.tif == AT_OPEN:
        return
    if not (order.acked or order.parent):
        return
    if order.tif not in MULTI_DAY_TIF or _date_reached(book, order):
        lifecycle.expire(book, order)
    elif order.day_figures(book.market.day)[1] > ZERO and not order.done_for_day:
        lifecycle.done_for_day(book, order)


def start_day(book: Book, order: Order) -> None:
    """Restate a multi-day order that goes on."""
    if order.is_open and order.acked and order.tif in MULTI_DAY_TIF:
        lifecycle.restate(book, order, reason=GT_RENEWAL)
        book.desk.renewed(book, order)


def _date_reached(book: Book, order: Order) -> bool:
    if order.tif != GOOD_TILL_DATE:
        return False
    return order.expire <= book.market.today.strftime("%Y%m%d")


def _note_clock(book: Book) -> None:
    book.changes.meta["day"] = str(book.market.day)
    book.changes.meta["tick"] = str(book.market.tick)
