"""A block's facts. Its quantities are sums over its orders and placements, never stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tradeoms.domain.block.events import LATE_JOINER, BlockFormed, OrdersJoined, OrdersLeft
from tradeoms.kernel.enums import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An order of a block, and since when."""

    order_id: str
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One or more orders worked together; none once all have left it.

    Attributes:
        order_ids: The orders, in the order in which they joined and in which ties are broken.
        late_joiner: The policy for orders that join a block at work.
        joined: The orders that joined after it was formed.
    """

    id: str
    version: int
    order_ids: tuple[str, ...]
    security_id: str
    side: Side
    created_at: datetime
    updated_at: datetime
    late_joiner: str = LATE_JOINER
    joined: tuple[Member, ...] = ()

    @property
    def is_shared(self) -> bool:
        """True where several orders are worked together."""
        return len(self.order_ids) > 1

    def joined_at(self, order_id: str) -> datetime:
        """Since when the order is worked in the block."""
        late = {member.order_id: member.joined_at for member in self.joined}
        return late.get(order_id, self.created_at)


def create(event: BlockFormed) -> Block:
    """The block as it was formed."""
    return Block(
        id=event.block_id,
        version=1,
        order_ids=event.order_ids,
        security_id=event.security_id,
        side=event.side,
        created_at=event.at,
        updated_at=event.at,
        late_joiner=event.late_joiner,
    )


def join(block: Block, event: OrdersJoined) -> Block:
    """The block with further orders."""
    late = tuple(Member(order_id=each, joined_at=event.at) for each in event.order_ids)
    return replace(
        block,
        version=block.version + 1,
        order_ids=(*block.order_ids, *event.order_ids),
        joined=(*block.joined, *late),
        updated_at=event.at,
    )


def leave(block: Block, event: OrdersLeft | OrdersJoined | BlockFormed) -> Block:
    """The block without the orders that left it, or that another block took."""
    return replace(
        block,
        version=block.version + 1,
        order_ids=tuple(each for each in block.order_ids if each not in event.order_ids),
        joined=tuple(each for each in block.joined if each.order_id not in event.order_ids),
        updated_at=event.at,
    )
