"""The control commands every counterparty knows: name -> function on the engine's book.

They run on the engine thread, inside the same transaction as everything else; the answer leaves
after the commit. A wrong request raises ValueError or KeyError, which becomes an error answer.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, Protocol

from simulators.counterparty import days, lifecycle, matching
from simulators.counterparty.book import Book
from simulators.counterparty.config import Behaviour, changed
from simulators.counterparty.desk import Command, Request
from simulators.counterparty.model import Execution, Order, text_of


class Wires(Protocol):
    """What the commands need of the FIX side."""

    resent: int

    def disconnect(self, session: str, *, logout: bool) -> None:
        """Cut or log out a session."""
        ...

    def sequence_numbers(self, session: str) -> tuple[int, int]:
        """Return the next outgoing and the next expected incoming number."""
        ...


class Commands:
    """All commands, bound to a book and the FIX side."""

    def __init__(self, book: Book, wires: Wires, sessions: tuple[str, ...]) -> None:
        self._book = book
        self._wires = wires
        self._sessions = sessions

    def execute(
        self, request: Request, *, logged_on: set[str], unsent: dict[str, int]
    ) -> Any:  # JSON
        """Perform one request and return its JSON result."""
        name = str(request["cmd"])
        if name == "stats":
            return self.stats(logged_on, unsent)
        if name == "disconnect":
            return self.disconnect(request, logged_on)
        command = COMMANDS.get(name) or self._book.desk.commands[name]
        return command(self._book, request)

    def disconnect(self, request: Request, logged_on: set[str]) -> list[str]:
        """Cut the connection of one session or all; ``logout`` does it politely."""
        wanted = [str(request["session"])] if "session" in request else sorted(logged_on)
        for session in wanted:
            self._wires.disconnect(session, logout=bool(request.get("logout", False)))
        return wanted

    def stats(self, logged_on: set[str], unsent: dict[str, int]) -> Request:
        """Return counters, sessions, clock and settings."""
        book = self._book
        return {
            "counters": {**book.stats, "resent": self._wires.resent},
            "sessions": {
                name: {
                    "logged_on": name in logged_on,
                    "next_out": self._wires.sequence_numbers(name)[0],
                    "next_in": self._wires.sequence_numbers(name)[1],
                    "unsent": unsent.get(name, 0),
                }
                for name in self._sessions
            },
            "orders": len(book.orders),
            "executions": len(book.executions),
            "clock": clock(book, {}),
            "settings": settings(book),
        }


def ledger(book: Book, request: Request) -> Request:
    """Return every order with its executions; ``session`` narrows it."""
    wanted = request.get("session")
    orders = [o for o in book.orders.values() if wanted in {None, o.session}]
    return {"orders": [order_view(book, order) for order in orders], "clock": clock(book, {})}


def ledger_summary(book: Book, request: Request) -> Request:
    """Return counts and sums over the ledger; exact, as text."""
    del request
    orders = book.orders.values()
    by_status: dict[str, int] = {}
    for order in orders:
        by_status[order.ord_status] = by_status.get(order.ord_status, 0) + 1
    return {
        "orders": len(book.orders),
        "distinct_cl_ord_ids": len({(order.session, order.chain[0]) for order in orders}),
        "executions": len(book.executions),
        "live_executions": sum(
            execution.state.value == "live" for order in orders for execution in order.executions
        ),
        "cum_qty": text_of(sum((order.cum_qty for order in orders), Decimal(0))),
        "notional": text_of(sum((order.notional for order in orders), Decimal(0))),
        "by_status": by_status,
    }


def order_command(book: Book, request: Request) -> Request:
    """Return one order."""
    return order_view(book, order_named(book, request))


def bust(book: Book, request: Request) -> Request:
    """Bust an execution."""
    order, execution = execution_named(book, request)
    lifecycle.bust(book, order, execution)
    return order_view(book, order)


def correct(book: Book, request: Request) -> Request:
    """Correct an execution's price, quantity or both."""
    order, execution = execution_named(book, request)
    qty = decimal_of(request, "qty", execution.last_qty)
    price = decimal_of(request, "price", execution.last_px)
    lifecycle.correct(book, order, execution, qty=qty, price=price)
    return order_view(book, order)


def cancel(book: Book, request: Request) -> Request:
    """Cancel an order that nobody asked to cancel."""
    order = order_named(book, request)
    if not order.is_open:
        raise ValueError(f"the order is not open: status {order.ord_status}")
    lifecycle.cancel(book, order, text=str(request.get("text", "")))
    return order_view(book, order)


def acknowledge(book: Book, request: Request) -> Request:
    """Acknowledge an order that was left without an answer."""
    order = order_named(book, request)
    lifecycle.acknowledge(book, order)
    return order_view(book, order)


def day(book: Book, request: Request) -> Request:
    """End the day and open the next one, ``n`` times."""
    for _ in range(int(request.get("n", 1))):
        days.next_day(book)
    return clock(book, request)


def tick(book: Book, request: Request) -> Request:
    """Go ``n`` ticks on, or to the close (``n`` = "close"); never beyond it."""
    wanted = request.get("n", 1)
    count = book.market.ticks if wanted == "close" else int(wanted)
    for _ in range(count):
        if not days.tick(book):
            break
    return clock(book, request)


def price(book: Book, request: Request) -> Request:
    """Return a symbol's price; ``px`` pins it until the day ends and lets orders trade."""
    symbol = str(request["symbol"])
    if "px" in request:
        book.market.pinned[symbol] = decimal_of(request, "px", None)
        for order in list(book.live.values()):
            if order.symbol == symbol:
                matching.work(book, order)
    now = book.market.price(symbol)
    path = book.market.path(symbol)
    return {
        "symbol": symbol,
        "px": None if now is None else text_of(now),
        "path": None if path is None else [text_of(step) for step in path],
    }


