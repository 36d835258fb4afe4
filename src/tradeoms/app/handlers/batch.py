"""Many orders at once: each answered on its own, or all or none of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec

from tradeoms.app.handlers.answer import order_line
from tradeoms.app.handlers.checking import record_check
from tradeoms.app.handlers.orders import decide_one
from tradeoms.app.sizing import as_open, note_ahead
from tradeoms.app.turn import Turn
from tradeoms.domain.catalog import CreateOrders
from tradeoms.domain.evaluation import OpenOrder
from tradeoms.domain.order.commands import CreateOrder
from tradeoms.domain.order.events import OrderCreated, Stage
from tradeoms.domain.order.rejection import OrderRejection
from tradeoms.domain.order.state import Order
from tradeoms.domain.reference.events import RequestRefused
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, reject
from tradeoms.kernel.records import replace

Decided = OrderCreated | Rejected


def create_orders(turn: Turn, command: CreateOrders) -> bytes | Rejected:
    """Enter many orders; the checks run in the order of the list, each seeing those before it."""
    decided = decide_all(turn, command.orders)
    if command.atomic and any(isinstance(item, Rejected) for item in decided):
        return all_refused(decided)
    enter_all(turn, command.orders, decided)
    return msgspec.json.encode({"data": [line_of(turn, item) for item in decided]})


def decide_all(turn: Turn, orders: Sequence[CreateOrder]) -> list[Decided]:
    """Decide about each order as it would be entered alone, and refuse twins.

    What comes before counts as open for the sizes of what comes behind.
    """
    base, decided = turn.stamp, list[Decided]()
    ahead: dict[tuple[str, str], list[OpenOrder]] = {}
    seen: set[str] = set()
    for number, order in enumerate(orders):
        item = decide_one(turn, order, stamp=numbered(base, number), ahead=ahead)
        if isinstance(item, OrderCreated):
            if order.client_order_id in seen:
                item = _twin_refused(order.client_order_id)
            else:
                note_ahead(ahead, as_open(item))
        seen.add(order.client_order_id)
        decided.append(item)
    return decided


def enter_all(turn: Turn, orders: Sequence[CreateOrder], decided: Sequence[Decided]) -> None:
    """Enter what was decided, check what is submitted, and note what was refused."""
    submitted: list[Order] = []
    for order, item in zip(orders, decided, strict=True):
        if not isinstance(item, Rejected):
            turn.emit(item, item.order_id)
            if order.submit:
                submitted.append(turn.book.orders[item.order_id])
    evaluations = turn.pretrade.check_batch(submitted, now=turn.at) if submitted else []
    for checked, evaluation in zip(submitted, evaluations, strict=True):
        record_check(turn, checked, evaluation, Stage.SUBMIT, reserved=True)
    for order, item in zip(orders, decided, strict=True):
        if isinstance(item, Rejected):
            note_refused(turn, "CreateOrder", order.client_order_id, order, item)


def numbered(stamp: Stamp, number: int) -> Stamp:
    """The stamp of one order of a batch: `base-00001` sorts behind `base` and before the next."""
    return replace(stamp, base=f"{stamp.base}-{number:05d}")


def line_of(turn: Turn, item: Decided) -> dict[str, object]:
    """What became of one order, for the batch's answer."""
    if isinstance(item, Rejected):
        return {"status": "refused", "problems": problems_of(item)}
    return order_line(turn.book, turn.book.orders[item.order_id], turn.seq)


def problems_of(rejected: Rejected) -> list[dict[str, str]]:
    """Every reason of a refusal, for a batch's answer."""
    return [
        {"code": r.code.value, "detail": r.detail, "field": r.field, "value": r.value}
        for r in rejected.refusals
    ]


def all_refused(decided: Sequence[object]) -> Rejected:
    """The refusal of a whole batch: every reason, with the number of the order it is about."""
    refusals: list[Refusal] = []
    for number, item in enumerate(decided):
        if isinstance(item, Rejected):
            refusals += [
                replace(refusal, field=f"orders/{number}/{refusal.field}")
                for refusal in item.refusals
            ]
    return Rejected(refusals=tuple(refusals))


def note_refused(turn: Turn, name: str, subject: str, body: object, rejected: Rejected) -> None:
    """Put on record that one request of many was refused while others were carried out."""
    actor = turn.stamp.actor
    refused = RequestRefused(
        command=name,
        subject=subject,
        actor=actor,
        codes=tuple(dict.fromkeys(r.code.value for r in rejected.refusals)),
        detail="; ".join(r.detail for r in rejected.refusals)[:2000],
        body_sha256=hashlib.sha256(msgspec.json.encode(body)).hexdigest(),
        evidence=rejected.evidence,
        at=turn.at,
    )
    turn.emit(refused, f"usr_{actor}")


def _twin_refused(client_order_id: str) -> Rejected:
    code = OrderRejection.CLIENT_ORDER_ID_USED
    detail = "it stands in this batch twice"
    return reject(code, detail, field="client_order_id", value=client_order_id)
