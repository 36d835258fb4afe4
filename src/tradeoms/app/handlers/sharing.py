"""Placements that the orders of a block share: what each order has of them, and takes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tradeoms.app.target import placement_target
from tradeoms.app.turn import Turn
from tradeoms.domain.allocation.events import AllocationStated
from tradeoms.domain.allocation.policy import BUILT_IN, choose, in_turn
from tradeoms.domain.allocation.state import Allocation
from tradeoms.domain.cross.decide import refuse_set_aside, why_lapsed
from tradeoms.domain.cross.state import Cross
from tradeoms.domain.kill.decide import refuse as refuse_killed
from tradeoms.domain.order.state import Order
from tradeoms.domain.order.status import placed_quantity
from tradeoms.domain.placement.events import CancelRequested, ReplaceRequested
from tradeoms.domain.placement.parts import Portion
from tradeoms.domain.placement.state import Placement
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.numbers import ZERO


def unplaced(turn: Turn, order: Order, *, but: str = "") -> Decimal:
    """Units of the order that no placement uses up, and no cross (``but`` one) sets aside."""
    held = sum((cross.quantity for cross in _holding(turn, order) if cross.id != but), ZERO)
    return not_placed(turn, order) - held


def _holding(turn: Turn, order: Order) -> list[Cross]:
    """The crosses that wait for approval, and set units of the order aside."""
    book = turn.book
    waiting = [book.crosses[key] for key in book.waiting_crosses.get(order.id, ())]
    return [cross for cross in waiting if not why_lapsed(cross, book.orders, turn.at)]


def refuse_crossing(turn: Turn, orders: Sequence[Order], quantity: Decimal) -> Rejected | None:
    """Refuse to place ``quantity`` more of ``orders`` where crosses set it aside."""
    return refuse_set_aside(
        quantity,
        free=sum((not_placed(turn, order) for order in orders), ZERO),
        crosses=[cross for order in orders for cross in _holding(turn, order)],
    )


def not_placed(turn: Turn, order: Order) -> Decimal:
    """Units of the order that no placement uses up, with those that crosses set aside."""
    return order.quantity - placed_quantity(order.id, turn.book.placements_for(order.id))


def state_allocation(turn: Turn, order: Order) -> None:
    """Fix the allocation statement of an order before its first placement."""
    book = turn.book
    if order.id in book.allocations:
        return
    stated = AllocationStated(
        order_id=order.id,
        block_id=book.block_of[order.id],
        number=1,
        legs=order.legs,
        policy=BUILT_IN,
        at=turn.at,
    )
    funds = [leg.fund for leg in order.legs]
    asset_type = book.securities[order.security_id].asset_type
    policy = choose(book.policies, funds=funds, asset_type=asset_type, side=order.side)
    if policy is not None:
        stated = replace(
            stated,
            policy=policy.name,
            method=policy.method,
            trigger=policy.trigger,
            legs=in_turn(book.policies, policy, order.legs),
        )
    turn.emit(stated, order.id)


def beside(turn: Turn, placement: Placement) -> list[Placement]:
    """The placements that the same orders share, ``placement`` included."""
    found = turn.book.placements_for(placement.order_ids[0])
    return [each for each in found if each.parts and each.order_ids == placement.order_ids]


def allocations_of(turn: Turn, placement: Placement) -> dict[str, Allocation]:
    """The allocation of each of the placement's orders."""
    return {each: turn.book.allocations[each] for each in placement.order_ids}


def portions(placement: Placement) -> dict[str, Decimal]:
    """Units of each order under the newest terms, agreed or asked for."""
    asked = [request.parts for request in placement.requests if request.parts]
    newest = asked[-1] if asked else placement.parts
    return {each.order_id: each.quantity for each in newest}


def take_out(
    turn: Turn,
    placement: Placement,
    order: Order,
    *,
    units: Decimal,
    limit_price: Decimal | None = None,
) -> ReplaceRequested | CancelRequested:
    """The request that takes ``units`` of one order out of a placement it shares.

    The others keep theirs. Where nothing would be left to execute, or a kill switch lets no replace
    leave, the whole placement is to be cancelled: too little is working then, never too much.

    Args:
        turn: The batch.
        placement: An open placement whose cancellation is not asked for.
        order: The order.
        units: What is taken out of its part; no more than the part still lacks.
        limit_price: A tighter limit, where the order has one now.
    """
    latest = placement.requests[-1] if placement.requests else placement
    cl_ord_id = turn.identity.next_cl_ord_id()
    quantity = latest.quantity - units
    killed = refuse_killed(turn.book.active_kills.values(), placement_target(turn.book, placement))
    if quantity <= placement.cum_qty or killed is not None:
        return CancelRequested(
            placement_id=placement.id,
            cl_ord_id=cl_ord_id,
            orig_cl_ord_id=latest.cl_ord_id,
            at=turn.at,
        )
    left = {**portions(placement)}
    left[order.id] -= units
    return ReplaceRequested(
        placement_id=placement.id,
        cl_ord_id=cl_ord_id,
        orig_cl_ord_id=latest.cl_ord_id,
        quantity=quantity,
        limit_price=latest.limit_price if limit_price is None else limit_price,
        stop_price=latest.stop_price,
        at=turn.at,
        parts=tuple(Portion(order_id=each, quantity=left[each]) for each in left),
    )


def withdraw(turn: Turn, order: Order) -> None:
    """Take all that is left of an order out of every placement it shares with others."""
    for placement in turn.book.placements_for(order.id):
        if placement.parts and placement.is_open_for(order.id):
            leave(turn, placement, order)


def leave(turn: Turn, placement: Placement, order: Order) -> None:
    """Ask to take all that is left of an order out of a shared placement, unless that is asked."""
    if not placement.is_leaving(order.id):
        left = portions(placement)[order.id] - placement.part_of(order.id).booked
        request = take_out(turn, placement, order, units=left)
        turn.emit(request, placement.id)
