"""Requests about orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tradeoms.app.handlers.amending import (
    booked,
    lacks_approval,
    open_placements,
    replacements_for,
    restate_allocation,
)
from tradeoms.app.handlers.answer import order_json
from tradeoms.app.handlers.checking import (
    blocking_rules,
    record_check,
)
from tradeoms.app.handlers.rechecking import compliance_refusal, recheck
from tradeoms.app.handlers.sharing import leave, withdraw
from tradeoms.app.sizing import NONE_AHEAD, Ahead, size_amended, size_new
from tradeoms.app.target import names_of
from tradeoms.app.turn import Turn
from tradeoms.domain.block.events import BlockFormed
from tradeoms.domain.custom.decide import check_new, merge
from tradeoms.domain.evaluation import Evaluation
from tradeoms.domain.kill.decide import refuse as refuse_killed
from tradeoms.domain.kill.scope import Target
from tradeoms.domain.order import commands as c
from tradeoms.domain.order import decide
from tradeoms.domain.order.events import (
    OrderAmendRequested,
    OrderCreated,
    OrderReleased,
    Stage,
)
from tradeoms.domain.order.lessening import lessens
from tradeoms.domain.order.rejection import OrderRejection
from tradeoms.domain.order.state import Order, Phase
from tradeoms.domain.order.status import is_draft
from tradeoms.domain.order.terms import check_manager
from tradeoms.domain.placement.decide import decide_cancel as decide_cancel_placement
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.reference.entitlement import roles_over
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, reject
from tradeoms.kernel.enums import Role
from tradeoms.kernel.records import replace
from tradeoms.projections.book import Book
from tradeoms.projections.paging import Scope


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


def may_trade(book: Book, trader: str, order: Order) -> bool:
    """True for an active trader for all funds of the order."""
    funds = [leg.fund for leg in order.legs]
    return Role.TRADER in roles_over(book.users.get(trader), funds)


def shows(scope: Scope, order: Order) -> bool:
    """True where the order may be seen in ``scope``."""
    people = (order.placed_by, order.portfolio_manager) if is_draft(order) else None
    return scope.shows([leg.fund for leg in order.legs], people)


@dataclass(frozen=True, slots=True)
class Entered:
    """An order that is entered and waits for its check, together with those that came with it."""

    order_id: str


def create_order(turn: Turn, command: c.CreateOrder) -> bytes | Entered | Rejected:
    """Enter an order; where it is submitted, its check is left to `check_entered`."""
    created = decide_one(turn, command, stamp=turn.stamp)
    if isinstance(created, Rejected):
        return created
    turn.emit(created, created.order_id)
    if command.submit:
        return Entered(created.order_id)
    return order_json(turn.book, created.order_id, turn.seq)


def check_entered(turn: Turn, order_ids: Sequence[str]) -> list[Evaluation]:
    """Check orders in the order they were entered, each seeing those before it as open."""
    orders = [turn.book.orders[order_id] for order_id in order_ids]
    return turn.pretrade.check_batch(orders, now=turn.at)


def finish_entered(turn: Turn, order_id: str, evaluation: Evaluation) -> bytes:
    """Put an entered order's check on record, and answer."""
    order = turn.book.orders[order_id]
    record_check(turn, order, evaluation, Stage.SUBMIT, reserved=True)
    return order_json(turn.book, order_id, turn.seq)


def decide_one(
    turn: Turn,
    command: c.CreateOrder,
    *,
    stamp: Stamp,
    ahead: Ahead = NONE_AHEAD,
    inherits: bool = False,
) -> OrderCreated | Rejected:
    """Decide a new order, its size resolved.

    Args:
        turn: The batch.
        command: The request.
        stamp: When, by whom, under which ids.
        ahead: The orders of its batch before it.
        inherits: True where its custom values and portfolio manager are those of the order that it
            was a part of.
    """
    book = turn.book
    security = find_security(turn, command.scheme, command.security)
    refused = _refuse_entry(turn, command, security, stamp)
    if refused is not None:
        return refused
    found = size_new(turn.pretrade, command, security, ahead)
    if isinstance(found, Rejected):
        return found
    command, sized = found
    key = (stamp.actor, command.client_order_id)
    decided = decide.decide_create(
        command,
        security=security,
        funds=book.funds,
        used_by=book.client_orders.get(key) or turn.used_ids.get(key, ""),
        today=turn.pretrade.today(stamp.at),
        stamp=stamp,
        sized=sized,
    )
    wrong = [] if inherits else [*_check_manager(turn, command), *_check_custom(turn, command)]
    if isinstance(decided, Rejected):
        return replace(decided, refusals=(*decided.refusals, *wrong))
    if wrong:
        return Rejected(refusals=tuple(wrong))
    return replace(decided[0], custom=merge((), command.custom, book.custom_fields))


def _check_manager(turn: Turn, command: c.CreateOrder) -> list[Refusal]:
    named = turn.book.users.get(command.portfolio_manager)
    return check_manager(command, actor=turn.stamp.actor, named=named)


def _check_custom(turn: Turn, command: c.CreateOrder) -> list[Refusal]:
    known = turn.book.custom_fields
    if not (known.fields or command.custom):
        return []
    roles = roles_over(turn.book.users.get(turn.stamp.actor), command.funds)
    return check_new(command.custom, known=known, roles=roles)


