"""Many orders in one request: decided line by line, checked in one pass."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import msgspec

from tradeoms.app.handlers.answer import order_line
from tradeoms.app.handlers.checking import record_check
from tradeoms.app.handlers.orders import decide_one, stamp_of
from tradeoms.app.sizing import as_open, note_ahead
from tradeoms.app.turn import Turn
from tradeoms.domain.catalog import CreateOrders
from tradeoms.domain.evaluation import OpenOrder
from tradeoms.domain.order import commands as c
from tradeoms.domain.order.events import OrderCreated, Stage
from tradeoms.domain.order.rejection import OrderRejection
from tradeoms.domain.order.state import Order
from tradeoms.domain.reference.events import RequestRefused
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, reject


def create_orders(turn: Turn, command: CreateOrders) -> bytes | Rejected:
    """Enter many orders; the checks run in the order of the list, each seeing those before it."""
    decided = _refuse_twins(command, _decide_each(turn, command.orders))
    if command.atomic and any(isinstance(item, Rejected) for item in decided):
        return _all_refused(decided)
    submitted: list[Order] = []
    for order, item in zip(command.orders, decided, strict=True):
        if not isinstance(item, Rejected):
            turn.emit(item, item.order_id)
            if order.submit:
                submitted.append(turn.book.orders[item.order_id])
    evaluations = turn.pretrade.check_batch(submitted, now=turn.at) if submitted else []
    for checked, evaluation in zip(submitted, evaluations, strict=True):
        record_check(turn, checked, evaluation, Stage.SUBMIT, reserved=True)
    for order, item in zip(command.orders, decided, strict=True):
        if isinstance(item, Rejected):
            _note_refused(turn, order, item)
    return _batch_answer(turn, decided)


def _decide_each(turn: Turn, orders: Sequence[c.CreateOrder]) -> list[OrderCreated | Rejected]:
    """Decide one by one; what comes before counts as open for the sizes of what comes behind."""
    base, decided = stamp_of(turn), list[OrderCreated | Rejected]()
    ahead: dict[tuple[str, str], list[OpenOrder]] = {}
    for number, order in enumerate(orders):
        item = decide_one(turn, order, stamp=_numbered(base, number), ahead=ahead)
        decided.append(item)
        if isinstance(item, OrderCreated):
            note_ahead(ahead, as_open(item))
    return decided


def _numbered(stamp: Stamp, number: int) -> Stamp:
    """The stamp of one order of a batch: `base-0001` sorts behind `base` and before the next."""
    return Stamp(
        at=stamp.at,
        actor=stamp.actor,
        base=f"{stamp.base}-{number:05d}",
        cl_ord_id=stamp.cl_ord_id,
    )


def _refuse_twins(
    command: CreateOrders, decided: list[OrderCreated | Rejected]
) -> list[OrderCreated | Rejected]:
    """Refuse the second of two orders of a batch that have the same client_order_id."""
    seen: set[str] = set()
    answers: list[OrderCreated | Rejected] = []
    for order, item in zip(command.orders, decided, strict=True):
        own = order.client_order_id
        twin = own in seen and not isinstance(item, Rejected)
        answers.append(_twin_refused(own) if twin else item)
        seen.add(own)
    return answers


def _note_refused(turn: Turn, order: c.CreateOrder, rejected: Rejected) -> None:
    """Put on record that one order of a batch was refused while others were taken."""
    actor = stamp_of(turn).actor
    refused = RequestRefused(
        command="CreateOrder",
        subject=order.client_order_id,
        actor=actor,
        codes=tuple(dict.fromkeys(r.code.value for r in rejected.refusals)),
        detail="; ".join(r.detail for r in rejected.refusals)[:2000],
        body_sha256=hashlib.sha256(msgspec.json.encode(order)).hexdigest(),
        evidence=rejected.evidence,
        at=turn.at,
    )
    turn.emit(refused, f"usr_{actor}")


def _twin_refused(client_order_id: str) -> Rejected:
    code = OrderRejection.CLIENT_ORDER_ID_USED
    detail = "it stands in this batch twice"
    return reject(code, detail, field="client_order_id", value=client_order_id)


def _all_refused(decided: list[OrderCreated | Rejected]) -> Rejected:
    refusals: list[Refusal] = []
    for number, item in enumerate(decided):
        if isinstance(item, Rejected):
            refusals += [
                replace(refusal, field=f"orders/{number}/{refusal.field}")
                for refusal in item.refusals
            ]
    return Rejected(refusals=tuple(refusals))


def _batch_answer(turn: Turn, decided: list[OrderCreated | Rejected]) -> bytes:
    lines: list[dict[str, object]] = []
    for item in decided:
        if isinstance(item, Rejected):
            problems = [
                {"code": r.code.value, "detail": r.detail, "field": r.field, "value": r.value}
                for r in item.refusals
            ]
            lines.append({"status": "refused", "problems": problems})
        else:
            lines.append(order_line(turn.book, turn.book.orders[item.order_id], turn.seq))
    return msgspec.json.encode({"data": lines})
