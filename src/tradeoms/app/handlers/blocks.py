"""Requests about blocks: merge, unmerge, place, and new terms of what the orders share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from tradeoms.app.handlers.algo import with_algo, with_new_algo
from tradeoms.app.handlers.answer import placement_json, plain_json
from tradeoms.app.handlers.pairs import refuse_pair_lead, refuse_paired
from tradeoms.app.handlers.rechecking import recheck
from tradeoms.app.handlers.sharing import (
    portions,
    refuse_crossing,
    state_allocation,
    unplaced,
)
from tradeoms.app.turn import Turn
from tradeoms.domain.allocation.methods import split
from tradeoms.domain.block import commands as c
from tradeoms.domain.block.decide import (
    BlockRejection,
    Wanted,
    decide_merge,
    decide_unmerge,
    tightest,
)
from tradeoms.domain.block.state import Block
from tradeoms.domain.order.events import Stage
from tradeoms.domain.order.state import Order, Phase
from tradeoms.domain.placement.commands import CreatePlacement, ReplacePlacement
from tradeoms.domain.placement.decide import (
    PlacementRejection,
    decide_create,
    decide_replace,
    lessens,
)
from tradeoms.domain.placement.parts import Portion
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.routing.decide import refuse_destination
from tradeoms.kernel.decider import Rejected, reject
from tradeoms.kernel.numbers import ZERO


def merge_orders(turn: Turn, command: c.MergeOrders) -> bytes | Rejected:
    """Work orders together, in a new block or in one that is there."""
    book = turn.book
    block = book.blocks.get(command.block_id)
    for order_id in command.order_ids:
        linked = refuse_paired(turn, order_id)
        if linked is not None:
            return linked
    decided = decide_merge(
        command,
        wanted=[_wanted(turn, order_id) for order_id in command.order_ids],
        block=block,
        members=[book.orders[each] for each in block.order_ids] if block else [],
        stamp=turn.stamp,
    )
    if isinstance(decided, Rejected):
        return decided
    event = decided[0]
    turn.emit(event, event.block_id)
    return _block_json(turn, event.block_id)


def _wanted(turn: Turn, order_id: str) -> Wanted:
    book = turn.book
    return Wanted(
        id=order_id,
        order=book.orders.get(order_id),
        block=book.blocks.get(book.block_of.get(order_id, "")),
        worked=bool(book.placements_for(order_id)),
    )


def unmerge_block(turn: Turn, command: c.UnmergeBlock) -> bytes | Rejected:
    """Let orders of a block be worked alone again."""
    book = turn.book
    block = book.blocks.get(command.block_id)
    found = {p.id: p for each in _members(turn, block) for p in book.placements_for(each.id)}
    decided = decide_unmerge(command, block=block, placements=found.values(), stamp=turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    for event in decided:
        turn.emit(event, event.block_id)
    return _block_json(turn, command.block_id)


def place_block(turn: Turn, command: c.PlaceBlock) -> bytes | Rejected:
    """Route units of a block; each order that can be placed has a part by what it has not placed.

    Compliance looks at each of these orders once more. Where one fails, nothing is placed, and that
    order is no longer part of what the block can place.
    """
    book, stamp = turn.book, turn.stamp
    block = book.blocks.get(command.block_id)
    if block is None:
        code = BlockRejection.BLOCK_UNKNOWN
        return reject(code, "no such block", field="block", value=command.block_id)
    orders = _placeable(turn, block, command)
    if isinstance(orders, Rejected):
        return orders
    first = tightest(orders)
    free = [unplaced(turn, each) for each in orders]
    security = book.securities[block.security_id]
    decided = decide_create(
        _as_order(command, first.id),
        order=first,
        unplaced=sum(free, ZERO),
        security=security,
        destination=book.destinations.get(command.destination),
        block_id=block.id,
        stamp=stamp,
    )
    if isinstance(decided, Rejected):
        return decided
    shared = decided[0]
    if block.is_shared:
        units = split(free, command.quantity, security.lot)
        parts = tuple(
            Portion(order_id=order.id, quantity=quantity)
            for order, quantity in zip(orders, units, strict=True)
        )
        shared = replace(shared, order_id=block.id, parts=parts)
    created = with_algo(turn, shared, command.algo)
    if isinstance(created, Rejected):
        return created
    lead = _refuse_lead(turn, block, command.quantity)
    refused = lead or _recheck_all(turn, orders, created.limit_price)
    if refused is not None:
        return refused
    for order in orders:
        state_allocation(turn, order)
    turn.emit(created, created.placement_id)
    for order in orders:
        turn.reserve(order.id)
    return placement_json(book, created.placement_id, turn.seq)


def replace_shared(turn: Turn, command: ReplacePlacement, placement: Placement) -> bytes | Rejected:
    """Ask the broker for new terms of a placement that orders share.

    A smaller quantity is taken from what they lack of it, a larger one given by what they have not
    placed, both in proportion.
    """
    book, stamp = turn.book, turn.stamp
    orders = [book.orders[each] for each in placement.order_ids]
    working = [each for each in orders if placement.is_open_for(each.id) or _is_free(turn, each)]
    stopped = next((each for each in working if each.phase is not Phase.RELEASED), None)
    if stopped is not None:
        code = PlacementRejection.ORDER_NOT_RELEASED
        return reject(code, f"the order is {stopped.phase}", field="order", value=stopped.id)
    if command.quantity is not None:
        more = command.quantity - placement.committed_qty
        crossing = refuse_crossing(turn, [each for each in orders if _is_ready(each)], more)
        if crossing is not None:
            return crossing
    security = book.securities[placement.security_id]
    free = [unplaced(turn, each) if _is_free(turn, each) else ZERO for each in orders]
    decided = decide_replace(
        command,
        placement=placement,
        order=tightest(working or orders),
        unplaced=sum(free, ZERO),
        security=security,
        stamp=stamp,
    )
    if isinstance(decided, Rejected):
        return decided
    request = with_new_algo(turn, placement, decided[0], command.algo)
    if isinstance(request, Rejected):
        return request
    binding = not lessens(placement, request)
    refused = _recheck_all(turn, working, request.limit_price, binding=binding)
    if refused is not None:
        return refused
    now = portions(placement)
    units = _resized(placement, now, quantity=request.quantity, free=free, lot=security.lot)
    parts = tuple(
        Portion(order_id=each, quantity=quantity) for each, quantity in zip(now, units, strict=True)
    )
    turn.emit(replace(request, parts=parts), placement.id)
    for order in orders:
        turn.reserve(order.id)
    return placement_json(book, placement.id, turn.seq)


def _resized(
    placement: Placement,
    now: dict[str, Decimal],
    *,
    quantity: Decimal,
    free: list[Decimal],
    lot: Decimal,
) -> list[Decimal]:
    """The parts of a placement that is to have ``quantity``."""
    parts = list(now.values())
    more = quantity - sum(parts, ZERO)
    if more >= ZERO:
        added = split(free, min(more, sum(free, ZERO)), lot)
        return [part + units for part, units in zip(parts, added, strict=True)]
    booked = [placement.part_of(each).booked for each in now]
    room = [max(ZERO, part - had) for part, had in zip(parts, booked, strict=True)]
    kept = split(room, max(ZERO, quantity - sum(booked, ZERO)), lot)
    return [had + units for had, units in zip(booked, kept, strict=True)]


def _members(turn: Turn, block: Block | None) -> list[Order]:
    return [turn.book.orders[each] for each in block.order_ids] if block else []


def _placeable(turn: Turn, block: Block, command: c.PlaceBlock) -> list[Order] | Rejected:
    """The orders of a block that have units to place, where all may go there with so many."""
    ready = [each for each in _members(turn, block) if _is_ready(each)]
    crossing = refuse_crossing(turn, ready, command.quantity)
    if crossing is not None:
        return crossing
    orders = [each for each in ready if unplaced(turn, each) > ZERO]
    if not orders:
        detail = "no order of it has units left to place"
        return reject(BlockRejection.BLOCK_EMPTY, detail, field="block", value=block.id)
    answers = (refuse_destination(o, turn.book.routing, command.destination) for o in orders)
    return next((refused for refused in answers if refused is not None), orders)


def _is_free(turn: Turn, order: Order) -> bool:
    """True where units of the order may be placed now."""
    return _is_ready(order) and unplaced(turn, order) > ZERO


def _is_ready(order: Order) -> bool:
    """True where it is with the desk, and no terms wait."""
    return order.phase is Phase.RELEASED and order.pending is None and not order.is_closed


def _refuse_lead(turn: Turn, block: Block, quantity: Decimal) -> Rejected | None:
    """Refuse what the pair of an order does not allow yet; orders of a pair are worked alone."""
    return None if block.is_shared else refuse_pair_lead(turn, block.order_ids[0], quantity)


def _recheck_all(
    turn: Turn, orders: Sequence[Order], limit_price: Decimal | None, *, binding: bool = True
) -> Rejected | None:
    """Check each order again, under a number of its own; the first refusal, after all are done."""
    stamp = turn.stamp
    refused: Rejected | None = None
    for number, order in enumerate(orders):
        turn.stamp = replace(stamp, base=f"{stamp.base}-{number:05d}")
        answer = recheck(turn, order, Stage.PLACEMENT, limit_price=limit_price, binding=binding)
        refused = refused or answer
    turn.stamp = stamp
    return refused


def _as_order(command: c.PlaceBlock, order_id: str) -> CreatePlacement:
    return CreatePlacement(
        order_id=order_id,
        destination=command.destination,
        quantity=command.quantity,
        order_type=command.order_type,
        limit_price=command.limit_price,
        time_in_force=command.time_in_force,
        manual=command.manual,
        broker_order_id=command.broker_order_id,
        algo=command.algo,
        display_quantity=command.display_quantity,
        min_quantity=command.min_quantity,
    )


def _block_json(turn: Turn, block_id: str) -> bytes:
    return plain_json(id=block_id, order_ids=turn.book.blocks[block_id].order_ids, seq=turn.seq)
