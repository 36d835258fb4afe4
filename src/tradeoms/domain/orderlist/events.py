"""What happened to lists of orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderListCreated:
    """Orders were entered as one list; what happens to each stands under the order."""

    list_id: str
    name: str
    atomic: bool
    order_ids: tuple[str, ...]
    created_by: str
    at: datetime
