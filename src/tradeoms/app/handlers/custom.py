"""Custom fields of orders: defined, checked on entry, and given values later."""

from __future__ import annotations

from tradeoms.app.handlers.answer import order_json, plain_json
from tradeoms.app.handlers.orders import find_order
from tradeoms.app.turn import Turn
from tradeoms.domain.custom import commands as c
from tradeoms.domain.custom.decide import decide_load, decide_set
from tradeoms.domain.reference.entitlement import roles_over
from tradeoms.kernel.decider import Rejected


def load_custom_fields(turn: Turn, command: c.LoadCustomFields) -> bytes | Rejected:
    """Set the fields."""
    decided = decide_load(command, turn.book.custom_fields, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, "custom-fields")
    return plain_json(rows=len(command.fields), seq=turn.seq)


def set_custom_values(turn: Turn, command: c.SetCustomValues) -> bytes | Rejected:
    """Give an order values."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    roles = roles_over(turn.book.users.get(turn.stamp.actor), [leg.fund for leg in order.legs])
    decided = decide_set(
        command, order, known=turn.book.custom_fields, roles=roles, stamp=turn.stamp
    )
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, order.id)
    return order_json(turn.book, order.id, turn.seq)
