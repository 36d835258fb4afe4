"""The columns of a file of orders, and what the words of another system mean in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

REQUIRED: Final = ("client_order_id", "security", "side", "quantity", "order_type")
OPTIONAL: Final = (
    "fund", "allocations", "limit_price", "stop_price", "time_in_force", "expire_on", "reason",
    "instructions", "portfolio_manager", "venue", "cross_with", "submit",
    "good_from", "trigger_price", "trigger_when", "unexecuted",
)  # fmt: skip
#: A column `custom.NAME` is the custom field NAME; the engine knows whether there is one.
CUSTOM: Final = "custom."
#: The columns of a file of orders.
COLUMNS: Final = (*REQUIRED, *OPTIONAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the words of a file mean in one of our columns: (theirs, ours)."""

    column: str
    meanings: tuple[tuple[str, str], ...]
