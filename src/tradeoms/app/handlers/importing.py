"""Orders of a file: the same decisions as for any other door, and a report for every row.

A file may be sent again: an order that was entered before with the same terms is known, and is
answered with its id. A trial decides and checks everything and keeps nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from tradeoms.app.handlers.answer import order_line, plain_json
from tradeoms.app.handlers.approvals import needs_approval
from tradeoms.app.handlers.batch import all_refused, decide_all, enter_all, line_of, problems_of
from tradeoms.app.handlers.checking import blocking_rules
from tradeoms.app.handlers.orders import find_security
from tradeoms.app.handlers.rechecking import compliance_refusal
from tradeoms.app.turn import Turn
from tradeoms.domain.catalog import ImportOrders
from tradeoms.domain.evaluation import Evaluation
from tradeoms.domain.mapping.commands import DefineImportMapping
from tradeoms.domain.mapping.decide import decide_define
from tradeoms.domain.order.commands import CreateOrder
from tradeoms.domain.order.events import CheckAction, OrderCreated
from tradeoms.domain.order.rejection import OrderRejection
from tradeoms.domain.order.state import Order, create
from tradeoms.domain.order.terms import AUCTIONS, TIMES_IN_FORCE
from tradeoms.kernel.decider import Rejected, reject
from tradeoms.kernel.enums import OrderSource, OrderStatus

#: Terms that must be the same for an order of a file to be the one that was entered before.
_SAME: Final = (
    "side", "quantity", "order_type", "limit_price", "stop_price", "expire_on", "legs", "reason",
    "instructions", "venue", "cross_with",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Known:
    """An order that was entered before under the same client_order_id, with the same terms."""

    order: Order


_Item = OrderCreated | _Known | Rejected


def import_orders(turn: Turn, command: ImportOrders) -> bytes | Rejected:
    """Enter the orders of a file, or, in a trial, tell what would become of each."""
    orders = [replace(order, source=OrderSource.FILE) for order in command.orders]
    items: list[_Item] = [
        _known(turn, order) or item
        for order, item in zip(orders, decide_all(turn, orders), strict=True)
    ]
    if turn.trial:
        return _answer(turn, _try_all(turn, orders, items))
    if not command.partial and any(isinstance(item, Rejected) for item in items):
        return all_refused(items)
    new = [(o, i) for o, i in zip(orders, items, strict=True) if not isinstance(i, _Known)]
    enter_all(turn, [order for order, _ in new], [item for _, item in new])
    return _answer(turn, [_line(turn, item) for item in items])


def define_import_mapping(turn: Turn, command: DefineImportMapping) -> bytes | Rejected:
    """Save how a file is read."""
    decided = decide_define(command, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], f"map_{command.name}")
    return plain_json(id=command.name, seq=turn.seq)


def _known(turn: Turn, order: CreateOrder) -> _Known | Rejected | None:
    """The order entered before under this client_order_id; refused where its terms are others."""
    key = (turn.stamp.actor, order.client_order_id)
    order_id = turn.book.client_orders.get(key) or turn.used_ids.get(key, "")
    if not order_id:
        return None
    turn.recall_order(order_id)
    before = turn.book.orders[order_id]
    differing = _differing(turn, order, before)
    if not differing:
        return _Known(before)
    detail = f"it is order {order_id}, which has another {', '.join(differing)}"
    code = OrderRejection.CLIENT_ORDER_ID_USED
    return reject(code, detail, field="client_order_id", value=order.client_order_id)


def _differing(turn: Turn, order: CreateOrder, before: Order) -> list[str]:
    """The terms in which an order of a file is not the one entered before."""
    found = [name for name in _SAME if getattr(order, name) != getattr(before, name)]
    security = find_security(turn, order.scheme, order.security)
    if security is None or security.id != before.security_id:
        found.insert(0, "security")
    wanted = order.time_in_force
    if order.order_type in AUCTIONS:
        wanted = TIMES_IN_FORCE[order.order_type][0]
    if wanted is not before.time_in_force:
        found.append("time_in_force")
    if (order.portfolio_manager or turn.stamp.actor) != before.portfolio_manager:
        found.append("portfolio_manager")
    return found


def _line(turn: Turn, item: _Item) -> dict[str, object]:
    if isinstance(item, _Known):
        return {**order_line(turn.book, item.order, turn.seq), "status": "known"}
    return line_of(turn, item)


def _try_all(
    turn: Turn, orders: Sequence[CreateOrder], items: Sequence[_Item]
) -> list[dict[str, object]]:
    """What would become of each order; compliance sees those before it, and forgets them all."""
    wished = [
        create(item)
        for order, item in zip(orders, items, strict=True)
        if isinstance(item, OrderCreated) and order.submit
    ]
    evaluations = turn.pretrade.try_batch(wished, now=turn.at)
    found = {order.id: (order, e) for order, e in zip(wished, evaluations, strict=True)}
    return [
        _trial_line(turn, item, found.get(item.order_id))
        if isinstance(item, OrderCreated)
        else _line(turn, item)
        for item in items
    ]


def _trial_line(
    turn: Turn, item: OrderCreated, found: tuple[Order, Evaluation] | None
) -> dict[str, object]:
    """The line of an order that would be entered; it has no id, for it does not exist."""
    line: dict[str, object] = {"status": "accepted", "client_order_id": item.client_order_id}
    if found is None:
        return {**line, "order_status": OrderStatus.DRAFT}
    order, evaluation = found
    action = CheckAction(evaluation.action)
    if action in (CheckAction.BLOCK_HARD, CheckAction.BLOCK_SOFT):
        rules = blocking_rules(evaluation)
        hard = action is CheckAction.BLOCK_HARD
        status = OrderStatus.BLOCKED if hard else OrderStatus.HELD
        return {
            **line,
            "order_status": status,
            "problems": problems_of(compliance_refusal(evaluation, rules)),
        }
    held = needs_approval(turn, order)
    return {**line, "order_status": OrderStatus.HELD if held else OrderStatus.APPROVED}


def _answer(turn: Turn, lines: Sequence[dict[str, object]]) -> bytes:
    counts = {
        status: sum(line["status"] == status for line in lines)
        for status in ("accepted", "known", "refused")
    }
    return msgspec.json.encode({**counts, "seq": turn.seq, "data": lines})
