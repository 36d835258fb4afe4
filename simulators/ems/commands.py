"""The control commands of the EMS's own: what its trader does, and the brokers behind it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from simulators.counterparty import lifecycle, matching
from simulators.counterparty.book import Book
from simulators.counterparty.commands import decimal_of, order_named, order_view
from simulators.counterparty.config import Model
from simulators.counterparty.desk import Command, Request
from simulators.counterparty.model import ZERO, Kind, Leg, Order, text_of
from simulators.ems import street


def release(book: Book, request: Request) -> Request:
    """Release a staged order, or ``qty`` of it."""
    order = _workable(book, request)
    qty = _with_trader(book, order, request)
    assert order.ticket is not None
    if not order.ticket.staged:
        raise ValueError("the order is released already: use 'route'")
    book.desk.release(book, order, text_of(qty))
    return order_view(book, order)


def release_all(book: Book, request: Request) -> Request:
    """Release every staged order, or those of a list."""
    released = []
    for order in list(book.orders.values()):
        ticket = order.ticket
        if ticket is None or not ticket.staged or not street.is_workable(order):
            continue
        if request.get("list_id") in {None, ticket.list_id}:
            book.desk.release(book, order, "")
            released.append(order.cl_ord_id)
    return {"released": released}


def route(book: Book, request: Request) -> Request:
    """Send ``qty`` to a broker, whatever the plan says."""
    order = _workable(book, request)
    qty = _with_trader(book, order, request)
    assert order.ticket is not None
    model = str(request.get("model", ""))
    leg = Leg(
        broker=str(request["broker"]),
        model=Model(model).value if model else "",
        last_mkt=str(request.get("last_mkt", "XNYS")),
    )
    if qty == street.unrouted(book, order):
        order.ticket.staged = False
    street.begin(book, street.new_route(book, order, leg, qty))
    return order_view(book, order)


def fill(book: Book, request: Request) -> Request:
    """Execute on a route, or by telephone on the order: its routes then have less to do."""
    route_id = request.get("route")
    order = book.routes[str(route_id)] if route_id else order_named(book, request)
    over = bool(request.get("over", False))
    qty = decimal_of(request, "qty", order.open_qty)
    if not over and (not order.is_open or qty > order.open_qty):
        raise ValueError(f"only {text_of(order.open_qty)} open, status {order.ord_status}")
    price = decimal_of(request, "price", matching.model_price(book.market, order))
    lifecycle.fill(book, order, qty=qty, price=price, over=over)
    return order_view(book, lifecycle.owner_of(book, order))


def replace(book: Book, request: Request) -> Request:
    """Change quantity or price as if it had been asked for (150=5 without 41)."""
    order = _open(book, request)
    order.qty = max(decimal_of(request, "qty", order.qty), order.cum_qty)
    order.price = decimal_of(request, "price", order.price) if "price" in request else order.price
    order.replaced = True
    lifecycle.trim(book, order)
    text = str(request.get("text", "changed by the EMS trader"))
    book.report(order, Kind.REPLACED, extra=[(58, text)])
    street.rework(book, order)
    return order_view(book, order)


def restate(book: Book, request: Request) -> Request:
    """Restate quantity or price (150=D); ``reason`` is tag 378, 3 the repricing of an order."""
    order = _open(book, request)
    price = decimal_of(request, "price", order.price) if "price" in request else None
    qty = max(decimal_of(request, "qty", order.qty), order.cum_qty)
    lifecycle.restate(book, order, reason=str(request.get("reason", "3")), qty=qty, price=price)
    street.rework(book, order)
    return order_view(book, order)


def reject(book: Book, request: Request) -> Request:
    """Reject an order of which nothing was released."""
    order = _open(book, request)
    assert order.ticket is not None
    if not order.ticket.staged or book.routes_of.get(order.order_id):
        raise ValueError("the order is released: cancel it")
    order.pending = None
    lifecycle.reject(book, order, reason="0", text=str(request.get("text", "rejected by trader")))
    return order_view(book, order)


def hold(book: Book, request: Request) -> Request:
    """Suspend an order (150=9): its routes are taken back."""
    order = _open(book, request)
    lifecycle.suspend(book, order)
    return order_view(book, order)


def resume(book: Book, request: Request) -> Request:
    """End a suspension: restated, and routed again what was released."""
    order = _open(book, request)
    if not order.suspended:
        raise ValueError("the order is not suspended")
    order.suspended = False
    lifecycle.restate(book, order, reason="3")
    assert order.ticket is not None
    if not order.ticket.staged:
        street.route_out(book, order, street.unrouted(book, order))
    return order_view(book, order)


def hand_back(book: Book, request: Request) -> Request:
    """Report done for day (150=3): the routes are taken back."""
    order = _open(book, request)
    lifecycle.done_for_day(book, order)
    return order_view(book, order)


def route_cancel(book: Book, request: Request) -> Request:
    """Let the broker cancel a route; ``reroute`` names who gets the rest."""
    ended = _route(book, request)
    lifecycle.cancel(book, ended, text=str(request.get("text", "cancelled by its broker")))
    return order_view(book, lifecycle.owner_of(book, ended))


def route_reject(book: Book, request: Request) -> Request:
    """Let the broker reject a route that has no fill; ``reroute`` names who gets the rest."""
    ended = _route(book, request)
    if ended.executions:
        raise ValueError(f"route {ended.order_id} has executions: cancel it")
    text = str(request.get("text", "no permission"))
    lifecycle.reject(book, ended, reason="0", text=text)
    return order_view(book, lifecycle.owner_of(book, ended))


def _route(book: Book, request: Request) -> Order:
    found = book.routes[str(request["route"])]
    if not found.is_open:
        raise ValueError(f"route {found.order_id} is not open")
    assert found.leg is not None
    if "reroute" in request:
        found.leg = Leg(
            broker=found.leg.broker,
            last_mkt=found.leg.last_mkt,
            liquidity=found.leg.liquidity,
            reroute=str(request["reroute"]),
        )
    return found


def _open(book: Book, request: Request) -> Order:
    order = order_named(book, request)
    if order.ticket is None or not order.is_open:
        raise ValueError(f"the order is not open: status {order.ord_status}")
    return order


def _workable(book: Book, request: Request) -> Order:
    order = _open(book, request)
    if not street.is_workable(order):
        raise ValueError(f"the order cannot be worked: status {order.ord_status}")
    return order


def _with_trader(book: Book, order: Order, request: Request) -> Decimal:
    """Return the quantity of a request, all of it by default, if the trader has as much."""
    left = street.unrouted(book, order)
    qty = decimal_of(request, "qty", left)
    if not ZERO < qty <= left:
        raise ValueError(f"{text_of(qty)} of {text_of(left)} that are on no route")
    return qty


COMMANDS: Final[dict[str, Command]] = {
    "release": release,
    "release_all": release_all,
    "route": route,
    "fill": fill,
    "replace": replace,
    "restate": restate,
    "reject": reject,
    "hold": hold,
    "resume": resume,
    "hand_back": hand_back,
    "route_cancel": route_cancel,
    "route_reject": route_reject,
}
