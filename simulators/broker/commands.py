"""The control commands of the broker's own: what may happen to an order without a request."""

from __future__ import annotations

from typing import Final

from simulators.counterparty import copies, lifecycle, matching, posttrade, wire
from simulators.counterparty.book import Book
from simulators.counterparty.commands import decimal_of, order_named, order_view
from simulators.counterparty.desk import Command, Request
from simulators.counterparty.model import Execution, Kind, Order, text_of


def fill(book: Book, request: Request) -> Request:
    """Execute a quantity at a price; ``over`` allows a closed order or more than is open."""
    order = order_named(book, request)
    over = bool(request.get("over", False))
    qty = decimal_of(request, "qty", order.open_qty)
    if not over and (not order.is_open or qty > order.open_qty):
        raise ValueError(f"only {text_of(order.open_qty)} open, status {order.ord_status}")
    price = decimal_of(request, "price", matching.model_price(book.market, order))
    lifecycle.fill(book, order, qty=qty, price=price, over=over)
    return order_view(book, order)


def restate(book: Book, request: Request) -> Request:
    """Restate an order, with another quantity or price if given; ``reason`` is tag 378."""
    order = order_named(book, request)
    lifecycle.restate(
        book,
        order,
        reason=str(request.get("reason", "3")),
        qty=decimal_of(request, "qty", order.qty),
        price=decimal_of(request, "price", order.price) if "price" in request else None,
    )
    return order_view(book, order)


def stop(book: Book, request: Request) -> Request:
    """Guarantee a price for a quantity (150=7)."""
    order = order_named(book, request)
    price = decimal_of(request, "price", matching.model_price(book.market, order))
    lifecycle.stop(book, order, qty=decimal_of(request, "qty", order.open_qty), price=price)
    return order_view(book, order)


def suspend(book: Book, request: Request) -> Request:
    """Suspend an order (150=9)."""
    order = order_named(book, request)
    lifecycle.suspend(book, order)
    return order_view(book, order)


def resume(book: Book, request: Request) -> Request:
    """End a stop or suspension and restate the order."""
    order = order_named(book, request)
    order.stopped = order.suspended = False
    lifecycle.restate(book, order, reason="3")
    return order_view(book, order)


def done_for_day(book: Book, request: Request) -> Request:
    """Report done for day (150=3)."""
    order = order_named(book, request)
    lifecycle.done_for_day(book, order)
    return order_view(book, order)


def foreign(book: Book, request: Request) -> Request:
    """Tell the drop copy session an execution of an order that came on no session here."""
    if not book.drop_copy:
        raise ValueError("there is no drop copy session")
    order = Order(
        order_id=book.new_order_id(), session=book.drop_copy, symbol=str(request["symbol"]),
        cl_ord_id=str(request.get("cl_ord_id", "ELSEWHERE")), side=str(request.get("side", "1")),
        account="", qty=decimal_of(request, "qty", None),
        original_qty=decimal_of(request, "qty", None), acked=True,
    )  # fmt: skip
    execution = Execution(
        exec_id=book.new_exec_id(), order_id=order.order_id, last_qty=order.qty,
        last_px=decimal_of(request, "price", None),
    )  # fmt: skip
    order.executions.append(execution)
    order.recount()
    body = wire.execution_report(
        order, Kind.FILL, execution.exec_id, day=book.market.day, execution=execution
    )
    form = book.behaviour.copy_form
    msg_type, copied = copies.message_of(form, order, Kind.FILL, execution, body)
    book.send(book.drop_copy, msg_type, copied)
    return {"exec_id": execution.exec_id, "order_id": order.order_id}


COMMANDS: Final[dict[str, Command]] = {
    "fill": fill,
    "restate": restate,
    "stop": stop,
    "suspend": suspend,
    "resume": resume,
    "dfd": done_for_day,
    "foreign": foreign,
    "allocations": posttrade.allocations,
}
