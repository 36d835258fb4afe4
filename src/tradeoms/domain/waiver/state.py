"""The facts of hits and waivers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum, unique
from typing import assert_never

from tradeoms.domain.evaluation import CellExcess
from tradeoms.domain.waiver import events as e
from tradeoms.kernel.enums import Role


@unique
class WaiverStatus(StrEnum):
    """What became of a request for permission."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"


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

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two findings the same hit."""
        return (self.order_id, f"{self.rule_id}@{self.rule_version}", self.fund, self.cell)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's approval of a waiver, and in which role."""

    person: str
    role: Role
    note: str
    at: datetime
    bulk: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Permission asked for, given or refused: one order, one rule version, one quantity.

    Attributes:
        quantity: Largest quantity of the order that it covers.
        excess: The cells that it covers, each up to an amount over the limit.
        approvers: How many people must approve.
        price: The price of a placement that it is for; `None` where the order itself exceeds.
    """

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
    excess: tuple[CellExcess, ...] = ()
    approvers: int = 1
    approvals: tuple[Approval, ...] = ()
    lapsed_because: str = ""
    price: Decimal | None = None


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
        excess=event.excess,
        approvers=event.approvers,
        price=event.price,
        created_at=event.at,
        updated_at=event.at,
    )


def evolve_waiver(
    waiver: Waiver, event: e.WaiverVerified | e.WaiverApproved | e.WaiverRefused | e.WaiverLapsed
) -> Waiver:
    """The waiver after someone decided, or after what it was bound to changed."""
    after = replace(waiver, version=waiver.version + 1, updated_at=event.at)
    match event:
        case e.WaiverVerified():
            return replace(after, approvals=(*waiver.approvals, _approval(event)))
        case e.WaiverApproved(approved_by=person, note=note):
            return replace(
                after,
                status=WaiverStatus.APPROVED,
                decided_by=person,
                note=note,
                approvals=(*waiver.approvals, _approval(event)),
            )
        case e.WaiverRefused(refused_by=person, note=note):
            return replace(after, status=WaiverStatus.REFUSED, decided_by=person, note=note)
        case e.WaiverLapsed(because=because):
            return replace(after, status=WaiverStatus.LAPSED, lapsed_because=because)
        case _:
            assert_never(event)


def _approval(event: e.WaiverVerified | e.WaiverApproved) -> Approval:
    return Approval(
        person=event.approved_by,
        role=Role(event.role),
        note=event.note,
        at=event.at,
        bulk=event.bulk,
    )
