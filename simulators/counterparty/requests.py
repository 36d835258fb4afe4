"""What every counterparty answers to a message: D, G, F, H, AF and q.

Rules: fix.md sections 1.5 and 1.6. The quantity of a replace is the total, executed shares
included; a replace to what is executed or less makes the order Filled; OrigClOrdID must be the
last accepted id; one request may be outstanding on an order.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from simulators.counterparty import lifecycle, runner, wire
from simulators.counterparty.book import Book
from simulators.counterparty.desk import Handler, Message, Refusal, Tags
from simulators.counterparty.model import ZERO, Kind, Order, Pairs, Pending, Wake

REQUIRED: Final = {
    "D": (11, 55, 54, 38, 40),
    "G": (11, 41, 54, 38, 40),
    "F": (11, 41, 54),
    "H": (11, 54),
    "AF": (584, 585),
    "q": (11, 530),
    "E": (66, 68),
    "K": (66,),
    "M": (66,),
    "J": (70, 71, 11, 54, 53, 6, 75),
    "AU": (664, 940),
    "AT": (755, 87),
    "BH": (859, 70),
    "L": (66,),
}
NOT_IN_42: Final = frozenset({"AF", "q"})
SIDES: Final = frozenset("123456789")
ORD_TYPES: Final = frozenset("12345ABP")
TIMES_IN_FORCE: Final = frozenset("0123467")
NEEDS_PRICE: Final = frozenset("24B")
NEEDS_STOP: Final = frozenset("34")


def receive(book: Book, session: str, raw: str, *, repeated: bool) -> None:
    """Answer one application message; ``repeated``: PossDup, or executed ahead of a gap."""
    pairs = wire.pairs_of(raw)
    message = Message(session=session, pairs=pairs, tags=wire.first(pairs), repeated=repeated)
    tags = message.tags
    msg_type = tags.get(35, "")
    book.stats[f"in_{msg_type}"] += 1
    if repeated:
        book.stats["possdup_in"] += 1
    if book.reject_next:
        _reject_as_told(book, session, tags)
        return
    handler = HANDLERS.get(msg_type) or book.desk.handlers.get(msg_type)
    if handler is None or (message.old and msg_type in NOT_IN_42):
        text = f"message type {msg_type} is not supported"
        book.send(session, "j", wire.business_reject(tags, reason="3", text=text))
        return
    missing = missing_tag(tags)
    if missing:
        text = f"tag {missing} is missing"
        book.send(session, "j", wire.business_reject(tags, reason="5", text=text))
        return
    handler(book, message)


def missing_tag(tags: Tags) -> int:
    """Return the first required tag that a message lacks, or 0."""
    return next((tag for tag in REQUIRED[tags[35]] if not tags.get(tag)), 0)


def new_order(book: Book, message: Message) -> Order | None:
    """Take a NewOrderSingle (D), or an entry of a list; return the order if it is a new one."""
    session, tags = message.session, message.tags
    known = book.find(session, tags[11])
    if known is not None and not _is_to_be_repeated(book, message, known):
        return None
    order = order_of(book, message)
    book.add(order)
    refusal = refusal_of(tags) or book.desk.refusal(message, None)
    if refusal is not None:
        lifecycle.reject(book, order, reason=refusal[0], text=refusal[1])
    else:
        book.desk.begin(book, order, message)
    return order


def _is_to_be_repeated(book: Book, message: Message, known: Order) -> bool:
    """Answer an order whose id is known; return whether it is executed all the same."""
    tags = message.tags
    if message.repeated:
        book.stats["possdup_orders"] += 1
        if not book.behaviour.possdup_as_new:
            return False
        book.stats["possdup_executed"] += 1
        return True
    if tags.get(97) == "Y":
        book.report(known, Kind.STATUS, exec_id="0")
    else:
        book.stats["duplicate_cl_ord_ids"] += 1
        extra: Pairs = [(103, "6"), (58, "duplicate ClOrdID")]
        book.report(known, Kind.REJECTED, cl_ord_id=tags[11], extra=extra)
    return False


def order_of(book: Book, message: Message) -> Order:
    """Return the order of a message, whatever its values."""
    tags = message.tags
    qty = wire.number(tags[38]) or ZERO
    return Order(
        order_id=book.new_order_id(),
        session=message.session,
        cl_ord_id=tags[11],
        chain=[tags[11]],
        symbol=tags[55],
        side=tags[54],
        account=tags.get(1, ""),
        qty=qty,
        original_qty=qty,
        ord_type=tags[40],
        tif=tags.get(59, "0"),
        price=wire.number(tags.get(44)),
        stop_px=wire.number(tags.get(99)),
        expire=tags.get(432, "") or tags.get(126, "")[:8],
        echo={tag: tags[tag] for tag in wire.ECHOED_TAGS if tags.get(tag)},
        algo=wire.algo_of(message.pairs),
        alloc_id=tags.get(70, ""),
        shares=wire.shares_of(message.pairs),
        entered_day=book.market.day,
    )


def refusal_of(tags: Tags) -> Refusal | None:
    """Return (OrdRejReason, text) of an order that cannot be worked, or None."""
    qty = wire.number(tags[38])
    checks = (
        (qty is None or qty <= ZERO, "13", f"quantity {tags[38]}"),
        (tags[54] not in SIDES, "99", f"side {tags[54]}"),
        (tags[40] not in ORD_TYPES, "11", f"order type {tags[40]}"),
        (tags.get(59, "0") not in TIMES_IN_FORCE, "11", f"time in force {tags.get(59)}"),
        (tags[40] in NEEDS_PRICE and not _positive(tags.get(44)), "99", "limit price"),
        (tags[40] in NEEDS_STOP and not _positive(tags.get(99)), "99", "stop price"),
        (tags.get(59) == "6" and not (tags.get(432) or tags.get(126)), "99", "expire date"),
    )
    for wrong, reason, what in checks:
        if wrong:
            return reason, f"missing or wrong {what}"
    return None


def change_request(book: Book, message: Message) -> None:
    """Take a cancel (F) or a replace (G)."""
    tags = message.tags
    known = book.find(message.session, tags[11])
    if known is not None and message.repeated:
        book.stats["possdup_requests"] += 1
        return
    order = book.find(message.session, tags[41])
    refusal = change_refusal(book, message, order=order, known=known)
    if refusal is not None:
        _refuse_change(book, message, order, refusal)
    if order is None or known is not None:
        return
    book.claim_id(order, tags[11])
    if refusal is not None:
        return
    order.pending = pending_of(message, order)
    if book.behaviour.pending_acks:
        kind = Kind.PENDING_CANCEL if tags[35] == "F" else Kind.PENDING_REPLACE
        book.report(order, kind, cl_ord_id=tags[11], orig_cl_ord_id=order.cl_ord_id)
    book.touch(order)
    if book.behaviour.pending_ms:
        book.schedule(book.behaviour.pending_ms, order, Wake.PENDING)
    else:
        decide_pending(book, order)


def pending_of(message: Message, order: Order) -> Pending:
    """Return the request of a message; tags it lacks stay as they are."""
    tags = message.tags
    shares = wire.shares_of(message.pairs)
    return Pending(
        msg_type=tags[35],
        cl_ord_id=tags[11],
        qty=wire.number(tags.get(38)) or order.qty,
        ord_type=tags.get(40, ""),
        tif=tags.get(59, ""),
        price=wire.number(tags.get(44)),
        stop_px=wire.number(tags.get(99)),
        expire=tags.get(432, "") or tags.get(126, "")[:8],
        alloc_id=tags.get(70, order.alloc_id) if shares else order.alloc_id,
        shares=shares or order.shares,
        algo=wire.algo_of(message.pairs),
    )


def change_refusal(
    book: Book, message: Message, *, order: Order | None, known: Order | None
) -> Refusal | None:
    """Return (CxlRejReason, text) of a request that is refused on arrival, or None."""
    tags = message.tags
    replacing = tags[35] == "G"
    if order is None:
        return "1", "unknown order"
    if known is not None:
        return "6", "duplicate ClOrdID"
    if order.pending is not None:
        return "3", "a request is pending already"
    if tags[41] != order.cl_ord_id:
        return "1", f"OrigClOrdID is not the last accepted, {order.cl_ord_id}"
    if order.rejected or order.closed_as or not (order.is_open or replacing):
        return "0", "too late: the order is done"
    if replacing:
        wrong = refusal_of({55: order.symbol, **tags}) or book.desk.refusal(message, order)
        return None if wrong is None else ("2", wrong[1])
    return None


def _refuse_change(book: Book, message: Message, order: Order | None, refusal: Refusal) -> None:
    body = wire.cancel_reject(
        order=order,
        tags=message.tags,
        reason=refusal[0],
        text=refusal[1],
        response_to="1" if message.tags[35] == "F" else "2",
    )
    book.stats["change_rejects"] += 1
    book.send(message.session, "9", body, order_id=order.order_id if order else "")


def decide_pending(book: Book, order: Order) -> None:
    """Give the pending request its outcome, as the order stands now."""
    pending = order.pending
    if pending is None:
        return
    order.pending = None
    book.touch(order)
    cancelling = pending.msg_type == "F"
    refused = order.refuse in {"both", "cancel" if cancelling else "replace"}
    if refused or (cancelling and not order.is_open):
        reason = "2" if refused and not cancelling else "0"
        text = "replace refused" if reason == "2" else "too late to cancel"
        tags = {35: pending.msg_type, 11: pending.cl_ord_id}
        request = Message(session=order.session, pairs=[], tags=tags, repeated=False)
        _refuse_change(book, request, order, (reason, text))
    elif cancelling:
        _cancel(book, order, pending)
    else:
        _replace(book, order, pending)


def _cancel(book: Book, order: Order, pending: Pending) -> None:
    accepted = order.cl_ord_id
    _accept_id(order, pending.cl_ord_id)
    lifecycle.close(book, order, "4")
    book.report(order, Kind.CANCELED, orig_cl_ord_id=accepted)
    if order.on_cancel:
        book.set_script(order, order.on_cancel)
        runner.run_script(book, order)


def _replace(book: Book, order: Order, pending: Pending) -> None:
    accepted = order.cl_ord_id
    lifecycle.acknowledge(book, order)
    _accept_id(order, pending.cl_ord_id)
    order.replaced = True
    order.qty = max(pending.qty, order.cum_qty)
    order.ord_type = pending.ord_type or order.ord_type
    order.tif = pending.tif or order.tif
    order.price, order.stop_px = pending.price, pending.stop_px
    order.expire = pending.expire or order.expire
    order.alloc_id, order.shares = pending.alloc_id, pending.shares
    order.algo = pending.algo
    order.rested_at = -1
    lifecycle.trim(book, order)
    book.report(order, Kind.REPLACED, orig_cl_ord_id=accepted)
    book.desk.replaced(book, order)


def _accept_id(order: Order, cl_ord_id: str) -> None:
    order.cl_ord_id = cl_ord_id
    order.chain.append(cl_ord_id)


def status_request(book: Book, message: Message) -> None:
    """Answer an OrderStatusRequest (H)."""
    session, tags = message.session, message.tags
    order = book.find(session, tags[11])
    extra: Pairs = [(790, tags[790])] if tags.get(790) else []
    if order is None:
        body = wire.unknown_order_report(tags=tags, old=message.old, extra=extra)
        book.send(session, "8", body)
    else:
        book.report(order, Kind.STATUS, exec_id="0", extra=extra)


def mass_status(book: Book, message: Message) -> None:
    """Answer an OrderMassStatusRequest (AF): live orders, and those entered today."""
    session, tags = message.session, message.tags
    request: Pairs = [(584, tags[584])]
    found = [
        order
        for order in book.orders.values()
        if order.session == session
        and (order.is_open or order.entered_day == book.market.day)
        and (tags[585] != "1" or order.symbol == tags.get(55))
    ]
    if not found:
        extra = [*request, (911, "0"), (912, "Y")]
        book.send(session, "8", wire.unknown_order_report(tags=tags, old=False, extra=extra))
    for at, order in enumerate(found, 1):
        last = "Y" if at == len(found) else "N"
        extra = [*request, (911, str(len(found))), (912, last)]
        book.report(order, Kind.STATUS, exec_id="0", extra=extra)


def mass_cancel(book: Book, message: Message) -> None:
    """Answer an OrderMassCancelRequest (q): all orders (530=7) or those of a symbol (1)."""
    session, tags = message.session, message.tags
    if message.repeated:
        return
    scope = tags[530]
    head: Pairs = [(37, book.new_order_id()), (11, tags[11]), (530, scope)]
    if scope not in {"1", "7"}:
        book.send(session, "r", [*head, (531, "0"), (532, "0"), (58, "scope not supported")])
        return
    found = [
        order
        for order in book.live.values()
        if order.session == session
        and not order.parent
        and order.is_open
        and order.refuse not in {"cancel", "both"}
        and (scope == "7" or order.symbol == tags.get(55))
    ]
    book.send(session, "r", [*head, (531, scope), (533, str(len(found)))])
    for order in found:
        lifecycle.cancel(book, order, text=f"mass cancel {tags[11]}")


def _reject_as_told(book: Book, session: str, tags: Tags) -> None:
    msg_type, book.reject_next = book.reject_next, ""
    if msg_type == "3":
        body = wire.session_reject(tags, reason="5", text="rejected by command")
    else:
        body = wire.business_reject(tags, reason="0", text="rejected by command")
    book.send(session, msg_type, body)


def _positive(text: str | None) -> bool:
    value = wire.number(text)
    return value is not None and value > Decimal(0)


def _new_order_single(book: Book, message: Message) -> None:
    new_order(book, message)


HANDLERS: Final[dict[str, Handler]] = {
    "D": _new_order_single,
    "G": change_request,
    "F": change_request,
    "H": status_request,
    "AF": mass_status,
    "q": mass_cancel,
}
