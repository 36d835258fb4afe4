"""The facts of hits and waivers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.domain.waiver import events as e


@unique
class WaiverStatus(StrEnum):
    """What became of a request for permission."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One limit that an order would have exceeded: found before the trade, so nothing to cure."""

    id: str
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
class Waiver:
    """Permission asked for, given or refused: one order, one rule version, one quantity."""

    id: str
    version: int
    order_id: str
    rule: str
    reason: str
    quantity: Decimal
    requested_by: str
    expires_at: datetime
    created_at: datetime
    updated_at: datetime
    status: WaiverStatus = WaiverStatus.REQUESTED
    decided_by: str = ""
    note: str = ""


def find_hit(event: e.HitFound) -> Hit:
    """The hit as the check found it."""
    return Hit(
        id=event.hit_id,
        order_id=event.order_id,
        check_id=event.check_id,
        rule_id=event.rule_id,
        rule_version=event.rule_version,
        severity=event.severity,
        fund=event.fund,
        cell=event.cell,
        measured=event.measured,
        limit=event.limit,
        explanation=event.explanation,
        at=event.at,
    )


def request_waiver(event: e.WaiverRequested) -> Waiver:
    """The waiver as it was asked for."""
    return Waiver(
        id=event.waiver_id,
        version=1,
        order_id=event.order_id,
        rule=event.rule,
        reason=event.reason,
        quantity=event.quantity,
        requested_by=event.requested_by,
        expires_at=event.expires_at,
        created_at=event.at,
        updated_at=event.at,
    )


def evolve_waiver(waiver: Waiver, event: e.WaiverApproved | e.WaiverRefused) -> Waiver:
    """The waiver after another person decided."""
    approved = isinstance(event, e.WaiverApproved)
    person = event.approved_by if isinstance(event, e.WaiverApproved) else event.refused_by
    return replace(
        waiver,
        version=waiver.version + 1,
        status=WaiverStatus.APPROVED if approved else WaiverStatus.REFUSED,
        decided_by=person,
        note=event.note,
        updated_at=event.at,
    )
