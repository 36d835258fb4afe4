"""The trading resources of the public contract, made from the facts of the domain.

The engine builds the answer of a command with these functions, and REST renders the rows of the
read models with the same ones, so that a client sees one form of a thing wherever it looks. What a
person may not see is left out by naming the funds that he may (`funds`); `None` is every fund.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from typing import Final

from tradeoms.domain.allocation.state import Allocation
from tradeoms.domain.block.state import Block
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.order.state import Order, Phase, Terms
from tradeoms.domain.placement.state import Execution, Placement, Request
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.enums import OrderStatus
from tradeoms.kernel.numbers import ZERO, plain
from tradeoms.projections.resources_algo import algo_resource
from tradeoms.projections.resources_schema import (
    BlockMember,
    BlockResource,
    Compliance,
    ExecutionResource,
    ExecutionShare,
    OrderLeg,
    OrderResource,
    PendingRequest,
    PendingTerms,
    PlacementResource,
    TriggerResource,
    WaitingFor,
)
from tradeoms.projections.resources_sizing import sizing_resource
from tradeoms.projections.resources_text import (
    average_price,
    encode,
    instant,
    instant_or_none,
    plain_or_none,
    security_ref,
)

__all__ = [
    "BlockResource",
    "ExecutionResource",
    "OrderResource",
    "PlacementResource",
    "WaitingFor",
    "block_resource",
    "encode",
    "execution_resource",
    "order_resource",
    "placement_resource",
    "waiting_for",
]


def order_resource(  # noqa: PLR0913  # a keyword for each column of the row
    order: Order,
    *,
    seq: int,
    status: OrderStatus | str,
    placed_quantity: Decimal,
    block_id: str = "",
    security: Security | None = None,
    allocation: Allocation | None = None,
    funds: Collection[str] | None = None,
) -> OrderResource:
    """Show an order.

    Args:
        order: Its facts.
        seq: Journal position of its last change.
        status: As the engine derived it from the order and its placements.
        placed_quantity: Units committed to brokers.
        block_id: Block it is worked in, empty before its first placement.
        security: What is traded, where at hand.
        allocation: What is booked, where at hand.
        funds: Funds whose legs may be shown; `None` is all.
    """
    return OrderResource(
        id=order.id,
        version=order.version,
        seq=seq,
        client_order_id=order.client_order_id,
        status=str(status),
        security=security_ref(security, order.security_id),
        side=order.side.value,
        quantity=plain(order.quantity),
        order_type=order.order_type.value,
        limit_price=plain_or_none(order.limit_price),
        stop_price=plain_or_none(order.stop_price),
        time_in_force=order.time_in_force.value,
        expire_on=order.expire_on.isoformat() if order.expire_on else None,
        allocations=_legs(order.legs, allocation, funds),
        placed_quantity=plain(placed_quantity),
        cum_qty=plain(order.cum_qty),
        leaves_qty=plain(order.leaves_qty),
        avg_px=average_price(order.notional, order.cum_qty),
        block_id=block_id or None,
        portfolio_manager=order.portfolio_manager,
        placed_by=order.placed_by,
        approved_by=order.approved_by or None,
        trader=order.trader or None,
        reason=order.reason,
        instructions=order.instructions,
        venue=order.venue or None,
        cross_with=order.cross_with or None,
        source=order.source.value,
        good_from=instant_or_none(order.good_from),
        trigger=_trigger(order),
        unexecuted=order.unexecuted.value,
        compliance=_compliance(order),
        waiting_for=waiting_for(order, placed_quantity=placed_quantity),
        cancel_pending=order.phase is Phase.CANCELING,
        pending_terms=None if order.pending is None else _pending(order.pending, funds),
        sizing=None if order.sizing is None else sizing_resource(order.sizing, funds=funds),
        pair_id=order.pair_id or None,
        custom=dict(order.custom),
        created_at=instant(order.created_at),
        updated_at=instant(order.updated_at),
    )


def placement_resource(
    placement: Placement, *, seq: int, security: Security | None = None
) -> PlacementResource:
    """Show a placement."""
    reported = placement.reported_status
    return PlacementResource(
        id=placement.id,
        version=placement.version,
        seq=seq,
        order_id=None if placement.parts else placement.order_id,
        block_id=placement.block_id,
        destination=placement.destination,
        security=security_ref(security, placement.security_id),
        side=placement.side.value,
        status=placement.ord_status.value,
        reported_status=reported.value if reported else None,
        order_type=placement.order_type.value,
        limit_price=plain_or_none(placement.limit_price),
        stop_price=plain_or_none(placement.stop_price),
        time_in_force=placement.time_in_force.value,
        expire_on=placement.expire_on.isoformat() if placement.expire_on else None,
        order_qty=plain(placement.quantity),
        display_quantity=plain_or_none(placement.display_quantity),
        min_quantity=plain_or_none(placement.min_quantity),
        cum_qty=plain(placement.cum_qty),
        leaves_qty=plain(placement.leaves_qty),
        avg_px=average_price(placement.notional, placement.cum_qty),
        cl_ord_id=placement.cl_ord_id,
        orig_cl_ord_id=placement.orig_cl_ord_id or None,
        broker_order_id=placement.broker_order_id or None,
        text=placement.broker_text,
        instructions=placement.text,
        trader=placement.trader,
        requests=tuple(_request(request) for request in placement.requests),
        algo=algo_resource(placement.algo),
        manual=placement.manual,
        triggered=placement.triggered,
        clearing_hold=placement.clearing_hold,
        carried_qty=plain(placement.carried_qty),
        restatement=placement.restatement or None,
        day_order_qty=plain_or_none(placement.day_order_qty),
        day_cum_qty=plain_or_none(placement.day_cum_qty),
        day_avg_px=plain_or_none(placement.day_avg_px),
        sent_at=instant_or_none(placement.sent_at),
        created_at=instant(placement.created_at),
        updated_at=instant(placement.updated_at),
    )


def execution_resource(
    execution: Execution,
    *,
    seq: int,
    security: Security | None = None,
    funds: Collection[str] | None = None,
) -> ExecutionResource:
    """Show an execution, with the shares of ``funds`` only. `exec_type` is FIX 150 in words."""
    corrected = bool(execution.exec_ref_id)
    shares = tuple(
        ExecutionShare(order_id=order_id, fund=fund, quantity=plain(quantity))
        for order_id, fund, quantity in execution.order_units
        if funds is None or fund in funds
    )
    return ExecutionResource(
        id=execution.id,
        version=seq,
        seq=seq,
        exec_id=execution.exec_id,
        exec_ref_id=execution.exec_ref_id or None,
        exec_type="trade_correct" if corrected else "trade",
        status=execution.status.value,
        placement_id=execution.placement_id,
        order_ids=tuple(dict.fromkeys(each.order_id for each in shares))
        if execution.of_block
        else (execution.order_id,),
        session=execution.session,
        security=security_ref(security, execution.security_id),
        last_qty=plain(execution.last_qty),
        last_px=plain(execution.last_px),
        booked_qty=plain(execution.booked_qty),
        venue=execution.venue,
        late=execution.late,
        manual=bool(execution.keyed_by),
        keyed_by=execution.keyed_by or None,
        extra=dict(execution.extra),
        allocations=shares,
        trade_on=execution.trade_on.isoformat(),
        transact_time=instant_or_none(execution.transact_time),
        received_at=instant(execution.received_at),
        created_at=instant(execution.received_at),
        updated_at=instant(execution.updated_at),
    )


def block_resource(
    block: Block,
    *,
    seq: int,
    orders: Sequence[tuple[Order, str, Decimal]],
    security: Security | None = None,
) -> BlockResource:
    """Show a block with those of its ``orders``: each with its status and what of it is placed."""
    cum_qty = sum((order.cum_qty for order, _, _ in orders), ZERO)
    notional = sum((order.notional for order, _, _ in orders), ZERO)
    return BlockResource(
        id=block.id,
        version=block.version,
        seq=seq,
        order_ids=tuple(order.id for order, _, _ in orders),
        security=security_ref(security, block.security_id),
        side=block.side.value,
        quantity=plain(sum((order.quantity for order, _, _ in orders), ZERO)),
        placed_quantity=plain(sum((placed for _, _, placed in orders), ZERO)),
        cum_qty=plain(cum_qty),
        leaves_qty=plain(sum((order.leaves_qty for order, _, _ in orders), ZERO)),
        avg_px=average_price(notional, cum_qty),
        late_joiner=block.late_joiner,
        orders=tuple(
            BlockMember(
                order_id=order.id,
                status=status,
                portfolio_manager=order.portfolio_manager,
                quantity=plain(order.quantity),
                limit_price=plain_or_none(order.limit_price),
                placed_quantity=plain(placed),
                cum_qty=plain(order.cum_qty),
                leaves_qty=plain(order.leaves_qty),
                avg_px=average_price(order.notional, order.cum_qty),
                joined_at=instant(block.joined_at(order.id)),
            )
            for order, status, placed in orders
        ),
        created_at=instant(block.created_at),
        updated_at=instant(block.updated_at),
        share=len(orders) < len(block.order_ids),
    )


def waiting_for(order: Order, *, placed_quantity: Decimal = ZERO) -> WaitingFor | None:
    """Who must act on ``order`` and why; `None` once nothing is left to do."""
    if order.is_closed:
        return None
    if order.pending is not None:
        return WaitingFor(who="broker", why="the new terms need the broker's agreement")
    if order.waits:
        return WaitingFor(who="market", why=f"released {_condition(order)}")
    who, why = _WAITS[order.phase](order, placed_quantity)
    return WaitingFor(who=who, why=why)


def _condition(order: Order) -> str:
    """When the engine releases an order that waits."""
    parts = []
    if order.good_from is not None:
        parts.append(f"from {instant(order.good_from)}")
    if order.trigger is not None:
        side = order.trigger.when.value.replace("_", " ")
        parts.append(f"with the price {side} {plain(order.trigger.price)}")
    return ", ".join(parts)


def _wait_held(order: Order, _placed: Decimal) -> tuple[str, str]:
    if order.unwaived:
        return "compliance_officer", f"a waiver of {', '.join(order.unwaived)}"
    if order.returned:
        return "portfolio_manager", f"submit again or cancel: {order.held_because}"
    if order.held_because:
        return "trader", f"held: {order.held_because}"
    return "second_person", "the order is large enough to need a second approval"


def _wait_released(order: Order, placed: Decimal) -> tuple[str, str]:
    unplaced = order.quantity - placed
    if unplaced > 0:
        return "trader", f"{plain(unplaced)} units are not placed"
    return "broker", "all of it is placed"


_WAITS: Final[dict[Phase, Callable[[Order, Decimal], tuple[str, str]]]] = {
    Phase.DRAFT: lambda _order, _placed: ("portfolio_manager", "the draft is not submitted"),
    Phase.BLOCKED: lambda order, _placed: (
        "portfolio_manager",
        f"amend or cancel: blocked by {', '.join(order.blocking)}",
    ),
    Phase.HELD: _wait_held,
    Phase.APPROVED: lambda _order, _placed: ("portfolio_manager", "the order is not released"),
    Phase.RELEASED: _wait_released,
    Phase.CANCELING: lambda _order, _placed: ("broker", "the cancellation is not confirmed"),
}


def _trigger(order: Order) -> TriggerResource | None:
    if order.trigger is None:
        return None
    return TriggerResource(price=plain(order.trigger.price), when=order.trigger.when.value)


def _compliance(order: Order) -> Compliance:
    waits: list[str] = []
    if order.phase is Phase.HELD:
        if order.unwaived:
            waits.append("waiver")
        if order.needs_approval and not order.approved_by:
            waits.append("approval")
    if order.phase is Phase.APPROVED and order.warned:
        waits.append("acknowledgement")
    return Compliance(
        outcome=order.check_outcome,
        action=order.check_action.value if order.check_action else None,
        check_id=order.check_id,
        waiting_for=tuple(waits),
        max_quantity=plain_or_none(order.check_most),
        binding_rule=order.check_binding or None,
    )


def _legs(
    legs: tuple[Leg, ...], allocation: Allocation | None, funds: Collection[str] | None
) -> tuple[OrderLeg, ...]:
    return tuple(
        OrderLeg(
            fund=leg.fund,
            quantity=plain(leg.quantity),
            booked_quantity=None if allocation is None else plain(allocation.booked(leg.fund)),
        )
        for leg in legs
        if funds is None or leg.fund in funds
    )


def _pending(terms: Terms, funds: Collection[str] | None) -> PendingTerms:
    return PendingTerms(
        quantity=plain(terms.quantity),
        limit_price=plain_or_none(terms.limit_price),
        stop_price=plain_or_none(terms.stop_price),
        allocations=_legs(terms.legs, None, funds),
    )


def _request(request: Request) -> PendingRequest:
    return PendingRequest(
        kind=request.kind.value,
        cl_ord_id=request.cl_ord_id,
        quantity=plain(request.quantity),
        limit_price=plain_or_none(request.limit_price),
        stop_price=plain_or_none(request.stop_price),
        algo=algo_resource(request.algo),
        sent=request.sent.value if request.sent else None,
    )
