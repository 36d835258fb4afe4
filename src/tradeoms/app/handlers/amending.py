"""What an amendment asks of brokers, funds and a second person before its terms can hold."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from tradeoms.app.handlers.algo import with_kept_algos
from tradeoms.app.handlers.approvals import needs_approval
from tradeoms.app.handlers.pairs import refuse_paired
from tradeoms.app.handlers.sharing import take_out
from tradeoms.app.turn import Turn
from tradeoms.domain.allocation.events import AllocationStated
from tradeoms.domain.allocation.policy import Method
from tradeoms.domain.block.decide import BlockRejection
from tradeoms.domain.order import commands as c
from tradeoms.domain.order.events import OrderAmended
from tradeoms.domain.order.lessening import is_beyond, lessens, life_of
from tradeoms.domain.order.rejection import OrderRejection
from tradeoms.domain.order.state import Order
from tradeoms.domain.order.status import placed_quantity
from tradeoms.domain.placement.events import CancelRequested, ReplaceRequested
from tradeoms.domain.placement.state import Placement
from tradeoms.kernel.decider import Rejected, reject
from tradeoms.kernel.numbers import ZERO


def open_placements(turn: Turn, order: Order) -> list[Placement]:
    """The placements in which a broker may still execute units of the order."""
    return [p for p in turn.book.placements_for(order.id) if p.is_open_for(order.id)]


def lacks_approval(turn: Turn, order: Order, terms: c.CreateOrder) -> bool:
    """True where a second person has to approve the new terms, and has not approved as much.

    An approval covers a smaller order at the same prices; terms that go to brokers cannot wait, and
    those that only lessen the order need none.
    """
    if lessens(order, terms):
        return False
    wanted = replace(
        order,
        quantity=terms.quantity,
        legs=terms.legs,
        limit_price=terms.limit_price,
        stop_price=terms.stop_price,
        amended_by=(*order.amended_by, turn.stamp.actor),
    )
    if not needs_approval(turn, wanted):
        return False
    prices = (terms.limit_price, terms.stop_price) == (order.limit_price, order.stop_price)
    covered = terms.quantity <= order.quantity and prices
    return not (order.approved_by and covered)


def booked(turn: Turn, order: Order) -> dict[str, Decimal]:
    """Units each fund has of the order; funds without any are left out."""
    allocation = turn.book.allocations.get(order.id)
    if allocation is None:
        return {}
    return {share.fund: share.quantity for share in allocation.shares if share.quantity}


def restate_allocation(turn: Turn, event: OrderAmended) -> None:
    """State the split anew where one was stated: what is still to come follows the new terms."""
    allocation = turn.book.allocations.get(event.order_id)
    if allocation is None:
        return
    legs = event.legs
    if allocation.method is Method.ROTATION:  # nobody loses or gains his turn by an amendment
        turns = [leg.fund for leg in allocation.stated]
        legs = tuple(
            sorted(legs, key=lambda g: turns.index(g.fund) if g.fund in turns else len(turns))
        )
    if allocation.stated == legs:
        return
    stated = AllocationStated(
        order_id=event.order_id,
        block_id=allocation.block_id,
        number=allocation.number + 1,
        legs=legs,
        policy=allocation.policy,
        method=allocation.method,
        trigger=allocation.trigger,
        at=event.at,
    )
    turn.emit(stated, event.order_id)


def replacements_for(
    turn: Turn, order: Order, terms: c.CreateOrder
) -> list[ReplaceRequested | CancelRequested] | Rejected:
    """The requests that bring the open placements under the new terms.

    A placement that a trader made tighter than the order keeps its limit, unless the new one is
    tighter still; the others follow. A smaller quantity is taken from the newest placements first;
    a larger one goes to the placement where a single open one holds the whole order.
    """
    refused = _refuse_shared(turn, order, terms)
    if refused is None and terms.quantity != order.quantity:
        refused = refuse_paired(turn, order.id)
    if refused is not None:
        return refused
    working = open_placements(turn, order)
    if working and life_of(terms) != life_of(order):
        detail = "a broker has it, and replaces neither order type nor life; cancel that first"
        return reject(OrderRejection.AMEND_PLACED, detail, field="order", value=order.id)
    committed = placed_quantity(order.id, turn.book.placements_for(order.id))
    excess = committed - terms.quantity
    alone = len(working) == 1 and not working[0].parts
    grows = committed == order.quantity and alone and excess < 0
    repriced = (terms.limit_price, terms.stop_price) != (order.limit_price, order.stop_price)
    if not working or not (repriced or grows or excess > 0):
        return []
    if any(placement.requests for placement in working):
        detail = "a request is waiting for a broker's answer; try again after it"
        return reject(OrderRejection.AMEND_PENDING, detail, field="order", value=order.id)
    requests: list[ReplaceRequested | CancelRequested] = []
    for placement in reversed(working):
        cut = min(max(excess, ZERO), placement.leaves_for(order.id))
        quantity = placement.quantity - (excess if grows else cut)
        excess -= cut
        if placement.parts:
            beyond = is_beyond(placement.side, placement.limit_price, terms.limit_price)
            if cut or beyond:
                limit = terms.limit_price if beyond else None
                requests.append(take_out(turn, placement, order, units=cut, limit_price=limit))
        else:
            prices = _prices_after(placement, order, terms)
            now = (placement.quantity, placement.limit_price, placement.stop_price)
            if (quantity, *prices) != now:
                requests.append(_replacement(turn, placement, prices, quantity=quantity))
    return with_kept_algos(turn, requests)


def _prices_after(
    placement: Placement, order: Order, terms: c.CreateOrder
) -> tuple[Decimal | None, Decimal | None]:
    """Limit and stop of a placement under the new terms of its order."""
    limit, stop = placement.limit_price, placement.stop_price
    follows = limit == order.limit_price or is_beyond(placement.side, limit, terms.limit_price)
    if limit is not None and follows:
        limit = terms.limit_price
    if stop is not None and terms.stop_price != order.stop_price:
        stop = terms.stop_price
    return limit, stop


def _replacement(
    turn: Turn,
    placement: Placement,
    prices: tuple[Decimal | None, Decimal | None],
    *,
    quantity: Decimal,
) -> ReplaceRequested | CancelRequested:
    """Ask for the new terms; where nothing would be left to execute, for cancellation."""
    cl_ord_id = turn.identity.next_cl_ord_id()
    if quantity <= placement.cum_qty:
        return CancelRequested(
            placement_id=placement.id,
            cl_ord_id=cl_ord_id,
            orig_cl_ord_id=placement.cl_ord_id,
            at=turn.at,
        )
    return ReplaceRequested(
        placement_id=placement.id,
        cl_ord_id=cl_ord_id,
        orig_cl_ord_id=placement.cl_ord_id,
        quantity=quantity,
        limit_price=prices[0],
        stop_price=prices[1],
        at=turn.at,
    )


def _refuse_shared(turn: Turn, order: Order, terms: c.CreateOrder) -> Rejected | None:
    """Refuse new terms that an order worked together with others must have as they have them."""
    block = turn.book.blocks.get(turn.book.block_of.get(order.id, ""))
    if block is None or not block.is_shared:
        return None
    for name in ("order_type", "stop_price", "time_in_force", "expire_on", "instructions"):
        if getattr(terms, name) != getattr(order, name):
            detail = f"it is the same for all orders of block {block.id}; unmerge the order first"
            return reject(
                BlockRejection.TERMS_SHARED, detail, field=name, value=getattr(terms, name)
            )
    return None
