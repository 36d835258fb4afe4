"""What a check found, and what happened to a waiver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class HitFound:
    """A check found a limit that the order would exceed.

    `measured` and `limit` are exact decimals or fractions as text, in the rule's own unit.
    """

    hit_id: str
    order_id: str
    check_id: str
    rule_id: str
    rule_version: int
    severity: str
    fund: str
    cell: str
    measured: str
    limit: str
    explanation: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRequested:
    """Permission was asked for. It binds to the order's terms as they are now.

    `quantity` is the largest quantity of the order that the permission would cover.
    """

    waiver_id: str
    order_id: str
    rule: str
    reason: str
    quantity: Decimal
    requested_by: str
    expires_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverApproved:
    """Another person gave the permission."""

    waiver_id: str
    order_id: str
    rule: str
    approved_by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRefused:
    """Another person said no."""

    waiver_id: str
    refused_by: str
    note: str
    at: datetime


WaiverEvent = WaiverRequested | WaiverApproved | WaiverRefused
