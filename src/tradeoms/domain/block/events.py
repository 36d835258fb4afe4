"""What happened to a block."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.kernel.enums import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFormed:
    """Released orders of the same security, side and instructions are worked together."""

    block_id: str
    order_ids: tuple[str, ...]
    security_id: str
    side: Side
    at: datetime


BlockEvent = BlockFormed
