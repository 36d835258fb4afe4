"""Decides whose order it is on the desk, and whether one that waits is due."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from tradeoms.domain.order import commands as c
from tradeoms.domain.order import events as e
from tradeoms.domain.order.rejection import OrderRejection
from tradeoms.domain.order.state import Order, Phase
from tradeoms.kernel.decider import Rejected, Stamp, reject
from tradeoms.kernel.enums import TriggerWhen
from tradeoms.kernel.text import is_printable

_DESK = (Phase.RELEASED, Phase.CANCELING)


def decide_claim(order: Order, stamp: Stamp) -> list[e.OrderAssigned] | Rejected:
    """Take an order that is on the desk and that nobody has."""
    code = OrderRejection
    refused = _refuse(order, on_desk=True)
    if refused is not None:
        return refused
    if order.trader:
        detail = f"{order.trader} has it; it can be handed over"
        return reject(code.ORDER_CLAIMED, detail, field="order", value=order.id)
    return [_assigned(order, e.Assignment.CLAIM, stamp.actor, "", stamp)]


def decide_assign(
    command: c.AssignOrder, order: Order, *, fit: bool, stamp: Stamp
) -> list[e.OrderAssigned] | Rejected:
    """Give an order to a trader, on the desk or before it gets there; ``fit`` says he may."""
    refused = _refuse(order, on_desk=False) or _refuse_trader(
        order, command.trader, command.note, fit=fit
    )
    if refused is not None:
        return refused
    return [_assigned(order, e.Assignment.ASSIGN, command.trader, command.note, stamp)]


def decide_hand_over(
    command: c.HandOverOrder, order: Order, *, fit: bool, stamp: Stamp
) -> list[e.OrderAssigned] | Rejected:
    """Pass an order of the desk on, with a note."""
    code = OrderRejection
    refused = _refuse(order, on_desk=True)
    if refused is not None:
        return refused
    if not order.trader:
        detail = "nobody has it; it can be claimed or assigned"
        return reject(code.NOT_ON_DESK, detail, field="order", value=order.id)
    if not command.note:
        detail = "say what the colleague must know"
        return reject(code.TEXT_NOT_PRINTABLE, detail, field="note", value="")
    refused = _refuse_trader(order, command.trader, command.note, fit=fit)
    if refused is not None:
        return refused
    return [_assigned(order, e.Assignment.HAND_OVER, command.trader, command.note, stamp)]


def is_due(order: Order, *, price: Decimal | None, now: datetime) -> bool:
    """True where an order waits no more; without a price no trigger holds."""
    if not order.waits or order.is_closed or order.pending is not None:
        return False
    if order.good_from is not None and now < order.good_from:
        return False
    trigger = order.trigger
    if trigger is None:
        return True
    if price is None:
        return False
    below = trigger.when is TriggerWhen.AT_OR_BELOW
    return price <= trigger.price if below else price >= trigger.price


def _refuse(order: Order, *, on_desk: bool) -> Rejected | None:
    code = OrderRejection
    if order.is_closed:
        return reject(code.ORDER_CLOSED, "nothing of it is open", field="order", value=order.id)
    if on_desk and order.phase not in _DESK:
        detail = f"it is {order.phase}, not on the desk"
        return reject(code.NOT_ON_DESK, detail, field="order", value=order.id)
    return None


def refuse_unfit(trader: str) -> Rejected:
    """The refusal of a name that is no active trader for all funds of the order."""
    detail = "no active trader for all of its funds has this name"
    value = ascii(trader)[1:-1][:80]
    return reject(OrderRejection.TRADER_UNFIT, detail, field="trader", value=value)


def _refuse_trader(order: Order, trader: str, note: str, *, fit: bool) -> Rejected | None:
    code = OrderRejection
    if not fit:
        return refuse_unfit(trader)
    if trader == order.trader:
        return reject(code.NOTHING_CHANGED, f"{trader} has it", field="trader", value=trader)
    if not is_printable(note):
        detail = "printable ASCII, at most 500 characters"
        return reject(code.TEXT_NOT_PRINTABLE, detail, field="note", value=ascii(note)[:80])
    return None


def _assigned(
    order: Order, how: e.Assignment, trader: str, note: str, stamp: Stamp
) -> e.OrderAssigned:
    return e.OrderAssigned(
        order_id=order.id,
        how=how,
        trader=trader,
        before=order.trader,
        assigned_by=stamp.actor,
        note=note,
        at=stamp.at,
    )
