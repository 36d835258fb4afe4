"""What can happen to an order at the broker, one function each.

Every function changes the order's facts first and reports afterwards, so that a report always
shows the state it leads to (CumQty, LeavesQty and OrdStatus after the event).
"""

from __future__ import annotations

from decimal import Decimal

from simulators.broker.book import Book
from simulators.broker.model import ZERO, Execution, ExecutionState, Kind, Order


def acknowledge(book: Book, order: Order) -> None:
    """Report New, once."""
    if not order.acked:
        order.acked = True
        book.report(order, Kind.NEW)


def reject(book: Book, order: Order, *, reason: str, text: str) -> None:
    """Reject an order."""
    order.rejected = True
    book.set_script(order, [])
    book.report(order, Kind.REJECTED, extra=[(103, reason), (58, text or "rejected")])


def fill(book: Book, order: Order, *, qty: Decimal, price: Decimal, over: bool = False) -> None:
    """Execute ``qty`` at ``price``; not more than what is open, unless ``over``."""
    if not over:
        qty = min(qty, order.open_qty) if order.is_open else ZERO
    if qty <= ZERO:
        return
    exec_id = book.new_exec_id()
    execution = book.add_execution(order, exec_id=exec_id, qty=qty, price=price)
    book.stats["fills"] += 1
    book.report(order, Kind.FILL, execution=execution, exec_id=exec_id)


def bust(book: Book, order: Order, execution: Execution | None) -> None:
    """Cancel a live execution; the order may be open again."""
    if execution is None:
        return
    book.retire_execution(order, execution, ExecutionState.BUSTED)
    told = Execution(
        exec_id="", order_id=order.order_id, last_qty=ZERO, last_px=ZERO, ref=execution.exec_id
    )
    book.report(order, Kind.BUST, execution=told)


def correct(
    book: Book, order: Order, execution: Execution | None, *, qty: Decimal, price: Decimal
) -> None:
    """Replace a live execution by one with another quantity or price."""
    if execution is None:
        return
    book.retire_execution(order, execution, ExecutionState.CORRECTED)
    exec_id = book.new_exec_id()
    new = book.add_execution(order, exec_id=exec_id, qty=qty, price=price, ref=execution.exec_id)
    book.report(order, Kind.CORRECT, execution=new, exec_id=exec_id)


def cancel(book: Book, order: Order, *, text: str = "") -> None:
    """Cancel without being asked: no 41, 11 is the live id (FIX 4.4 E.1.b)."""
    if order.is_open:
        close(book, order, "4")
        book.report(order, Kind.CANCELED, extra=[(58, text or "unsolicited cancel")])


def finish_at_once(book: Book, order: Order) -> None:
    """End an IOC or FOK order: what is open is cancelled (FIX 4.4 I.1.a)."""
    if order.is_open:
        close(book, order, "4")
        book.report(order, Kind.CANCELED, extra=[(58, "not executable at once")])


def expire(book: Book, order: Order) -> None:
    """Expire what is open."""
    if order.is_open:
        close(book, order, "C")
        book.report(order, Kind.EXPIRED)


def close(book: Book, order: Order, closed_as: str) -> None:
    """Close an order: nothing of its own plans remains."""
    order.closed_as = closed_as
    order.resting = False
    order.pending = None
    order.done_for_day = False
    book.set_script(order, [])


def done_for_day(book: Book, order: Order) -> None:
    """Report that no more executions follow today."""
    if order.is_open:
        order.done_for_day = True
        book.report(order, Kind.DONE_FOR_DAY)


def stop(book: Book, order: Order, *, qty: Decimal, price: Decimal) -> None:
    """Guarantee a price for a quantity: not a trade (FIX 4.4 L.1.a)."""
    order.stopped = True
    guarantee = Execution(exec_id="", order_id=order.order_id, last_qty=qty, last_px=price)
    book.report(order, Kind.STOPPED, execution=guarantee)


def suspend(book: Book, order: Order) -> None:
    """Suspend trading in the order."""
    order.suspended = True
    book.report(order, Kind.SUSPENDED)


def restate(
    book: Book,
    order: Order,
    *,
    reason: str,
    qty: Decimal | None = None,
    price: Decimal | None = None,
) -> None:
    """Restate an order without a request (150=D): 378 says why, 1 is a multi-day renewal."""
    order.done_for_day = False
    order.qty = order.qty if qty is None else qty
    order.price = order.price if price is None else price
    book.report(order, Kind.RESTATED, extra=[(378, reason)])


def live_version(order: Order, exec_id: str) -> Execution | None:
    """Return the live execution that ``exec_id`` is or was corrected to."""
    for execution in order.executions:
        if exec_id in {execution.exec_id, execution.ref}:
            if execution.state is ExecutionState.LIVE:
                return execution
            if execution.state is ExecutionState.CORRECTED and execution.exec_id != exec_id:
                return live_version(order, execution.exec_id)
    return None