def clock(book: Book, request: Request) -> Request:
    """Return the simulated time."""
    del request
    market = book.market
    return {
        "day": market.day,
        "date": market.today.isoformat(),
        "tick": market.tick,
        "ticks": market.ticks,
    }


def set_behaviour(book: Book, request: Request) -> Request:
    """Change settings; ``reject_next`` ("3" or "j") refuses the next message."""
    given = {name: value for name, value in request.items() if name != "cmd"}
    rejecting = given.pop("reject_next", None)
    if rejecting not in {None, "", "3", "j"}:
        raise ValueError("reject_next is 3 or j")
    behaviour = book.behaviour
    for name, value in given.items():
        if name in Behaviour.__dataclass_fields__:
            behaviour = changed(behaviour, name, value)
        else:
            book.desk.change(name, value)
    book.behaviour = behaviour
    book.reject_next = book.reject_next if rejecting is None else rejecting
    return settings(book)


def duplicates(book: Book, request: Request) -> Request:
    """Send every report twice, or stop doing so."""
    book.behaviour = changed(book.behaviour, "duplicates", request["on"])
    return settings(book)


def settings(book: Book) -> Request:
    """Return the settings as JSON values."""
    common = {
        name: str(value) if isinstance(value, Decimal) else value
        for name in Behaviour.__dataclass_fields__
        for value in (getattr(book.behaviour, name),)
    }
    return {**common, **book.desk.settings()}


def order_view(book: Book, order: Order) -> Request:
    """Return an order as JSON; quantities and prices are exact texts."""
    view: Request = {
        "order_id": order.order_id,
        "session": order.session,
        "cl_ord_id": order.cl_ord_id,
        "chain": list(order.chain),
        "symbol": order.symbol,
        "side": order.side,
        "account": order.account,
        "ord_type": order.ord_type,
        "tif": order.tif,
        "price": None if order.price is None else text_of(order.price),
        "stop_px": None if order.stop_px is None else text_of(order.stop_px),
        "order_qty": text_of(order.qty),
        "cum_qty": text_of(order.cum_qty),
        "leaves_qty": text_of(order.leaves_qty),
        "avg_px": text_of(order.avg_px),
        "notional": text_of(order.notional),
        "ord_status": order.ord_status,
        "alloc_id": order.alloc_id,
        "allocations": allocations_view(order),
        "executions": [execution_view(execution) for execution in order.executions],
    }
    if order.ticket is not None:
        routes = book.routes_of.get(order.order_id, ())
        view |= {
            "staged": order.ticket.staged,
            "list_id": order.ticket.list_id,
            "routes": [route_view(route) for route in routes],
        }
    return view


def route_view(route: Order) -> Request:
    """Return a route as JSON: what one broker has of an order."""
    assert route.leg is not None
    return {
        "route_id": route.order_id,
        "broker": route.leg.broker,
        "order_qty": text_of(route.qty),
        "cum_qty": text_of(route.cum_qty),
        "leaves_qty": text_of(route.leaves_qty),
        "ord_status": route.ord_status,
        "allocations": allocations_view(route),
        "executions": [execution.exec_id for execution in route.executions],
    }


def allocations_view(order: Order) -> list[Request]:
    """Return the pre-allocation as JSON."""
    return [{"account": share.account, "qty": text_of(share.qty)} for share in order.shares]


def execution_view(execution: Execution) -> Request:
    """Return an execution as JSON."""
    return {
        "exec_id": execution.exec_id,
        "last_qty": text_of(execution.last_qty),
        "last_px": text_of(execution.last_px),
        "status": execution.state.value,
        "ref": execution.ref,
        "day": execution.day,
        "broker": execution.broker,
        "last_mkt": execution.last_mkt,
    }


def order_named(book: Book, request: Request) -> Order:
    """Return the order of ``order_id``, or of ``cl_ord_id`` (any of its chain)."""
    if "order_id" in request:
        return book.orders[str(request["order_id"])]
    cl_ord_id = str(request["cl_ord_id"])
    found = [
        order
        for (session, known), order in book.ids.items()
        if known == cl_ord_id and request.get("session") in {None, session}
    ]
    if len(found) != 1:
        raise ValueError(f"{len(found)} orders have the ClOrdID {cl_ord_id!r}")
    return found[0]


def execution_named(book: Book, request: Request) -> tuple[Order, Execution]:
    """Return the order and the live execution ``exec_id`` is or was corrected to."""
    order = book.executions[str(request["exec_id"])]
    execution = lifecycle.live_version(order, str(request["exec_id"]))
    if execution is None:
        raise ValueError(f"execution {request['exec_id']} does not count any more")
    return order, execution


def decimal_of(request: Request, name: str, default: Decimal | None) -> Decimal:
    """Return a number of the request; send numbers as text to keep them exact."""
    if name in request:
        return Decimal(str(request[name]))
    if default is None:
        raise ValueError(f"{name} is missing")
    return default


COMMANDS: Final[dict[str, Command]] = {
    "ledger": ledger,
    "ledger_summary": ledger_summary,
    "order": order_command,
    "bust": bust,
    "correct": correct,
    "cancel": cancel,
    "ack": acknowledge,
    "day": day,
    "tick": tick,
    "price": price,
    "clock": clock,
    "set": set_behaviour,
    "duplicates": duplicates,
}
