"""What happened to approval limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.approval.state import ApprovalLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalLimitsLoaded:
    """From now on orders above these limits wait for another person."""

    limits: tuple[ApprovalLimit, ...]
    loaded_by: str
    at: datetime
