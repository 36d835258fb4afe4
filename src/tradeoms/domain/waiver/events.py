"""What a check found, and what happened to a waiver."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradeoms.domain.evaluation import CellExcess


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

    Attributes:
        quantity: Largest quantity of the order that the permission would cover.
        excess: The cells that it would cover, each up to an amount over the limit.
        approvers: How many people must approve: one of compliance; or that and one of risk.
        price: The price of a placement that it is for, where the rule stops the order only there.
    """

    waiver_id: str
    order_id: str
    rule: str
    reason: str
    quantity: Decimal
    requested_by: str
    expires_at: datetime
    at: datetime
    excess: tuple[CellExcess, ...] = ()
    approvers: int = 1
    price: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverVerified:
    """The first of two people approved; the permission is not given yet."""

    waiver_id: str
    order_id: str
    rule: str
    approved_by: str
    note: str
    role: str
    bulk: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverApproved:
    """Another person gave the permission.

    Attributes:
        role: Role in which it was given.
        bulk: Id that several approvals with one reason share; empty for one alone.
    """

    waiver_id: str
    order_id: str
    rule: str
    approved_by: str
    note: str
    at: datetime
    role: str = "compliance_officer"
    bulk: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverRefused:
    """Another person said no."""

    waiver_id: str
    refused_by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverLapsed:
    """A permission no longer holds; `because` is the code of the reason."""

    waiver_id: str
    order_id: str
    because: str
    at: datetime


WaiverEvent = WaiverRequested | WaiverVerified | WaiverApproved | WaiverRefused | WaiverLapsed
