"""A block's facts. Its quantities are sums over its orders and placements, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.block.events import BlockFormed
from tradeoms.kernel.enums import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One or more orders worked together."""

    id: str
    version: int
    order_ids: tuple[str, ...]
    security_id: str
    side: Side
    created_at: datetime
    updated_at: datetime


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
    )
