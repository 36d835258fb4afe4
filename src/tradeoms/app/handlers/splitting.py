"""Splits an order: the rest is checked as an amendment, the part as a new order."""

from __future__ import annotations

from dataclasses import replace

from tradeoms.app.handlers.answer import order_json
from tradeoms.app.handlers.checking import record_check
from tradeoms.app.handlers.orders import amend_order, decide_one, find_order
from tradeoms.app.turn import Turn
from tradeoms.domain.order.commands import SplitOrder
from tradeoms.domain.order.events import Stage
from tradeoms.domain.order.split import decide_split
from tradeoms.domain.order.state import Phase
from tradeoms.kernel.decider import Rejected


def split_order(turn: Turn, command: SplitOrder) -> bytes | Rejected:
    """Leave the order with the rest, and enter what is split off; the answer is the new order.

    The part of a draft is a draft; any other part is submitted, after the order has become smaller.
    """
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    decided = decide_split(
        command,
        order,
        worked=bool(turn.book.placements_for(order.id)),
        lot=turn.book.securities[order.security_id].lot,
    )
    if isinstance(decided, Rejected):
        return decided
    rest, part = decided
    stamp = turn.stamp
    created = decide_one(turn, part, stamp=stamp, inherits=True)
    if isinstance(created, Rejected):
        return created
    amended = amend_order(turn, rest)
    if isinstance(amended, Rejected):
        return amended
    turn.emit(replace(created, split_from=order.id), created.order_id)
    if order.phase is not Phase.DRAFT:
        turn.stamp = replace(stamp, base=f"{stamp.base}-00001")
        entered = turn.book.orders[created.order_id]
        evaluation = turn.pretrade.check_submitted(entered, now=turn.at)
        record_check(turn, entered, evaluation, Stage.SUBMIT)
        turn.stamp = stamp
    return order_json(turn.book, created.order_id, turn.seq)
