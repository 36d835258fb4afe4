"""Decides requests about placements: route, replace, cancel."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.order.lessening import is_beyond, is_looser
from tradeoms.domain.order.state import Order, Phase
from tradeoms.domain.order.terms import TIMES_IN_FORCE, check_prices
from tradeoms.domain.placement import commands as c
from tradeoms.domain.placement import events as e
from tradeoms.domain.placement.algo import AlgoWish
from tradeoms.domain.placement.state import Placement, RequestKind
from tradeoms.domain.reference.state import Destination, Security
from tradeoms.kernel.decider import Rejected, Stamp, reject
from tradeoms.kernel.enums import OrderType, TimeInForce
from tradeoms.kernel.numbers import ZERO, is_multiple
from tradeoms.kernel.text import is_printable


@unique
class PlacementRejection(StrEnum):
    """Why a request about a placement was refused. Declared in the order the checks run."""

    PLACEMENT_UNKNOWN = "placement_unknown"
    ORDER_CLOSED = "order_closed"
    ORDER_NOT_RELEASED = "order_not_released"
    DESTINATION_UNKNOWN = "destination_unknown"
    DESTINATION_DISABLED = "destination_disabled"
    PLACEMENT_QUANTITY = "placement_quantity"
    PLACEMENT_EXCEEDS_ORDER = "placement_exceeds_order"
    PLACEMENT_PORTION = "placement_portion"
    PLACEMENT_LOOSER = "placement_looser"
    PLACEMENT_CLOSED = "placement_closed"
    REQUEST_PENDING = "request_pending"
    BELOW_EXECUTED = "below_executed"
    NOTHING_CHANGED = "nothing_changed"
    BROKER_ORDER_ID_UNWANTED = "broker_order_id_unwanted"
    SCOPE_MISSING = "scope_missing"
    SCOPE_UNKNOWN = "scope_unknown"
    ALGO_UNWANTED = "algo_unwanted"
    ALGO_UNKNOWN = "algo_unknown"
    ALGO_PARAMETER = "algo_parameter"
    ALGO_RULE = "algo_rule"
    ALGO_FIXED = "algo_fixed"
    ALGO_NOT_SENDABLE = "algo_not_sendable"


#: Times in force that end no later than the order's own.
_AT_ONCE: Final = frozenset({TimeInForce.IOC, TimeInForce.FOK})
_WITHIN_DAY: Final = frozenset({*_AT_ONCE, TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE})
_SHORTER: Final[dict[TimeInForce, frozenset[TimeInForce]]] = {
    TimeInForce.DAY: _WITHIN_DAY,
    TimeInForce.GTD: _WITHIN_DAY | {TimeInForce.DAY},
    TimeInForce.GTC: _WITHIN_DAY | {TimeInForce.DAY},
}


def decide_create(  # noqa: PLR0913  # all that bears on one decision
    command: c.CreatePlacement,
    *,
    order: Order,
    unplaced: Decimal,
    security: Security,
    destination: Destination | None,
    block_id: str,
    stamp: Stamp,
) -> list[e.PlacementCreated] | Rejected:
    """Decide to route ``command.quantity`` units of ``order``.

    Args:
        command: The request.
        order: The released order.
        unplaced: Units of the order that no placement uses up.
        security: What is traded.
        destination: Where to; `None` where the name is not known.
        block_id: The block the order is worked in.
        stamp: Time, person and the free ClOrdID.
    """
    refused = _refuse_route(command, order, destination)
    if refused is not None:
        return refused
    assert destination is not None
    refused = _refuse_quantity(command.quantity, unplaced=unplaced, lot=security.lot)
    refused = refused or _refuse_portions(command, lot=security.lot)
    if refused is not None:
        return refused
    order_type = command.order_type or order.order_type
    limit_price = order.limit_price if command.limit_price is None else command.limit_price
    time_in_force = command.time_in_force or order.time_in_force
    refused = _refuse_prices(
        order,
        order_type=order_type,
        limit_price=limit_price,
        stop_price=order.stop_price,
        security=security,
    )
    if refused is not None:
        return refused
    if not _fits_in_time(order, order_type=order_type, time_in_force=time_in_force):
        code = PlacementRejection.PLACEMENT_LOOSER
        detail = f"the order is good for {order.time_in_force} only"
        return reject(code, detail, field="time_in_force", value=time_in_force)
    return [
        e.PlacementCreated(
            placement_id=stamp.id("plc"),
            order_id=order.id,
            block_id=block_id,
            destination=destination.name,
            cl_ord_id=stamp.cl_ord_id,
            security_id=order.security_id,
            side=order.side,
            quantity=command.quantity,
            order_type=order_type,
            limit_price=limit_price,
            stop_price=order.stop_price,
            time_in_force=time_in_force,
            expire_on=order.expire_on if time_in_force is TimeInForce.GTD else None,
            text=order.instructions,
            trader=stamp.actor,
            at=stamp.at,
            manual=command.manual,
            broker_order_id=command.broker_order_id,
            program=command.program,
            program_seq=command.program_seq,
            display_quantity=command.display_quantity,
            min_quantity=command.min_quantity,
        )
    ]


def _refuse_route(
    command: c.CreatePlacement, order: Order, destination: Destination | None
) -> Rejected | None:
    """Refuse an order that is not with the desk, and a destination that takes none."""
    code = PlacementRejection
    if order.is_closed:
        return reject(code.ORDER_CLOSED, "the order is closed", field="order", value=order.id)
    if order.phase is not Phase.RELEASED:
        detail = f"the order is {order.phase}; release it first"
        return reject(code.ORDER_NOT_RELEASED, detail, field="order", value=order.id)
    if destination is not None and destination.enabled:
        unwanted = _refuse_algo(command.algo, manual=command.manual)
        return unwanted or _refuse_broker_order_id(command)
    known = destination is not None
    return reject(
        code.DESTINATION_DISABLED if known else code.DESTINATION_UNKNOWN,
        "the destination is switched off" if known else "no such destination",
        field="destination",
        value=command.destination,
    )


def _refuse_broker_order_id(command: c.CreatePlacement) -> Rejected | None:
    """Only a manual order has its broker's number before anything was said over the wire."""
    number = command.broker_order_id
    if not number or (command.manual and is_printable(number, limit=64)):
        return None
    code = PlacementRejection.BROKER_ORDER_ID_UNWANTED
    detail = "for a manual placement only: up to 64 printable ASCII characters"
    return reject(code, detail, field="broker_order_id", value=number)


