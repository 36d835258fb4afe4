"""Whose order it is on the desk, orders that wait for a time or price, and the close of the day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from tradeoms.app.handlers.answer import order_json, plain_json
from tradeoms.app.handlers.orders import find_order, hand_to_desk, may_trade
from tradeoms.app.handlers.rechecking import recheck
from tradeoms.app.target import order_target
from tradeoms.app.turn import Turn
from tradeoms.domain.kill.decide import refuse as refuse_killed
from tradeoms.domain.order import commands as c
from tradeoms.domain.order import desk
from tradeoms.domain.order import events as e
from tradeoms.domain.order.state import Order, Phase
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.enums import TimeInForce, Unexecuted
from tradeoms.projections.book import Book


def claim_order(turn: Turn, command: c.ClaimOrder) -> bytes | Rejected:
    """Take an order that nobody has."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    return _finish(turn, order, desk.decide_claim(order, turn.stamp))


def assign_order(turn: Turn, command: c.AssignOrder) -> bytes | Rejected:
    """Give an order to a trader."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    fit = may_trade(turn.book, command.trader, order)
    return _finish(turn, order, desk.decide_assign(command, order, fit=fit, stamp=turn.stamp))


def hand_over_order(turn: Turn, command: c.HandOverOrder) -> bytes | Rejected:
    """Pass an order on."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    fit = may_trade(turn.book, command.trader, order)
    return _finish(turn, order, desk.decide_hand_over(command, order, fit=fit, stamp=turn.stamp))


def _finish(
    turn: Turn, order: Order, decided: Sequence[e.OrderAssigned] | Rejected
) -> bytes | Rejected:
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], order.id)
    return order_json(turn.book, order.id, turn.seq)


def due_orders(book: Book, now: datetime) -> Iterator[Order]:
    """The orders that wait no more, oldest first."""
    for order in list(book.orders.values()):
        if order.waits:
            mark = book.prices.get(order.security_id)
            due = desk.is_due(order, price=mark.price if mark else None, now=now)
            kills = book.active_kills.values()
            if due and refuse_killed(kills, order_target(book, order)) is None:
                yield order


def release_due(turn: Turn, _command: c.ReleaseDue) -> bytes:
    """Release what is due, each after a new check; one that fails it waits for a person."""
    count = 0
    for number, order in enumerate(due_orders(turn.book, turn.at)):
        if recheck(turn, order, e.Stage.RELEASE) is not None:
            continue
        released = e.OrderReleased(order_id=order.id, trader=order.trader, at=turn.at)
        hand_to_desk(turn, order, released, block_id=turn.stamp.id("blk", number))
        count += 1
    return plain_json(released=count, seq=turn.seq)


def close_order(turn: Turn, order: Order, trade_on: date) -> None:
    """End, carry over or return an order of the day that is over and at no broker."""
    policy = order.unexecuted
    if policy is Unexecuted.EXPIRE or order.time_in_force is not TimeInForce.DAY:
        turn.emit(e.OrderExpired(order_id=order.id, at=turn.at), order.id)
    elif policy is Unexecuted.RETURN and order.phase in (Phase.APPROVED, Phase.RELEASED):
        reason = f"not executed before the close, returned on {trade_on}"
        turn.emit(e.OrderReturned(order_id=order.id, reason=reason, at=turn.at), order.id)
    else:
        turn.emit(e.OrderRolled(order_id=order.id, trade_on=trade_on, at=turn.at), order.id)
    turn.reserve(order.id)
