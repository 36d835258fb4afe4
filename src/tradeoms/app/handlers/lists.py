"""Lists of orders: entered as one, and worked as one, each order answered on its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import msgspec

from tradeoms.app.handlers.answer import order_line
from tradeoms.app.handlers.batch import (
    all_refused,
    decide_all,
    enter_all,
    line_of,
    note_refused,
    numbered,
    problems_of,
)
from tradeoms.app.handlers.checking import blocking_rules
from tradeoms.app.handlers.orders import shows
from tradeoms.app.handlers.rechecking import compliance_refusal
from tradeoms.app.handlers.sharing import unplaced
from tradeoms.app.turn import Turn
from tradeoms.domain.order.commands import AmendOrder
from tradeoms.domain.order.decide import amended_terms
from tradeoms.domain.order.lessening import lessens
from tradeoms.domain.order.state import Order
from tradeoms.domain.orderlist import commands as c
from tradeoms.domain.orderlist.decide import Wish, decide_act, decide_create, wish_for
from tradeoms.domain.orderlist.events import OrderListCreated
from tradeoms.domain.placement.commands import CreatePlacement
from tradeoms.domain.routing.commands import RouteOrder
from tradeoms.domain.session.decide import place_list
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.numbers import ZERO, plain
from tradeoms.projections.paging import scope_of

#: Decides a command as if it were asked alone: rights, kill switches, handler.
CarryOut = Callable[[Turn, str, Any], Any]  # Any: the catalogue's commands, and their answers
#: What compliance looks at.
_CHECKED: Final = frozenset(c.ListAction) - {c.ListAction.HOLD, c.ListAction.CANCEL}


def create_order_list(turn: Turn, command: c.CreateOrderList) -> bytes | Rejected:
    """Enter the orders of a list, and the list of those that were taken."""
    refused = decide_create(command)
    if refused is not None:
        return refused
    stamp = turn.stamp
    decided = decide_all(turn, command.orders)
    taken = tuple(item.order_id for item in decided if not isinstance(item, Rejected))
    if not taken or (command.atomic and len(taken) < len(decided)):
        return all_refused(decided)
    enter_all(turn, command.orders, decided)
    created = OrderListCreated(
        list_id=stamp.id("lst"),
        name=command.name,
        atomic=command.atomic,
        order_ids=taken,
        created_by=stamp.actor,
        at=stamp.at,
    )
    turn.emit(created, created.list_id)
    lines = [line_of(turn, item) for item in decided]
    return msgspec.json.encode({"id": created.list_id, "seq": turn.seq, "data": lines})


def act_on_order_list(
    turn: Turn, command: c.ActOnOrderList, carry_out: CarryOut
) -> bytes | Rejected:
    """Do the same with every open order of a list, or tell, in a trial, what would come of it."""
    assert turn.meta is not None
    orders = _visible(turn, command.list_id)
    refused = decide_act(command, known=bool(orders))
    if refused is not None:
        return refused
    stamp, cause = turn.stamp, turn.meta.cause
    routes = command.action is c.ListAction.ROUTE and command.destination and not turn.trial
    program = turn.identity.next_cl_ord_id() if routes else ""
    lines = []
    for number, order in enumerate(orders):
        if order.is_closed:
            continue
        turn.begin(numbered(stamp, number), cause=cause)
        if turn.trial:
            lines.append(_preview(turn, command, order, carry_out))
        else:
            lines.append(_act(turn, command, order, carry_out, program))
    turn.begin(stamp, cause=cause)
    if any(each.program == program for each in turn.book.placements.values() if program):
        _send_together(turn, command, program)
    return msgspec.json.encode({"id": command.list_id, "seq": turn.seq, "data": lines})


def _visible(turn: Turn, list_id: str) -> list[Order]:
    """The orders of a list that the person may see; for him there are no others."""
    found = turn.book.order_lists.get(list_id)
    user = turn.book.users.get(turn.stamp.actor)
    if found is None or user is None:
        return []
    for order_id in found.order_ids:
        turn.recall_order(order_id)
    orders = [turn.book.orders[order_id] for order_id in found.order_ids]
    scope = scope_of(user)
    return [order for order in orders if shows(scope, order)]


def _send_together(turn: Turn, command: c.ActOnOrderList, program: str) -> None:
    """Let the placements of the list leave, as one message where the destination takes it."""
    name = turn.book.order_lists[command.list_id].name
    asked = place_list(command.destination, list_id=program, name=name, stamp=turn.stamp)
    turn.emit(asked, asked.action_id)


def _act(
    turn: Turn, command: c.ActOnOrderList, order: Order, carry_out: CarryOut, program: str
) -> dict[str, object]:
    """Do it with one order; a refusal is its own line, on record, and stops no other.

    ``program`` names what a route places together; an order has the place there that it has here.
    """
    wish = _wish(turn, command, order)
    if program and isinstance(wish, CreatePlacement):
        at = turn.book.order_lists[command.list_id].order_ids.index(order.id) + 1
        wish = replace(wish, program=program, program_seq=at)
    name = type(wish).__name__
    answer = wish if isinstance(wish, Rejected) else carry_out(turn, name, wish)
    line = order_line(turn.book, turn.book.orders[order.id], turn.seq)
    if not isinstance(answer, Rejected):
        return line
    note_refused(turn, command.action.value if answer is wish else name, order.id, wish, answer)
    return {**line, "seq": turn.seq, "status": "refused", "problems": problems_of(answer)}


def _preview(
    turn: Turn, command: c.ActOnOrderList, order: Order, carry_out: CarryOut
) -> dict[str, object]:
    """What would be asked of one order, and why it would be refused or stopped."""
    wish = _wish(turn, command, order)
    refused = wish if isinstance(wish, Rejected) else carry_out(turn, type(wish).__name__, wish)
    routed = {}
    if isinstance(wish, RouteOrder) and not isinstance(refused, Rejected):
        routed["destination"] = msgspec.json.decode(refused)["proposed"]
    if not isinstance(refused, Rejected) and command.action in _CHECKED:
        limit_price = wish.limit_price if isinstance(wish, AmendOrder | CreatePlacement) else None
        evaluation = turn.pretrade.check(order, now=turn.at, limit_price=limit_price)
        less = isinstance(wish, AmendOrder) and lessens(order, amended_terms(wish, order))
        rules = () if less else blocking_rules(evaluation, order.waived)
        if rules:
            refused = compliance_refusal(evaluation, rules)
    line: dict[str, object] = {**order_line(turn.book, order, turn.seq), **routed}
    for name in ("quantity", "destination", "limit_price", "trader"):
        value = getattr(wish, name, None)
        if value not in (None, ""):
            line[name] = plain(value) if isinstance(value, Decimal) else value
    if isinstance(refused, Rejected):
        return {**line, "status": "refused", "problems": problems_of(refused)}
    return line


def _wish(turn: Turn, command: c.ActOnOrderList, order: Order) -> Wish | Rejected:
    mark = turn.book.prices.get(order.security_id)
    return wish_for(
        command,
        order,
        security=turn.book.securities[order.security_id],
        price=mark.price if mark else None,
        unplaced=max(ZERO, unplaced(turn, order)),
    )
