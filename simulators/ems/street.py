"""The routes of an order: how a quantity is split over brokers, and what a route's end leads to.

A route is an order of its own that no client sees. The units open on routes are never more than
those open on their order; what is on no route is with the trader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_DOWN, Decimal
from typing import Final

from simulators.counterparty import lifecycle, runner
from simulators.counterparty.book import Book
from simulators.counterparty.config import Behaviour, Model
from simulators.counterparty.model import ZERO, Kind, Leg, Order, Share, text_of
from simulators.counterparty.plans import AT_ONCE_TIF, working

ROUTE_PREFIX: Final = "R"
FILL_OR_KILL: Final = "4"
DAY: Final = "0"
#: Times in force and order types that end with an auction or at once, on the route itself.
ROUTE_TIF: Final = frozenset({"2", "3", "4", "7"})
AUCTION_TIF: Final = frozenset({"2", "7"})
AUCTION_TYPES: Final = frozenset({"5", "A", "B"})
EXPIRED: Final = "C"


def unrouted(book: Book, order: Order) -> Decimal:
    """Return the units that are open and with no broker."""
    return order.leaves_qty - lifecycle.open_on_routes(book, order)


def is_workable(order: Order) -> bool:
    """Return whether routes may be sent for an order."""
    return order.is_open and order.acked and not (order.done_for_day or order.suspended)


def route_out(book: Book, order: Order, qty: Decimal) -> None:
    """Send a quantity on to the brokers of the order's plan, split by their shares."""
    assert order.ticket is not None
    if qty <= ZERO or not is_workable(order):
        return
    legs = order.ticket.legs
    if order.tif == FILL_OR_KILL:
        legs = legs[:1]  # a part that is killed would leave the other part filled
    parts = split(qty, [Decimal(leg.share) for leg in legs])
    sent = [
        new_route(book, order, leg, part)
        for leg, part in zip(legs, parts, strict=True)
        if part > ZERO
    ]
    for route in sent:
        begin(book, route)


def new_route(book: Book, order: Order, leg: Leg, qty: Decimal) -> Order:
    """Book a route; nothing happens to it yet."""
    route = Order(
        order_id=book.new_order_id(ROUTE_PREFIX),
        session=order.session,
        cl_ord_id="",
        symbol=order.symbol,
        side=order.side,
        account=order.account,
        qty=qty,
        original_qty=qty,
        ord_type=order.ord_type,
        tif=order.tif if order.tif in ROUTE_TIF else DAY,
        price=order.price,
        stop_px=order.stop_px,
        shares=share_out(book, order, qty),
        parent=order.order_id,
        leg=leg,
        acked=True,
        entered_day=book.market.day,
    )
    book.add(route)
    return route


def begin(book: Book, route: Order) -> None:
    """Let the broker of a new route work it."""
    assert route.leg is not None
    if route.is_open:
        steps = route.leg.steps or working(route, behaviour_of(route.leg, book.behaviour))
        book.set_script(route, steps)
        runner.run_script(book, route)


def behaviour_of(leg: Leg, behaviour: Behaviour) -> Behaviour:
    """Return the fill model of a leg, which stands before the EMS's setting."""
    return replace(
        behaviour,
        model=Model(leg.model) if leg.model else behaviour.model,
        slices=leg.slices or behaviour.slices,
        slice_ms=behaviour.slice_ms if leg.slice_ms < 0 else leg.slice_ms,
    )


def share_out(book: Book, order: Order, qty: Decimal) -> list[Share]:
    """Return what of a new route each account gets, pro rata to what it still lacks."""
    if not order.shares:
        return []
    lacking = [share.qty for share in order.shares]
    for route in book.routes_of.get(order.order_id, ()):
        counted = route.cum_qty + route.leaves_qty
        taken = split(counted, [share.qty for share in route.shares])
        lacking = [max(one - part, ZERO) for one, part in zip(lacking, taken, strict=True)]
    return [
        Share(account=share.account, qty=part)
        for share, part in zip(order.shares, split(qty, lacking), strict=True)
    ]


def split(qty: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Split a quantity by weights, in its own unit; rounding goes to the largest remainders.

    The parts add up to ``qty``. Weights that add up to nothing are taken as equal.
    """
    total = sum(weights, ZERO)
    if total <= ZERO:
        return split(qty, [Decimal(1)] * len(weights))
    unit = Decimal(1).scaleb(min(int(qty.normalize().as_tuple().exponent), 0))
    exact = [qty * weight / total for weight in weights]
    parts = [part.quantize(unit, rounding=ROUND_DOWN) for part in exact]
    left = int((qty - sum(parts, ZERO)) / unit)
    by_remainder = sorted(range(len(parts)), key=lambda at: parts[at] - exact[at])
    for at in by_remainder[:left]:
        parts[at] += unit
    return parts


def rework(book: Book, order: Order) -> None:
    """Bring the routes in line with a changed order: routed anew on its terms as they are now.

    A scripted route goes on with its script; only its terms change.
    """
    assert order.ticket is not None
    if order.scripted:
        for route in book.routes_of.get(order.order_id, ()):
            if route.is_open:
                route.ord_type, route.price = order.ord_type, order.price
                route.stop_px, route.rested_at = order.stop_px, -1
                book.touch(route)
        return
    out = lifecycle.open_on_routes(book, order)
    lifecycle.pull(book, order)
    left = unrouted(book, order)
    route_out(book, order, min(out, left) if order.ticket.staged else left)


def route_ended(book: Book, route: Order, text: str) -> None:
    """End the order with its last route where its time in force says so, else route the rest."""
    order = lifecycle.owner_of(book, route)
    assert route.leg is not None
    assert order.ticket is not None
    if not order.is_open:
        return
    last = not order.ticket.staged and not lifecycle.open_on_routes(book, order)
    if order.tif in AT_ONCE_TIF:
        if last:
            lifecycle.finish_at_once(book, order)
    elif route.closed_as == EXPIRED:
        if last and (order.tif in AUCTION_TIF or order.ord_type in AUCTION_TYPES):
            lifecycle.expire(book, order)
    else:
        _reroute(book, order, route, text)


def _reroute(book: Book, order: Order, route: Order, text: str) -> None:
    """Tell the client in words what became of a route, and send the rest to the next broker."""
    leg = lifecycle.leg_of(route)
    rest = min(route.open_qty, unrouted(book, order))
    where = f"re-routed to {leg.reroute}" if leg.reroute else "back with the trader"
    note(book, order, f"{leg.broker} {text}; {text_of(rest)} {where}")
    if leg.reroute and rest > ZERO and is_workable(order):
        onward = replace(leg, broker=leg.reroute, reroute="", steps=[])
        begin(book, new_route(book, order, onward, rest))


def note(book: Book, order: Order, text: str) -> None:
    """Send a status that changes nothing but brings a text (150=I; in FIX 4.2 20=3)."""
    book.report(order, Kind.STATUS, exec_id="0", extra=[(58, text)])