def _refuse_entry(
    turn: Turn, command: c.CreateOrder, security: Security | None, stamp: Stamp
) -> Rejected | None:
    """Refuse a new order that an active kill switch stops."""
    switches = turn.book.active_kills
    if not switches or security is None:
        return None
    target = Target(
        funds=frozenset(command.funds),
        people=frozenset({command.portfolio_manager, stamp.actor} - {""}),
        destination=None,
        securities=names_of(security),
    )
    return refuse_killed(switches.values(), target)


def submit_order(turn: Turn, command: c.SubmitOrder) -> bytes | Rejected:
    """Check a draft, or a blocked or held order again."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    refused = decide.decide_submit(order)
    if refused is not None:
        return refused
    record_check(turn, order, turn.pretrade.check_submitted(order, now=turn.at), Stage.SUBMIT)
    return order_json(turn.book, order.id, turn.seq)


def approve_order(turn: Turn, command: c.ApproveOrder) -> bytes | Rejected:
    """Give the second approval."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    decided = decide.decide_approve(order, turn.stamp)
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
    fit = may_trade(turn.book, command.trader, order)
    decided = decide.decide_release(command, order, fit=fit, stamp=turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    refused = recheck(turn, order, Stage.RELEASE)
    if refused is not None:
        return refused
    released = decide.decide_acknowledged(command, turn.book.orders[order.id], decided[0])
    if isinstance(released, Rejected):
        return released
    hand_to_desk(turn, order, released, block_id=turn.stamp.id("blk"))
    return order_json(turn.book, order.id, turn.seq)


def hand_to_desk(turn: Turn, order: Order, released: OrderReleased, *, block_id: str) -> None:
    """Release a checked order, and form its block of one where it has none."""
    turn.emit(released, order.id)
    if order.id not in turn.book.block_of:
        formed = BlockFormed(
            block_id=block_id,
            order_ids=(order.id,),
            security_id=order.security_id,
            side=order.side,
            at=turn.at,
        )
        turn.emit(formed, block_id)
    turn.reserve(order.id)


def hold_order(turn: Turn, command: c.HoldOrder) -> bytes | Rejected:
    """Stop the order from being placed."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    decided = decide.decide_hold(command, order, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], order.id)
    withdraw(turn, order)
    turn.reserve(order.id)
    return order_json(turn.book, order.id, turn.seq)


def cancel_order(turn: Turn, command: c.CancelOrder) -> bytes | Rejected:
    """Cancel at once, or ask every broker that holds a part."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    working = open_placements(turn, order)
    decided = decide.decide_cancel(
        command,
        order,
        at_brokers=bool(working),
        waiting=all(
            placement.is_leaving(order.id) and (placement.parts or placement.cancel_awaited)
            for placement in working
        ),
        stamp=turn.stamp,
    )
    if isinstance(decided, Rejected):
        return decided
    for event in decided:
        turn.emit(event, order.id)
    for placement in working:
        if placement.parts:
            leave(turn, placement, order)
        else:
            cancel_placement(turn, placement)
    turn.reserve(order.id)
    return order_json(turn.book, order.id, turn.seq)


def cancel_placement(turn: Turn, placement: Placement, mass_cancel: str = "") -> None:
    """Ask for the cancellation of a placement; nothing where one is awaited already."""
    stamp = replace(turn.stamp, cl_ord_id=turn.identity.next_cl_ord_id())
    decided = decide_cancel_placement(placement=placement, stamp=stamp, mass_cancel=mass_cancel)
    if not isinstance(decided, Rejected):
        turn.emit(decided[0], placement.id)


def amend_order(turn: Turn, command: c.AmendOrder) -> bytes | Rejected:
    """Change the terms at once, or ask the brokers that hold a part first."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    found = size_amended(turn.pretrade, command, order)
    if isinstance(found, Rejected):
        return found
    command, sized = found
    security = turn.book.securities[order.security_id]
    terms = decide.amended_terms(command, order)
    replacements = replacements_for(turn, order, terms)
    if isinstance(replacements, Rejected):
        return replacements
    decided = decide.decide_amend(
        command,
        order=order,
        booked=booked(turn, order),
        security=security,
        funds=turn.book.funds,
        at_brokers=bool(replacements),
        today=turn.pretrade.today(turn.at),
        stamp=turn.stamp,
        sized=sized,
    )
    if isinstance(decided, Rejected):
        return decided
    submitted = order.phase is not Phase.DRAFT
    wanted = replace(order, order_type=terms.order_type, limit_price=terms.limit_price)
    evaluation = turn.pretrade.check(wanted, now=turn.at, legs=terms.legs) if submitted else None
    out = bool(replacements) or order.phase is Phase.RELEASED
    less = lessens(order, terms)
    if evaluation is not None and not (evaluation.action.allows or less) and out:
        return compliance_refusal(evaluation, blocking_rules(evaluation))
    if replacements and lacks_approval(turn, order, terms):
        detail = "the new terms need a second approval, and a broker holds the old ones"
        return reject(OrderRejection.NOT_APPROVED, detail, field="order", value=order.id)
    event = decided[0]
    turn.emit(event, order.id)
    if isinstance(event, OrderAmendRequested):
        for request in replacements:
            turn.emit(request, request.placement_id)
    else:
        restate_allocation(turn, event)
    if evaluation is not None:
        binding = not (less and order.phase in (Phase.APPROVED, Phase.RELEASED))
        amended = turn.book.orders[order.id]
        record_check(turn, amended, evaluation, Stage.AMEND, binding=binding)
    turn.reserve(order.id)
    return order_json(turn.book, order.id, turn.seq)
