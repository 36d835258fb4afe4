"""Requests about orders."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import msgspec

from tradeoms.app.handlers.answer import order_json, order_line
from tradeoms.app.handlers.checking import blocking_verdicts, record_check, rule_name
from tradeoms.app.turn import Turn
from tradeoms.domain.allocation.events import AllocationStated
from tradeoms.domain.block.events import BlockFormed
from tradeoms.domain.catalog import CreateOrders
from tradeoms.domain.evaluation import Evaluation
from tradeoms.domain.order import commands as c
from tradeoms.domain.order import decide
from tradeoms.domain.order.events import (
    OrderAmended,
    OrderAmendRequested,
    OrderCreated,
    OrderReleased,
    Stage,
)
from tradeoms.domain.order.rejection import OrderRejection
from tradeoms.domain.order.state import Order, Phase
from tradeoms.domain.placement.decide import decide_cancel as decide_cancel_placement
from tradeoms.domain.placement.events import CancelRequested, ReplaceRequested
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, reject
from tradeoms.kernel.numbers import ZERO

POLICY = "pro_rata_remaining/1"


def find_security(turn: Turn, scheme: str, value: str) -> Security | None:
    """The security that an identifier names."""
    if scheme == "id":
        return turn.book.securities.get(value)
    security_id = turn.book.identifiers.get((scheme, value))
    return turn.book.securities.get(security_id) if security_id else None


def find_order(turn: Turn, order_id: str) -> Order | Rejected:
    """The order, or the refusal that it is not known."""
    order = turn.book.orders.get(order_id)
    if order is None:
        code = OrderRejection.ORDER_UNKNOWN
        return reject(code, "no such order", field="order", value=order_id)
    return order


def create_order(turn: Turn, command: c.CreateOrder) -> bytes | Rejected:
    """Enter an order, and check it where it is submitted."""
    created = _decide_create(turn, command, stamp=_stamp(turn))
    if isinstance(created, Rejected):
        return created
    turn.emit(created, created.order_id)
    order = turn.book.orders[created.order_id]
    if command.submit:
        evaluation = turn.pretrade.check(order, now=turn.at)
        record_check(turn, order, evaluation, Stage.SUBMIT)
    return order_json(turn.book, order.id, turn.seq)


def create_orders(turn: Turn, command: CreateOrders) -> bytes | Rejected:
    """Enter many orders; the checks run in the order of the list, each seeing those before it."""
    base = _stamp(turn)
    decided = [
        _decide_create(turn, order, stamp=_numbered(base, number))
        for number, order in enumerate(command.orders)
    ]
    decided = _refuse_twins(command, decided)
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
        record_check(turn, checked, evaluation, Stage.SUBMIT)
    return _batch_answer(turn, decided)


def _stamp(turn: Turn) -> Stamp:
    assert turn.stamp is not None
    return turn.stamp


def _numbered(stamp: Stamp, number: int) -> Stamp:
    """The stamp of one order of a batch: `base-0001` sorts behind `base` and before the next."""
    return replace(stamp, base=f"{stamp.base}-{number:05d}")


def _decide_create(turn: Turn, command: c.CreateOrder, *, stamp: Stamp) -> OrderCreated | Rejected:
    book = turn.book
    key = (stamp.actor, command.client_order_id)
    decided = decide.decide_create(
        command,
        security=find_security(turn, command.scheme, command.security),
        funds=book.funds,
        used_by=book.client_orders.get(key) or turn.used_ids.get(key, ""),
        today=turn.pretrade.today(stamp.at),
        stamp=stamp,
    )
    return decided if isinstance(decided, Rejected) else decided[0]


def _refuse_twins(
    command: CreateOrders, decided: list[OrderCreated | Rejected]
) -> list[OrderCreated | Rejected]:
    """Refuse the second of two orders of a batch that have the same client_order_id."""
    seen: set[str] = set()
    answers: list[OrderCreated | Rejected] = []
    for order, item in zip(command.orders, decided, strict=True):
        if order.client_order_id in seen and not isinstance(item, Rejected):
            code = OrderRejection.CLIENT_ORDER_ID_USED
            detail = "it stands in this batch twice"
            item = reject(code, detail, field="client_order_id", value=order.client_order_id)
        seen.add(order.client_order_id)
        answers.append(item)
    return answers


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


def submit_order(turn: Turn, command: c.SubmitOrder) -> bytes | Rejected:
    """Check a draft, or a blocked or held order again."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    refused = decide.decide_submit(order)
    if refused is not None:
        return refused
    record_check(turn, order, turn.pretrade.check(order, now=turn.at), Stage.SUBMIT)
    return order_json(turn.book, order.id, turn.seq)


