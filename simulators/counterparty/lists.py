"""Lists: E enters orders, M asks for their status (N), K cancels them all, L executes them.

A list is nothing but its orders: each has its own reports. It may come in fragments, of which each
is taken as it comes. At an EMS its orders are staged, and the trader or L releases them; a broker
works them at once. Bidding is not known here.
"""

from __future__ import annotations

from typing import Final

from simulators.counterparty import lifecycle, requests, wire
from simulators.counterparty.book import Book
from simulators.counterparty.desk import Handler, Message
from simulators.counterparty.model import ZERO, Order, Pairs, Ticket, price_text, text_of

#: ListStatusType (429).
ACK: Final = "1"
RESPONSE: Final = "2"
#: ListOrderStatus (431).
RECEIVED: Final = "2"
EXECUTING: Final = "3"
CANCELING: Final = "4"
ALL_DONE: Final = "6"
REJECT: Final = "7"


def new_list(book: Book, message: Message) -> None:
    """Take a NewOrderList (E), or a fragment of one: all of it or nothing."""
    list_id = message.tags[66]
    known = orders_of(book, message.session, list_id)
    if known and message.repeated:
        return
    entries = [_entry(message, pairs) for pairs in wire.entries(message.pairs, 73)]
    wrong = _wrong(message, entries, known=len(known))
    if wrong:
        _send_status(book, message, [], ACK, REJECT, text=wrong)
        return
    taken = []
    for entry in entries:
        order = requests.new_order(book, entry)
        if order is not None:
            order.ticket = order.ticket or Ticket(staged=False, list_id=list_id)
            book.touch(order)
            taken.append(order)
    _send_status(book, message, taken, ACK, RECEIVED)


def _entry(message: Message, pairs: Pairs) -> Message:
    """Return an entry as a staged order; what it lacks is a market order."""
    tags = {40: "1", **wire.first(pairs), 35: "D", 21: "3", 66: message.tags[66]}
    return Message(session=message.session, pairs=pairs, tags=tags, repeated=message.repeated)


def _wrong(message: Message, entries: list[Message], *, known: int) -> str:
    total = message.tags[68]
    if known and total == str(known):
        return "duplicate ListID"
    if not total.isdecimal() or not entries or known + len(entries) > int(total):
        return f"{known + len(entries)} orders of {total}"
    for entry in entries:
        missing = requests.missing_tag(entry.tags)
        if missing:
            return f"tag {missing} is missing in an order"
    return ""


def list_status(book: Book, message: Message) -> None:
    """Answer a ListStatusRequest (M)."""
    found = orders_of(book, message.session, message.tags[66])
    _send_status(book, message, found, RESPONSE, _state(found), text=_text(found))


def cancel_list(book: Book, message: Message) -> None:
    """Answer a ListCancelRequest (K): every open order is cancelled, unless it refuses."""
    found = orders_of(book, message.session, message.tags[66])
    for order in found:
        if order.is_open and order.refuse not in {"cancel", "both"}:
            lifecycle.cancel(book, order, text=f"list {message.tags[66]} cancelled")
    state = CANCELING if found else REJECT
    _send_status(book, message, found, RESPONSE, state, text=_text(found))


def execute_list(book: Book, message: Message) -> None:
    """Answer a ListExecute (L): what is staged is released."""
    found = orders_of(book, message.session, message.tags[66])
    for order in found:
        if order.is_open and order.ticket and order.ticket.staged:
            book.desk.release(book, order, "")
    state = EXECUTING if found else REJECT
    _send_status(book, message, found, RESPONSE, state, text=_text(found))


def orders_of(book: Book, session: str, list_id: str) -> list[Order]:
    """Return the orders of a list, as they came."""
    return [
        order
        for order in book.orders.values()
        if order.session == session and order.ticket and order.ticket.list_id == list_id
    ]


def _state(orders: list[Order]) -> str:
    if not orders:
        return REJECT
    if not any(order.is_open for order in orders):
        return ALL_DONE
    untouched = all(order.ticket and order.ticket.staged for order in orders)
    return RECEIVED if untouched else EXECUTING


def _text(orders: list[Order]) -> str:
    return "" if orders else "unknown list"


def _send_status(
    book: Book, message: Message, orders: list[Order], kind: str, state: str, *, text: str = ""
) -> None:
    """Send a ListStatus (N)."""
    body: Pairs = [
        (66, message.tags[66]),
        (429, kind),
        (82, "1"),
        (431, state),
        (444, text),
        (83, "1"),
        (60, wire.utc_now()),
        (68, str(len(orders))),
    ]
    body += [(73, str(len(orders)))] if orders else []
    for order in orders:
        cancelled = ZERO if order.leaves_qty else order.qty - order.cum_qty
        body += [
            (11, order.cl_ord_id),
            (14, text_of(order.cum_qty)),
            (39, order.ord_status),
            (151, text_of(order.leaves_qty)),
            (84, text_of(max(cancelled, ZERO))),
            (6, price_text(order.avg_px) if order.cum_qty else "0"),
        ]
    book.send(message.session, "N", body)


HANDLERS: Final[dict[str, Handler]] = {
    "E": new_list, "M": list_status, "K": cancel_list, "L": execute_list,
}  # fmt: skip
