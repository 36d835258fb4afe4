"""Decides requests about orders. Every reason for a refusal is told at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from tradeoms.domain.order import commands as c
from tradeoms.domain.order import events as e
from tradeoms.domain.order.desk import refuse_unfit
from tradeoms.domain.order.lessening import lessens, life_of
from tradeoms.domain.order.rejection import OrderRejection
from tradeoms.domain.order.sizing import Sized
from tradeoms.domain.order.state import Order, Phase
from tradeoms.domain.order.terms import (
    check_identity,
    check_legs,
    check_place,
    check_prices,
    check_security,
    check_terms,
    check_texts,
    check_unexecuted,
    check_waiting,
    kept_life,
    refusal,
)
from tradeoms.domain.reference.state import Fund, Security
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, reject
from tradeoms.kernel.enums import TimeInForce
from tradeoms.kernel.numbers import ZERO, plain
from tradeoms.kernel.text import is_printable


def decide_create(  # noqa: PLR0913  # all that bears on a new order
    command: c.CreateOrder,
    *,
    security: Security | None,
    funds: dict[str, Fund],
    used_by: str,
    today: date,
    stamp: Stamp,
    sized: Sized | None = None,
) -> list[e.OrderCreated] | Rejected:
    """Decide to record an order.

    Args:
        command: The request.
        security: What its identifier names; `None` where nothing.
        funds: The funds that exist, by code.
        used_by: Id of the order that has the same `client_order_id`, or empty.
        today: The trading day, for expiry.
        stamp: Time, person and ids.
        sized: The size that the quantities of ``command`` came from, where they did.
    """
    refusals = [
        *check_identity(command, used_by),
        *check_security(command, security),
        *check_legs(command.legs, quantity=command.quantity, funds=funds, security=security),
        *check_terms(command, security=security, today=today),
        *check_texts(command),
        *check_waiting(command, security=security, now=stamp.at),
        *check_place(command, funds=funds),
    ]
    if refusals:
        return Rejected(refusals=tuple(refusals))
    assert security is not None
    return [
        e.OrderCreated(
            order_id=stamp.id("ord"),
            client=stamp.actor,
            client_order_id=command.client_order_id,
            security_id=security.id,
            side=command.side,
            quantity=command.quantity,
            order_type=command.order_type,
            limit_price=command.limit_price,
            stop_price=command.stop_price,
            time_in_force=kept_life(command.order_type, command.time_in_force),
            expire_on=command.expire_on,
            legs=command.legs,
            reason=command.reason,
            instructions=command.instructions,
            portfolio_manager=command.portfolio_manager or stamp.actor,
            placed_by=stamp.actor,
            venue=command.venue,
            cross_with=command.cross_with,
            sizing=sized,
            source=command.source,
            good_from=command.good_from,
            trigger=command.trigger,
            unexecuted=command.unexecuted,
            custom=command.custom,
            at=stamp.at,
        )
    ]


def amended_terms(command: c.AmendOrder, order: Order) -> c.CreateOrder:
    """The terms the order would have, as if it were entered anew."""
    quantity = order.quantity if command.quantity is None else command.quantity
    legs = command.legs
    if legs is None:
        single = len(order.legs) == 1
        legs = (c.Leg(fund=order.legs[0].fund, quantity=quantity),) if single else order.legs
    kind = command.order_type or order.order_type
    life = kept_life(kind, command.time_in_force or order.time_in_force)
    last_day = order.expire_on if life is TimeInForce.GTD else None
    limit_price = order.limit_price if kind.may_have_limit else None
    stop_price = order.stop_price if kind.needs_stop else None
    return c.CreateOrder(
        client_order_id=order.client_order_id,
        scheme="id",
        security=order.security_id,
        side=order.side,
        quantity=quantity,
        order_type=kind,
        legs=legs,
        limit_price=limit_price if command.limit_price is None else command.limit_price,
        stop_price=stop_price if command.stop_price is None else command.stop_price,
        time_in_force=life,
        expire_on=last_day if command.expire_on is None else command.expire_on,
        unexecuted=order.unexecuted,
        reason=order.reason if command.reason is None else command.reason,
        instructions=order.instructions if command.instructions is None else command.instructions,
        portfolio_manager=order.portfolio_manager,
    )


def decide_amend(  # noqa: PLR0913  # all that bears on an amendment
    command: c.AmendOrder,
    *,
    order: Order,
    booked: dict[str, Decimal],
    security: Security,
    funds: dict[str, Fund],
    at_brokers: bool,
    today: date,
    stamp: Stamp,
    sized: Sized | None = None,
) -> list[e.OrderAmended | e.OrderAmendRequested] | Rejected:
    """Decide to change the terms, at once or once the brokers agree (``at_brokers``).

    Args:
        command: The request.
        order: The order now.
        booked: Units each fund has of it; no leg may go below.
        security: What is traded.
        funds: The funds that exist.
        at_brokers: True where live placements must be replaced first.
        today: Trading day.
        stamp: Time, person and ids.
        sized: The size that new quantities came from, where they did.
    """
    code = OrderRejection
    refused = _refuse_change(order)
    if refused is not None:
        return refused
    if command.expected_version != order.version:
        detail = f"the order is at version {order.version}"
        return reject(code.VERSION_STALE, detail, field="If-Match", value=command.expected_version)
    terms = amended_terms(command, order)
    refusals = [
        *check_legs(terms.legs, quantity=terms.quantity, funds=funds, security=security),
        *_check_life(terms, order, security=security, today=today),
        *check_texts(terms),
        *_check_booked(terms, booked),
    ]
    if refusals:
        return Rejected(refusals=tuple(refusals))
    values = {
        "quantity": terms.quantity,
        "legs": terms.legs,
        "limit_price": terms.limit_price,
        "stop_price": terms.stop_price,
        "instructions": terms.instructions,
        "reason": terms.reason,
    }
    life = {
        "order_type": terms.order_type,
        "time_in_force": terms.time_in_force,
        "expire_on": terms.expire_on,
    }
    same_split = (terms.quantity, terms.legs) == (order.quantity, order.legs)
    sizing = order.sizing if sized is None and same_split else sized
    if all(getattr(order, name) == value for name, value in (*values.items(), *life.items())):
        return reject(code.NOTHING_CHANGED, "the new terms are the old ones")
    said = {
        "order_id": order.id, "at": stamp.at, "sizing": sizing, "amended_by": stamp.actor, **values
    }  # fmt: skip
    if at_brokers:
        return [e.OrderAmendRequested(**said)]  # type: ignore[arg-type]  # as above
    return [e.OrderAmended(**said, **life, lessens=lessens(order, terms))]  # type: ignore[arg-type]  # as above


def _check_life(
    terms: c.CreateOrder, order: Order, *, security: Security, today: date
) -> list[Refusal]:
    """The prices; where it shall be of another type or life, all that is asked on entry."""
    if life_of(terms) == life_of(order):
        return check_prices(
            terms.order_type, limit_price=terms.limit_price, stop_price=terms.stop_price,
            security=security,
        )  # fmt: skip
    return [*check_terms(terms, security=security, today=today), *check_unexecuted(terms)]


def _check_booked(terms: c.CreateOrder, booked: dict[str, Decimal]) -> list[Refusal]:
    """No fund may be left with less than it has, and something must be left to do."""
    wanted = {leg.fund: leg.quantity for leg in terms.legs}
    refusals = [
        refusal(
            OrderRejection.BELOW_BOOKED, f"{plain(units)} are executed for the fund",
            "allocations", f"{fund}: {plain(wanted.get(fund, ZERO))}",
        )
        for fund, units in booked.items()
        if units > wanted.get(fund, ZERO)
    ]  # fmt: skip
    if not refusals and booked and sum(booked.values(), ZERO) >= terms.quantity:
        detail = "all of it is executed; cancel the rest instead"
        refusals.append(refusal(OrderRejection.BELOW_BOOKED, detail, "quantity", terms.quantity))
    return refusals


def _refuse_change(order: Order) -> Rejected | None:
    code = OrderRejection
    if order.is_closed:
        return reject(code.ORDER_CLOSED, "nothing of it is open", field="order", value=order.id)
    if order.phase is Phase.CANCELING:
        detail = "its cancellation is under way"
        return reject(code.ORDER_CANCELING, detail, field="order", value=order.id)
    if order.pending is not None:
        detail = "an amendment waits for the broker's answer"
        return reject(code.AMEND_PENDING, detail, field="order", value=order.id)
    return None


def decide_submit(order: Order) -> Rejected | None:
    """Refuse to check an order that is past compliance; `None` lets the check run."""
    code = OrderRejection
    refused = _refuse_change(order)
    if refused is not None:
        return refused
    if order.phase in (Phase.APPROVED, Phase.RELEASED):
        return reject(code.ALREADY_SUBMITTED, f"it is {order.phase}", field="order", value=order.id)
    return None


def decide_approve(order: Order, stamp: Stamp) -> list[e.OrderApproved] | Rejected:
    """Give the second approval; who entered, leads or changed the order cannot."""
    code = OrderRejection
    if order.phase is not Phase.HELD or not order.needs_approval or order.approved_by:
        return reject(code.NOT_WAITING, "it waits for no approval", field="order", value=order.id)
    if stamp.actor in order.makers:
        return reject(code.SAME_PERSON, "another person must approve", value=stamp.actor)
    if order.unwaived or order.held_because:
        detail = order.held_because or f"waits for a waiver of {', '.join(order.unwaived)}"
        return reject(code.NOT_APPROVED, detail, field="order", value=order.id)
    return [e.OrderApproved(order_id=order.id, approved_by=stamp.actor, at=stamp.at)]


def decide_release(
    command: c.ReleaseOrder, order: Order, *, fit: bool, stamp: Stamp
) -> list[e.OrderReleased] | Rejected:
    """Hand the order to the desk; ``fit`` says that the trader, where one is named, may have it."""
    code = OrderRejection
    refused = _refuse_change(order)
    if refused is not None:
        return refused
    if order.phase is Phase.RELEASED:
        return reject(code.ALREADY_RELEASED, "the desk has it", field="order", value=order.id)
    if order.phase is Phase.DRAFT:
        return reject(code.NOT_SUBMITTED, "submit it first", field="order", value=order.id)
    if order.phase is not Phase.APPROVED:
        detail = f"the order is {order.phase}; rules in the way: {', '.join(order.unwaived)}"
        return reject(code.NOT_APPROVED, detail, field="order", value=order.id)
    if order.waits:
        detail = "the engine releases it when its time and price come; cancel it, or wait"
        return reject(code.NOT_GOOD_YET, detail, field="order", value=order.id)
    if command.trader and not fit:
        return refuse_unfit(command.trader)
    trader = command.trader or order.trader
    return [e.OrderReleased(order_id=order.id, trader=trader, at=stamp.at)]


def decide_acknowledged(
    command: c.ReleaseOrder, order: Order, released: e.OrderReleased
) -> e.OrderReleased | Rejected:
    """Let an order with warnings go only where its person says that they were seen."""
    if order.warned and not command.acknowledge:
        detail = (
            f"warnings of {', '.join(order.warned)}: release it with `acknowledge`, or amend it"
        )
        code = OrderRejection.ACKNOWLEDGEMENT_MISSING
        return reject(code, detail, field="acknowledge", value=command.acknowledge)
    return replace(released, acknowledged=order.warned)


def decide_hold(command: c.HoldOrder, order: Order, stamp: Stamp) -> list[e.OrderHeld] | Rejected:
    """Stop the order from being placed; what is in the market stays there."""
    code = OrderRejection
    refused = _refuse_change(order)
    if refused is not None:
        return refused
    if order.phase not in (Phase.APPROVED, Phase.RELEASED):
        return reject(code.NOT_APPROVED, f"it is {order.phase}", field="order", value=order.id)
    if not is_printable(command.reason) or not command.reason:
        detail = "say why, in printable ASCII"
        return reject(code.TEXT_NOT_PRINTABLE, detail, field="reason", value=command.reason)
    return [e.OrderHeld(order_id=order.id, reason=command.reason, at=stamp.at)]


def decide_cancel(
    command: c.CancelOrder, order: Order, *, at_brokers: bool, waiting: bool, stamp: Stamp
) -> list[e.OrderCancelRequested | e.OrderCanceled] | Rejected:
    """Cancel at once, or ask the brokers first where ``at_brokers``.

    A second time is refused while every broker has still to answer (``waiting``); a broker that
    refused to cancel can be asked again.
    """
    code = OrderRejection
    if order.is_closed:
        return reject(code.ORDER_CLOSED, "nothing of it is open", field="order", value=order.id)
    if order.phase is Phase.CANCELING and waiting:
        detail = "its cancellation is under way"
        return reject(code.ORDER_CANCELING, detail, field="order", value=order.id)
    asked = e.OrderCancelRequested(order_id=order.id, reason=command.reason, at=stamp.at)
    return [asked] if at_brokers else [asked, e.OrderCanceled(order_id=order.id, at=stamp.at)]
