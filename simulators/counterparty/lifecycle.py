"""What can happen to an order, one function each.

Every function changes the order's facts first and reports afterwards, so that a report always
shows the state it leads to (CumQty, LeavesQty and OrdStatus after the event).

At an EMS an order has routes. An execution of a route is one of its order, under the same ExecID;
what ends or halts an order takes its routes back; routes are never open for more than their order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as changed
from decimal import Decimal

from simulators.counterparty.book import Book
from simulators.counterparty.model import ZERO, Execution, ExecutionState, Kind, Leg, Order


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
    if order.parent:
        book.desk.route_ended(book, order, f"rejected: {text}")


def fill(book: Book, order: Order, *, qty: Decimal, price: Decimal, over: bool = False) -> None:
    """Execute ``qty`` at ``price``; not more than what is open, unless ``over``."""
    if not over:
        qty = min(qty, order.open_qty) if order.is_open else ZERO
    if qty <= ZERO:
        return
    leg = leg_of(order)
    execution = Execution(
        exec_id=book.new_exec_id(),
        order_id=order.order_id,
        last_qty=qty,
        last_px=price,
        day=book.market.day,
        last_mkt=leg.last_mkt,
        broker=leg.broker,
        liquidity=leg.liquidity,
    )
    owner = _record(book, order, execution)
    book.stats["fills"] += 1
    book.report(owner, Kind.FILL, execution=execution, exec_id=execution.exec_id)


def leg_of(order: Order) -> Leg:
    """Return who executes: a route's broker; for an order itself the first of its plan."""
    if order.leg is not None:
        return order.leg
    if order.ticket is not None and order.ticket.legs:
        return order.ticket.legs[0]
    return Leg(broker="", liquidity="")


def owner_of(book: Book, order: Order) -> Order:
    """Return the client's order: the parent of a route, else the order itself."""
    return book.orders[order.parent] if order.parent else order


def _record(book: Book, order: Order, execution: Execution) -> Order:
    """Book an execution on a route and its order, or on the order alone; return the order."""
    book.add_execution(order, execution)
    owner = owner_of(book, order)
    if owner is not order:
        book.add_execution(owner, changed(execution, order_id=owner.order_id))
    trim(book, owner)
    return owner


def bust(book: Book, order: Order, execution: Execution | None) -> None:
    """Cancel a live execution; the order may be open again."""
    if execution is None:
        return
    for holder, held in _holders(book, order, execution):
        book.retire_execution(holder, held, ExecutionState.BUSTED)
    told = Execution(
        exec_id="", order_id=order.order_id, last_qty=ZERO, last_px=ZERO, ref=execution.exec_id
    )
    book.report(owner_of(book, order), Kind.BUST, execution=told)


def correct(
    book: Book, order: Order, execution: Execution | None, *, qty: Decimal, price: Decimal
) -> None:
    """Replace a live execution by one with another quantity or price."""
    if execution is None:
        return
    new = changed(
        execution,
        exec_id=book.new_exec_id(),
        last_qty=qty,
        last_px=price,
        ref=execution.exec_id,
        day=book.market.day,
    )
    for holder, held in list(_holders(book, order, execution)):
        book.retire_execution(holder, held, ExecutionState.CORRECTED)
        book.add_execution(holder, changed(new, order_id=holder.order_id))
    owner = owner_of(book, order)
    trim(book, owner)
    book.report(owner, Kind.CORRECT, execution=new, exec_id=new.exec_id)


def _holders(book: Book, order: Order, execution: Execution) -> Iterator[tuple[Order, Execution]]:
    """Yield the order that has the execution, and the route it came from, which stays done."""
    owner = owner_of(book, order)
    for holder in (owner, *book.routes_of.get(owner.order_id, ())):
        for held in holder.executions:
            if held.exec_id == execution.exec_id:
                if holder.parent and not holder.is_open:
                    holder.closed_as = holder.closed_as or "4"
                yield holder, held
                break


def trim(book: Book, order: Order) -> None:
    """Take back what routes have open beyond what their order has, the newest first."""
    excess = open_on_routes(book, order) - order.leaves_qty
    for route in reversed(book.routes_of.get(order.order_id, ())):
        if excess > ZERO and route.is_open:
            taken = min(excess, route.open_qty)
            excess -= taken
            route.qty -= taken
            book.touch(route)
            if not route.is_open:
                close(book, route, "4")


def open_on_routes(book: Book, order: Order) -> Decimal:
    """Return the units that brokers have of the order and may still execute."""
    routes = book.routes_of.get(order.order_id, ())
    return sum((route.leaves_qty for route in routes), ZERO)


def pull(book: Book, order: Order) -> None:
    """Take every open route of an order back from its broker."""
    for route in book.routes_of.get(order.order_id, ()):
        if route.is_open:
            close(book, route, "4")


def cancel(book: Book, order: Order, *, text: str = "") -> None:
    """Cancel without being asked: no 41, 11 is the live id (FIX 4.4 E.1.b)."""
    _end(book, order, "4", Kind.CANCELED, text or "unsolicited cancel")


def finish_at_once(book: Book, order: Order) -> None:
    """End an IOC or FOK order: what is open is cancelled (FIX 4.4 I.1.a)."""
    _end(book, order, "4", Kind.CANCELED, "not executable at once")


def expire(book: Book, order: Order) -> None:
    """Expire what is open."""
    _end(book, order, "C", Kind.EXPIRED, "")


def _end(book: Book, order: Order, closed_as: str, kind: Kind, text: str) -> None:
    if order.is_open:
        close(book, order, closed_as)
        book.report(order, kind, extra=[(58, text)])
        if order.parent:
            book.desk.route_ended(book, order, text or "expired")


def close(book: Book, order: Order, closed_as: str) -> None:
    """Close an order: nothing of its own plans remains, and none of its routes."""
    order.closed_as = closed_as
    order.resting = False
    order.pending = None
    order.done_for_day = False
    book.set_script(order, [])
    pull(book, order)


def done_for_day(book: Book, order: Order) -> None:
    """Report that no more executions follow today."""
    if order.is_open:
        pull(book, order)
        order.done_for_day = True
        book.report(order, Kind.DONE_FOR_DAY)


def stop(book: Book, order: Order, *, qty: Decimal, price: Decimal) -> None:
    """Guarantee a price for a quantity: not a trade (FIX 4.4 L.1.a)."""
    order.stopped = True
    guarantee = Execution(exec_id="", order_id=order.order_id, last_qty=qty, last_px=price)
    book.report(order, Kind.STOPPED, execution=guarantee)


def suspend(book: Book, order: Order) -> None:
    """Suspend trading in the order."""
    pull(book, order)
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
    trim(book, order)
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
