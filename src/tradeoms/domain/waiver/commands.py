"""Requests about waivers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestWaiver:
    """Ask for permission to proceed with a soft breach. `rule` is `id` or `id@version`.

    Attributes:
        max_quantity: Largest quantity of the order to be covered; the order's own if absent.
        max_excess: Largest amount over the limit, exact text, of each cell that is over it now; as
            each is measured now, if empty.
        expires_at: When the permission ends; a day from now if absent.
    """

    order_id: str
    rule: str
    reason: str
    max_quantity: Decimal | None = None
    max_excess: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveWaiver:
    """Give the permission; never by one who asked for it or whose order it is."""

    waiver_id: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveWaivers:
    """Give several permissions at once, all or none, for one reason that they share."""

    waiver_ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseWaiver:
    """Say no, with a reason."""

    waiver_id: str
    note: str
