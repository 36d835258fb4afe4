"""Decides which orders may be worked together, and when they may part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.block import commands as c
from tradeoms.domain.block import events as e
from tradeoms.domain.block.state import Block
from tradeoms.domain.order.state import Order, Phase
from tradeoms.domain.placement.state import Placement
from tradeoms.kernel.decider import Rejected, Stamp, reject
from tradeoms.kernel.enums import Side


@unique
class BlockRejection(StrEnum):
    """Why a request about a block was refused. Declared in the order the checks run."""

    BLOCK_UNKNOWN = "block_unknown"
    BLOCK_TOO_SMALL = "block_too_small"
    ORDER_TWICE = "order_twice"
    MEMBER_UNKNOWN = "member_unknown"
    MEMBER_NOT_RELEASED = "member_not_released"
    MEMBER_IN_BLOCK = "member_in_block"
    MEMBER_WORKED = "member_worked"
    MEMBERS_DIFFER = "members_differ"
    MEMBER_NOT_IN_BLOCK = "member_not_in_block"
    BLOCK_WORKING = "block_working"
    BLOCK_EMPTY = "block_empty"
    ORDER_IN_BLOCK = "order_in_block"
    TERMS_SHARED = "terms_shared"


#: What must be the same for all orders of a block. Limits may differ: the tightest is placed.
_SAME: Final = (
    "security_id", "side", "order_type", "stop_price", "time_in_force", "expire_on",
    "instructions", "venue", "cross_with",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An order that is to be merged, and where it stands; `order` is `None` where unknown."""

    id: str
    order: Order | None
    block: Block | None
    worked: bool


def decide_merge(
    command: c.MergeOrders,
    *,
    wanted: Sequence[Wanted],
    block: Block | None,
    members: Sequence[Order],
    stamp: Stamp,
) -> list[e.BlockFormed] | list[e.OrdersJoined] | Rejected:
    """Decide to work orders together.

    Args:
        command: The request.
        wanted: The orders named, in its order.
        block: The block that is to be joined; `None` where it is not known.
        members: The orders of that block.
        stamp: Time and person.
    """
    refused = _refuse_list(command, block)
    for each in wanted:
        refused = refused or _refuse_member(each)
    if refused is not None:
        return refused
    orders = [each.order for each in wanted if each.order is not None]
    together = [*members, *orders]
    refused = _refuse_difference(together)
    if refused is not None:
        return refused
    ids = tuple(order.id for order in orders)
    if block is not None:
        return [e.OrdersJoined(block_id=block.id, order_ids=ids, at=stamp.at)]
    return [
        e.BlockFormed(
            block_id=stamp.id("blk"),
            order_ids=ids,
            security_id=orders[0].security_id,
            side=orders[0].side,
            at=stamp.at,
        )
    ]


def _refuse_list(command: c.MergeOrders, block: Block | None) -> Rejected | None:
    code = BlockRejection
    if command.block_id and (block is None or not block.order_ids):
        return reject(code.BLOCK_UNKNOWN, "no such block", field="block", value=command.block_id)
    ids = command.order_ids
    least = 1 if command.block_id else 2
    if len(ids) < least:
        detail = f"name at least {least} of the orders that are to be worked together"
        return reject(code.BLOCK_TOO_SMALL, detail, field="orders", value=str(len(ids)))
    twice = next((each for number, each in enumerate(ids) if each in ids[:number]), None)
    if twice is not None:
        return reject(code.ORDER_TWICE, "each order once", field="orders", value=twice)
    return None


