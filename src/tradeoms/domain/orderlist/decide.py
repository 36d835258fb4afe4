"""Decides requests about lists of orders, and what they ask of each order."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.order.commands import (
    AmendOrder,
    CancelOrder,
    HoldOrder,
    ReleaseOrder,
    SubmitOrder,
)
from tradeoms.domain.order.state import Order
from tradeoms.domain.orderlist import commands as c
from tradeoms.domain.placement.commands import CreatePlacement
from tradeoms.domain.reference.state import Security
from tradeoms.domain.routing.commands import RouteOrder
from tradeoms.kernel.decider import Rejected, reject
from tradeoms.kernel.text import is_printable

NAME_MAX: Final = 100
_BPS: Final = Decimal(10_000)
_HUNDRED: Final = Decimal(100)
#: The fields of each action, and of these what it cannot do without.
_FIELDS: Final = {
    c.ListAction.RELEASE: ("trader",),
    c.ListAction.HOLD: ("reason",),
    c.ListAction.ROUTE: ("destination",),
    c.ListAction.WAVE: ("percent", "destination"),
    c.ListAction.REPRICE: ("limit_bps",),
    c.ListAction.CANCEL: ("reason",),
}
_NEEDED: Final = {
    c.ListAction.HOLD: "reason",
    c.ListAction.WAVE: "percent",
    c.ListAction.REPRICE: "limit_bps",
}
Wish = (
    SubmitOrder | ReleaseOrder | HoldOrder | CancelOrder | AmendOrder | CreatePlacement | RouteOrder
)


@unique
class OrderListRejection(StrEnum):
    """Why a request about a list was refused. Declared in the order the checks run."""

    ORDER_LIST_UNKNOWN = "order_list_unknown"
    LIST_NAME_INVALID = "list_name_invalid"
    LIST_EMPTY = "list_empty"
    LIST_FIELD_UNFIT = "list_field_unfit"
    LIST_PERCENT_RANGE = "list_percent_range"
    LIST_PRICE_UNKNOWN = "list_price_unknown"
    LIST_ORDER_UNPRICED = "list_order_unpriced"


def decide_create(command: c.CreateOrderList) -> Rejected | None:
    """Refuse a list without a name or orders; the orders are decided one by one."""
    code = OrderListRejection
    if not command.name.strip() or not is_printable(command.name, limit=NAME_MAX):
        detail = f"printable ASCII, at most {NAME_MAX} characters"
        return reject(code.LIST_NAME_INVALID, detail, field="name", value=ascii(command.name)[:80])
    if not command.orders:
        return reject(code.LIST_EMPTY, "a list has at least one order", field="orders")
    return None


def decide_act(command: c.ActOnOrderList, *, known: bool) -> Rejected | None:
    """Refuse an action on no list, or with fields that are not the action's."""
    code = OrderListRejection
    if not known:
        detail = "no such list"
        return reject(code.ORDER_LIST_UNKNOWN, detail, field="order_list", value=command.list_id)
    own = _FIELDS.get(command.action, ())
    given = [
        name
        for name in ("trader", "destination", "limit_bps", "reason", "percent")
        if getattr(command, name) not in ("", None)
    ]
    missing = {_NEEDED.get(command.action, "")} - {"", *given}
    unfit = [*missing, *(name for name in given if name not in own)]
    if unfit:
        allowed = f"{command.action} takes {', '.join(own) or 'none'}"
        return reject(code.LIST_FIELD_UNFIT, allowed, field=unfit[0])
    if command.percent is not None and not 0 < command.percent <= _HUNDRED:
        detail = "above 0 and up to 100"
        return reject(code.LIST_PERCENT_RANGE, detail, field="percent", value=command.percent)
    return None


def wish_for(  # all that bears on one order
    command: c.ActOnOrderList,
    order: Order,
    *,
    security: Security,
    price: Decimal | None,
    unplaced: Decimal,
) -> Wish | Rejected:
    """What the action asks of one order.

    Args:
        command: The action.
        order: The order.
        security: What it trades.
        price: Its mark, `None` where none is known.
        unplaced: Units of it that no broker has.
    """
    match command.action:
        case c.ListAction.SUBMIT:
            return SubmitOrder(order_id=order.id)
        case c.ListAction.RELEASE:
            return ReleaseOrder(
                order_id=order.id, trader=command.trader, acknowledge=command.acknowledge
            )
        case c.ListAction.CANCEL:
            return CancelOrder(order_id=order.id, reason=command.reason)
        case c.ListAction.HOLD:
            return HoldOrder(order_id=order.id, reason=command.reason)
        case c.ListAction.ROUTE:
            return _place(command, order, unplaced)
        case c.ListAction.WAVE:
            assert command.percent is not None
            lots = (order.quantity * command.percent / _HUNDRED / security.lot).to_integral_value(
                ROUND_FLOOR
            )
            return _place(command, order, min(unplaced, lots * security.lot))
        case c.ListAction.REPRICE:
            return _reprice(command, order, security=security, price=price)


def _place(command: c.ActOnOrderList, order: Order, quantity: Decimal) -> Wish:
    if not command.destination:
        return RouteOrder(order_id=order.id, place=True, quantity=quantity)
    return CreatePlacement(order_id=order.id, destination=command.destination, quantity=quantity)


def _reprice(
    command: c.ActOnOrderList, order: Order, *, security: Security, price: Decimal | None
) -> AmendOrder | Rejected:
    code = OrderListRejection
    if order.limit_price is None:
        detail = f"a {order.order_type} order without a limit"
        return reject(code.LIST_ORDER_UNPRICED, detail, field="order", value=order.id)
    if price is None:
        detail = "load its price first"
        return reject(code.LIST_PRICE_UNKNOWN, detail, field="security", value=security.symbol)
    assert command.limit_bps is not None
    exact = price * (_BPS + order.side.sign * command.limit_bps) / _BPS
    return AmendOrder(
        order_id=order.id,
        expected_version=order.version,
        limit_price=on_tick(exact, security.tick, buys=order.side.sign > 0),
    )


def on_tick(price: Decimal, tick: Decimal, *, buys: bool) -> Decimal:
    """The nearest tick that is no worse than ``price``: down for a buy, up for a sale."""
    steps = (price / tick).to_integral_value(ROUND_FLOOR if buys else ROUND_CEILING)
    return steps * tick
