"""Requests about placements: route, replace, cancel."""

from __future__ import annotations

from tradeoms.app.handlers.algo import with_algo, with_new_algo
from tradeoms.app.handlers.answer import placement_json, plain_json
from tradeoms.app.handlers.blocks import replace_shared
from tradeoms.app.handlers.orders import find_order
from tradeoms.app.handlers.pairs import refuse_pair_lead
from tradeoms.app.handlers.rechecking import recheck
from tradeoms.app.handlers.sharing import refuse_crossing, state_allocation, unplaced
from tradeoms.app.turn import Turn
from tradeoms.domain.block.decide import BlockRejection
from tradeoms.domain.cross.decide import refuse_fixed
from tradeoms.domain.order.events import Stage
from tradeoms.domain.order.state import Phase
from tradeoms.domain.placement import commands as c
from tradeoms.domain.placement import decide
from tradeoms.domain.placement.decide import PlacementRejection
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.routing.decide import refuse_destination
from tradeoms.kernel.decider import Rejected, reject


def find_placement(turn: Turn, placement_id: str) -> Placement | Rejected:
    """The placement, or the refusal that it is not known, or a side of a cross."""
    placement = turn.book.placements.get(placement_id)
    if placement is None:
        code = PlacementRejection.PLACEMENT_UNKNOWN
        return reject(code, "no such placement", field="placement", value=placement_id)
    return refuse_fixed(placement.destination, placement.id) or placement


def create_placement(turn: Turn, command: c.CreatePlacement) -> bytes | Rejected:
    """Route units to a destination; the first one fixes the allocation statement before it."""
    order = find_order(turn, command.order_id)
    if isinstance(order, Rejected):
        return order
    block = turn.book.blocks.get(turn.book.block_of.get(order.id, ""))
    if block is not None and block.is_shared:
        detail = f"it is worked in block {block.id} with others: place the block, or unmerge it"
        return reject(BlockRejection.ORDER_IN_BLOCK, detail, field="order", value=order.id)
    refused = refuse_destination(order, turn.book.routing, command.destination) or refuse_crossing(
        turn, [order], command.quantity
    )
    if refused is not None:
        return refused
    decided = decide.decide_create(
        command,
        order=order,
        unplaced=unplaced(turn, order),
        security=turn.book.securities[order.security_id],
        destination=turn.book.destinations.get(command.destination),
        block_id=turn.book.block_of.get(order.id, ""),
        stamp=turn.stamp,
    )
    if isinstance(decided, Rejected):
        return decided
    created = with_algo(turn, decided[0], command.algo)
    if isinstance(created, Rejected):
        return created
    refused = refuse_pair_lead(turn, order.id, command.quantity) or recheck(
        turn, order, Stage.PLACEMENT, limit_price=created.limit_price
    )
    if refused is not None:
        return refused
    state_allocation(turn, order)
    if turn.trial:
        return plain_json(quantity=created.quantity)
    turn.emit(created, created.placement_id)
    return placement_json(turn.book, created.placement_id, turn.seq)


def replace_placement(turn: Turn, command: c.ReplacePlacement) -> bytes | Rejected:
    """Ask the broker for new terms, after compliance looked at the order once more."""
    placement = find_placement(turn, command.placement_id)
    if isinstance(placement, Rejected):
        return placement
    if placement.parts:
        return replace_shared(turn, command, placement)
    order = turn.book.orders[placement.order_id]
    if order.phase is not Phase.RELEASED:
        code = PlacementRejection.ORDER_NOT_RELEASED
        return reject(code, f"the order is {order.phase}", field="order", value=order.id)
    if command.quantity is not None:
        more = command.quantity - placement.committed_qty
        refused = refuse_crossing(turn, [order], more)
        if refused is not None:
            return refused
    decided = decide.decide_replace(
        command,
        placement=placement,
        order=order,
        unplaced=unplaced(turn, order),
        security=turn.book.securities[order.security_id],
        stamp=turn.stamp,
    )
    if isinstance(decided, Rejected):
        return decided
    asked = with_new_algo(turn, placement, decided[0], command.algo)
    if isinstance(asked, Rejected):
        return asked
    more = asked.quantity - placement.committed_qty
    refused = refuse_pair_lead(turn, order.id, more) if more > 0 else None
    refused = refused or recheck(
        turn,
        order,
        Stage.PLACEMENT,
        limit_price=asked.limit_price,
        binding=not decide.lessens(placement, asked),
    )
    if refused is not None:
        return refused
    turn.emit(asked, placement.id)
    return placement_json(turn.book, placement.id, turn.seq)


def cancel_placement(turn: Turn, command: c.CancelPlacement) -> bytes | Rejected:
    """Ask the broker to cancel what is left; never refused for a compliance reason."""
    placement = find_placement(turn, command.placement_id)
    if isinstance(placement, Rejected):
        return placement
    decided = decide.decide_cancel(placement=placement, stamp=turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided[0], placement.id)
    return placement_json(turn.book, placement.id, turn.seq)