def _refuse_member(wanted: Wanted) -> Rejected | None:
    """Only an order that the desk has, and that is neither placed nor in a block, may join."""
    code, order = BlockRejection, wanted.order
    if order is None:
        return reject(code.MEMBER_UNKNOWN, "no such order", field="orders", value=wanted.id)
    if order.is_closed or order.phase is not Phase.RELEASED or order.pending is not None:
        waits = " and waits for new terms" if order.pending is not None else ""
        detail = f"the order is {order.phase}{waits}; only a released order can be merged"
        return reject(code.MEMBER_NOT_RELEASED, detail, field="orders", value=order.id)
    if wanted.block is not None and wanted.block.is_shared:
        detail = f"the order is in block {wanted.block.id}; unmerge it first"
        return reject(code.MEMBER_IN_BLOCK, detail, field="orders", value=order.id)
    if wanted.worked:
        detail = "the order is being worked; only one that was never placed can join a block"
        return reject(code.MEMBER_WORKED, detail, field="orders", value=order.id)
    return None


def _refuse_difference(orders: Sequence[Order]) -> Rejected | None:
    """All that the market sees must be the same; the limit may differ."""
    first = orders[0]
    for order in orders[1:]:
        for name in _SAME:
            if getattr(order, name) != getattr(first, name):
                detail = (
                    f"{name} of order {order.id} is {getattr(order, name)}, "
                    f"of {first.id} {getattr(first, name)}"
                )
                code = BlockRejection.MEMBERS_DIFFER
                return reject(code, detail, field=name, value=str(getattr(order, name)))
    return None


def decide_unmerge(
    command: c.UnmergeBlock,
    *,
    block: Block | None,
    placements: Iterable[Placement],
    stamp: Stamp,
) -> list[e.OrdersLeft | e.BlockFormed] | Rejected:
    """Decide to let orders leave their block; each is then in a block of its own.

    What is executed stays with the orders it was shared to. A placement that may still execute for
    an order that wants to leave must be cancelled first.
    """
    code = BlockRejection
    if block is None or not block.is_shared:
        detail = "no block of several orders"
        return reject(code.BLOCK_UNKNOWN, detail, field="block", value=command.block_id)
    leaving = command.order_ids or block.order_ids
    strange = next((each for each in leaving if each not in block.order_ids), None)
    if strange is not None:
        detail = "the order is not in the block"
        return reject(code.MEMBER_NOT_IN_BLOCK, detail, field="orders", value=strange)
    for placement in placements:
        if placement.parts and any(
            each in placement.order_ids and placement.is_open_for(each) for each in leaving
        ):
            detail = f"placement {placement.id} may still execute; cancel it first"
            return reject(code.BLOCK_WORKING, detail, field="block", value=block.id)
    alone = tuple(each for each in block.order_ids if each in leaving)
    return [
        e.OrdersLeft(block_id=block.id, order_ids=alone, at=stamp.at),
        *(
            e.BlockFormed(
                block_id=stamp.id("blk", number),
                order_ids=(order_id,),
                security_id=block.security_id,
                side=block.side,
                at=stamp.at,
            )
            for number, order_id in enumerate(alone)
        ),
    ]


def tightest(orders: Sequence[Order]) -> Order:
    """The order whose limit holds for all: the lowest of buyers, the highest of sellers."""
    limited = [order for order in orders if order.limit_price is not None]
    if not limited:
        return orders[0]
    buys = limited[0].side in (Side.BUY, Side.BUY_TO_COVER)
    pick = min if buys else max
    return pick(limited, key=lambda order: order.limit_price or 0)


def suggest(orders: Iterable[Order], blocks: Mapping[str, Block]) -> list[list[Order]]:
    """Released orders, none of them placed or merged, that could be worked together.

    Args:
        orders: The candidates, none of which was ever placed.
        blocks: The block of each, by order.

    Returns:
        Groups of two or more, the earliest first.
    """
    groups: dict[tuple[object, ...], list[Order]] = {}
    for order in orders:
        candidate = Wanted(id=order.id, order=order, block=blocks.get(order.id), worked=False)
        if _refuse_member(candidate) is None:
            key = tuple(getattr(order, name) for name in _SAME)
            groups.setdefault(key, []).append(order)
    return [group for group in groups.values() if len(group) > 1]