def _refuse_algo(wish: AlgoWish | None, *, manual: bool) -> Rejected | None:
    """Nothing of a manual order is sent that could carry an algorithm."""
    if wish is None or not manual:
        return None
    detail = "a manual placement sends nothing: tell the broker by telephone and leave it out"
    code = PlacementRejection.ALGO_UNWANTED
    return reject(code, detail, field="algo/strategy", value=wish.strategy)


def _refuse_quantity(quantity: Decimal, *, unplaced: Decimal, lot: Decimal) -> Rejected | None:
    code = PlacementRejection
    if quantity <= 0 or not is_multiple(quantity, lot):
        detail = f"must be a positive multiple of the lot {lot}"
        return reject(code.PLACEMENT_QUANTITY, detail, field="quantity", value=quantity)
    if quantity > unplaced:
        detail = f"only {unplaced} units of the order are not placed yet"
        return reject(code.PLACEMENT_EXCEEDS_ORDER, detail, field="quantity", value=quantity)
    return None


def _refuse_portions(command: c.CreatePlacement, *, lot: Decimal) -> Rejected | None:
    """Refuse a displayed or least quantity that is no part of the whole."""
    for field, portion in (
        ("display_quantity", command.display_quantity),
        ("min_quantity", command.min_quantity),
    ):
        if portion is None:
            continue
        fits = ZERO < portion <= command.quantity and is_multiple(portion, lot)
        if fits and not command.manual:
            continue
        detail = f"must be a multiple of the lot {lot}, above zero and at most the quantity"
        if command.manual:
            detail = "a manual placement sends nothing: tell the broker by telephone"
        code = PlacementRejection.PLACEMENT_PORTION
        return reject(code, detail, field=field, value=portion)
    return None


def _refuse_prices(
    order: Order,
    *,
    order_type: OrderType,
    limit_price: Decimal | None,
    stop_price: Decimal | None,
    known_stop: Decimal | None = None,
    security: Security,
) -> Rejected | None:
    """Refuse prices that do not fit the type or the tick, or are looser than the order's.

    ``known_stop`` is at the broker already, and stays if nobody asks for another.
    """
    wrong = check_prices(
        order_type, limit_price=limit_price, stop_price=stop_price, security=security
    )
    if wrong:
        return Rejected(refusals=tuple(wrong))
    code = PlacementRejection.PLACEMENT_LOOSER
    if _looser(order, order_type=order_type, limit_price=limit_price):
        detail = "a placement may be tighter than its order, never looser"
        return reject(code, detail, field="limit_price", value=limit_price)
    if stop_price != known_stop and is_beyond(order.side, order.stop_price, stop_price):
        detail = f"a placement never triggers earlier than its order, at {order.stop_price}"
        return reject(code, detail, field="stop_price", value=stop_price)
    return None


def _fits_in_time(order: Order, *, order_type: OrderType, time_in_force: TimeInForce) -> bool:
    """True for the order's own time in force, and for a shorter one that the type may have."""
    if time_in_force is order.time_in_force:
        return True
    shorter = _SHORTER.get(order.time_in_force, frozenset())
    return time_in_force in shorter and time_in_force in TIMES_IN_FORCE[order_type]


def _looser(order: Order, *, order_type: OrderType, limit_price: Decimal | None) -> bool:
    """True where the placement could execute at a price the order does not allow."""
    if order_type is not order.order_type and not (
        order.order_type is OrderType.MARKET and order_type is OrderType.LIMIT
    ):
        return True
    if order_type.needs_limit and limit_price is None:
        return True
    return is_beyond(order.side, limit_price, order.limit_price)


