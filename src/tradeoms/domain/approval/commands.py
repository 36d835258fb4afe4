"""The request to set approval limits."""

from __future__ import annotations

from dataclasses import dataclass

from tradeoms.domain.approval.state import ApprovalLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadApprovalLimits:
    """Set the limits, in place of all there are; they hold from the next check of an order on."""

    limits: tuple[ApprovalLimit, ...]
