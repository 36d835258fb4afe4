"""What happened to a block."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tradeoms.kernel.enums import Side

#: How executions are shared with an order that joins a block at work: it has a part of the
#: placements made after it joined, and of nothing before.
LATE_JOINER: Final = "later_placements/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFormed:
    """Released orders of the same security, side and instructions are worked together.

    They leave the blocks they were in. `late_joiner` names the policy for orders that join later.
    """

    block_id: str
    order_ids: tuple[str, ...]
    security_id: str
    side: Side
    at: datetime
    late_joiner: str = LATE_JOINER


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersJoined:
    """Further orders are worked in the block from now on; they leave the blocks they were in."""

    block_id: str
    order_ids: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersLeft:
    """Orders are no longer worked in the block; what was executed for them stays theirs."""

    block_id: str
    order_ids: tuple[str, ...]
    at: datetime


BlockEvent = BlockFormed | OrdersJoined | OrdersLeft