def approve_order(turn: Turn, command: c.ApproveOrder) -> bytes | Rejected:
    """Give the second approval."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    decided = decide.decide_approve(order, _stamp(turn))
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], order.id)
    turn.reserve(order.id)
    return order_json(turn.book, order.id, turn.seq)


def release_order(turn: Turn, command: c.ReleaseOrder) -> bytes | Rejected:
    """Hand the order to the desk, after compliance looked once more; form its block of one."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    decided = decide.decide_release(command, order, _stamp(turn))
    if isinstance(decided, Rejected):
        return decided
    refused = recheck(turn, order, Stage.RELEASE)
    if refused is not None:
        return refused
    released: OrderReleased = decided[0]
    turn.emit(released, order.id)
    if order.id not in turn.book.block_of:
        block_id = _stamp(turn).id("blk")
        formed = BlockFormed(
            block_id=block_id,
            order_ids=(order.id,),
            security_id=order.security_id,
            side=order.side,
            at=turn.at,
        )
        turn.emit(formed, block_id)
    turn.reserve(order.id)
    return order_json(turn.book, order.id, turn.seq)


def recheck(turn: Turn, order: Order, stage: Stage) -> Rejected | None:
    """Check an approved order again; where it no longer passes it goes back, and the step is refused."""
    evaluation = turn.pretrade.check(order, now=turn.at)
    after = record_check(turn, order, evaluation, stage)
    if after.phase in (Phase.APPROVED, Phase.RELEASED):
        return None
    return compliance_refusal(evaluation, after.unwaived)


def compliance_refusal(evaluation: Evaluation, rules: tuple[str, ...]) -> Rejected:
    """The refusal that tells which rules are in the way, with their arithmetic in words."""
    refusals = [
        Refusal(
            code=OrderRejection.COMPLIANCE_BLOCK,
            detail=verdict.explanation or f"{rule_name(verdict)}: {verdict.outcome}",
            field="order",
            value=rule_name(verdict),
        )
        for verdict in blocking_verdicts(evaluation)
        if rule_name(verdict) in rules
    ]
    if not refusals:
        return reject(OrderRejection.COMPLIANCE_BLOCK, "the order waits for a person")
    return Rejected(refusals=tuple(refusals))


def hold_order(turn: Turn, command: c.HoldOrder) -> bytes | Rejected:
    """Stop the order from being placed."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    decided = decide.decide_hold(command, order, _stamp(turn))
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], order.id)
    turn.reserve(order.id)
    return order_json(turn.book, order.id, turn.seq)


def cancel_order(turn: Turn, command: c.CancelOrder) -> bytes | Rejected:
    """Cancel at once, or ask every broker that holds a part."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    working = open_placements(turn, order)
    decided = decide.decide_cancel(
        command, order, at_brokers=bool(working), stamp=_stamp(turn)
    )
    if isinstance(decided, Rejected):
        return decided
    for event in decided:
        turn.emit(event, order.id)
    for placement in working:
        cancel_placement(turn, placement)
    turn.reserve(order.id)
    return order_json(turn.book, order.id, turn.seq)


def open_placements(turn: Turn, order: Order) -> list[Placement]:
    """The placements of the order that a broker may still execute."""
    return [p for p in turn.book.placements_for(order.id) if p.is_open]


def cancel_placement(turn: Turn, placement: Placement) -> None:
    """Ask for the cancellation of a placement; nothing where one is asked for already."""
    stamp = replace(_stamp(turn), cl_ord_id=turn.identity.next_cl_ord_id())
    decided = decide_cancel_placement(placement=placement, stamp=stamp)
    if not isinstance(decided, Rejected):
        turn.emit(decided[0], placement.id)