def decide_replace(
    command: c.ReplacePlacement,
    *,
    placement: Placement,
    order: Order,
    unplaced: Decimal,
    security: Security,
    stamp: Stamp,
) -> list[e.ReplaceRequested] | Rejected:
    """Decide to ask for new terms. ``unplaced`` and ``security`` as in `decide_create`.

    Replaces may follow each other unanswered (FIX 4.4 Volume 4, D.2): what is left `None` is then
    as the last of them asked. A filled order is reopened by a larger quantity (C.1.c).
    """
    code = PlacementRejection
    refusal = _refuse_replace(placement, quantity=command.quantity)
    refusal = refusal or _refuse_algo(command.algo, manual=placement.manual)
    if refusal is not None:
        return refusal
    latest = placement.requests[-1] if placement.requests else placement
    quantity = latest.quantity if command.quantity is None else command.quantity
    limit_price = latest.limit_price if command.limit_price is None else command.limit_price
    stop_price = latest.stop_price if command.stop_price is None else command.stop_price
    if not is_multiple(quantity, security.lot):
        return reject(
            code.PLACEMENT_QUANTITY, f"must be a positive multiple of the lot {security.lot}",
            field="quantity", value=quantity,
        )  # fmt: skip
    if quantity <= placement.cum_qty:
        return reject(
            code.BELOW_EXECUTED, f"{placement.cum_qty} units are executed; cancel the rest instead",
            field="quantity", value=quantity,
        )  # fmt: skip
    if quantity - placement.committed_qty > max(unplaced, ZERO):
        return reject(
            code.PLACEMENT_EXCEEDS_ORDER, f"only {unplaced} more units of the order are free",
            field="quantity", value=quantity,
        )  # fmt: skip
    refusal = _refuse_prices(
        order,
        order_type=placement.order_type,
        limit_price=limit_price,
        stop_price=stop_price,
        known_stop=latest.stop_price,
        security=security,
    )
    if refusal is not None:
        return refusal
    before = (latest.quantity, latest.limit_price, latest.stop_price)
    same_algo = command.algo is None or (latest.algo and latest.algo.is_as(command.algo))
    if (quantity, limit_price, stop_price) == before and same_algo:
        return reject(code.NOTHING_CHANGED, "the new terms are the old ones")
    return [
        e.ReplaceRequested(
            placement_id=placement.id,
            cl_ord_id=stamp.cl_ord_id,
            orig_cl_ord_id=_original(placement),
            quantity=quantity,
            limit_price=limit_price,
            stop_price=stop_price,
            at=stamp.at,
        )
    ]


def lessens(placement: Placement, asked: e.ReplaceRequested) -> bool:
    """True where new terms only take from the newest: no more units, no looser price, no new stop.

    With other parameters of an algorithm they do more than that.
    """
    latest = placement.requests[-1] if placement.requests else placement
    return (
        asked.quantity <= latest.quantity
        and not is_looser(placement.side, latest.limit_price, asked.limit_price)
        and (asked.stop_price, asked.algo) == (latest.stop_price, latest.algo)
    )


def decide_cancel(
    *, placement: Placement, stamp: Stamp, mass_cancel: str = ""
) -> list[e.CancelRequested] | Rejected:
    """Decide to ask for the cancellation of what is left, even while a replace is pending.

    A cancel that is in doubt may be asked for again: the broker may never have seen it, and the
    original of the new one is the last replace that he can have taken and shows no sign of lacking.

    ``mass_cancel`` is the ClOrdID of the mass cancel that goes before it; empty for none.
    """
    refusal = _refuse_closed(placement)
    if refusal is None and placement.cancel_awaited:
        refusal = _cancel_waits(placement)
    if refusal is not None:
        return refusal
    return [
        e.CancelRequested(
            placement_id=placement.id,
            cl_ord_id=stamp.cl_ord_id,
            orig_cl_ord_id=_original(placement),
            at=stamp.at,
            mass_cancel=mass_cancel,
        )
    ]


def _original(placement: Placement) -> str:
    """ClOrdID of the last replace that is not in doubt, else the one in force."""
    replaces = [
        each.cl_ord_id
        for each in placement.requests
        if each.kind is RequestKind.REPLACE and not each.in_doubt
    ]
    return replaces[-1] if replaces else placement.cl_ord_id


def _refuse_replace(placement: Placement, *, quantity: Decimal | None) -> Rejected | None:
    """Nothing behind a cancel, and nothing on a placement that is finished.

    A larger ``quantity`` lets a filled one go on.
    """
    reopens = quantity is not None and quantity > placement.cum_qty
    refusal = None if reopens and placement.is_replaceable else _refuse_closed(placement)
    if refusal is None and placement.cancel_pending:
        refusal = _cancel_waits(placement)
    return refusal


def _refuse_closed(placement: Placement) -> Rejected | None:
    if placement.is_open:
        return None
    return reject(
        PlacementRejection.PLACEMENT_CLOSED, f"the placement is {placement.ord_status}",
        field="placement", value=placement.id,
    )  # fmt: skip


def _cancel_waits(placement: Placement) -> Rejected:
    return reject(
        PlacementRejection.REQUEST_PENDING, "a cancel request is waiting for the broker's answer",
        field="placement", value=placement.id,
    )  # fmt: skip