def amend_order(turn: Turn, command: c.AmendOrder) -> bytes | Rejected:
    """Change the terms at once, or ask the brokers that hold a part first."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    security = turn.book.securities[order.security_id]
    terms = decide.amended_terms(command, order)
    replacements = _replacements(turn, order, terms)
    if isinstance(replacements, Rejected):
        return replacements
    decided = decide.decide_amend(
        command,
        order=order,
        booked=_booked(turn, order),
        security=security,
        funds=turn.book.funds,
        at_brokers=bool(replacements),
        stamp=_stamp(turn),
    )
    if isinstance(decided, Rejected):
        return decided
    submitted = order.phase is not Phase.DRAFT
    evaluation = (
        turn.pretrade.check(order, now=turn.at, legs=terms.legs, limit_price=terms.limit_price)
        if submitted
        else None
    )
    if evaluation is not None and not evaluation.action.allows and order.phase is Phase.RELEASED:
        rules = tuple(rule_name(verdict) for verdict in blocking_verdicts(evaluation))
        return compliance_refusal(evaluation, rules)
    event = decided[0]
    turn.emit(event, order.id)
    if isinstance(event, OrderAmendRequested):
        for request in replacements:
            turn.emit(request, request.placement_id)
    else:
        restate_allocation(turn, event)
    if evaluation is not None:
        record_check(turn, turn.book.orders[order.id], evaluation, Stage.AMEND)
    turn.reserve(order.id)
    return order_json(turn.book, order.id, turn.seq)


def _booked(turn: Turn, order: Order) -> dict[str, Decimal]:
    allocation = turn.book.allocations.get(order.id)
    if allocation is None:
        return {}
    return {share.fund: share.quantity for share in allocation.shares if share.quantity}


def restate_allocation(turn: Turn, event: OrderAmended) -> None:
    """State the split anew where one was stated: what is still to come follows the new terms."""
    allocation = turn.book.allocations.get(event.order_id)
    if allocation is None or allocation.stated == event.legs:
        return
    stated = AllocationStated(
        order_id=event.order_id,
        block_id=allocation.block_id,
        number=allocation.number + 1,
        legs=event.legs,
        policy=POLICY,
        at=event.at,
    )
    turn.emit(stated, event.order_id)


def _replacements(
    turn: Turn, order: Order, terms: c.CreateOrder
) -> list[ReplaceRequested | CancelRequested] | Rejected:
    """The requests that bring the open placements under the new terms.

    Prices follow on every open placement. A smaller quantity is taken from the newest placements
    first; a larger one goes to the placement where a single open one holds the whole order.
    """
    working = open_placements(turn, order)
    committed = sum((p.committed_qty for p in turn.book.placements_for(order.id)), ZERO)
    excess = committed - terms.quantity
    grows = committed == order.quantity and len(working) == 1 and excess < 0
    repriced = (terms.limit_price, terms.stop_price) != (order.limit_price, order.stop_price)
    if not working or not (repriced or grows or excess > 0):
        return []
    if any(placement.requests for placement in working):
        detail = "a request is waiting for a broker's answer; try again after it"
        return reject(OrderRejection.AMEND_PENDING, detail, field="order", value=order.id)
    requests: list[ReplaceRequested | CancelRequested] = []
    for placement in reversed(working):
        cut = min(max(excess, ZERO), placement.leaves_qty)
        quantity = placement.quantity - (excess if grows else cut)
        excess -= cut
        if quantity != placement.quantity or repriced:
            requests.append(_replacement(turn, placement, terms, quantity=quantity))
    return requests


def _replacement(
    turn: Turn, placement: Placement, terms: c.CreateOrder, *, quantity: Decimal
) -> ReplaceRequested | CancelRequested:
    """Ask for the new terms; where nothing would be left to execute, for cancellation."""
    cl_ord_id = turn.identity.next_cl_ord_id()
    if quantity <= placement.cum_qty:
        return CancelRequested(
            placement_id=placement.id,
            cl_ord_id=cl_ord_id,
            orig_cl_ord_id=placement.cl_ord_id,
            at=turn.at,
        )
    return ReplaceRequested(
        placement_id=placement.id,
        cl_ord_id=cl_ord_id,
        orig_cl_ord_id=placement.cl_ord_id,
        quantity=quantity,
        limit_price=terms.limit_price if placement.limit_price is not None else None,
        stop_price=terms.stop_price if placement.stop_price is not None else None,
        at=turn.at,
    )
