"""Decides requests about waivers. Nobody permits what he asked for himself."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.order.events import CheckAction
from tradeoms.domain.order.state import Order
from tradeoms.domain.waiver import commands as c
from tradeoms.domain.waiver import events as e
from tradeoms.domain.waiver.state import Waiver, WaiverStatus
from tradeoms.kernel.decider import Rejected, Stamp, reject
from tradeoms.kernel.text import is_printable

#: A permission that nobody used lapses after this time (a trading day).
WAIVER_LIFE: Final = timedelta(hours=24)


@unique
class WaiverRejection(StrEnum):
    """Why a request about a waiver was refused. In the order the checks run."""

    WAIVER_UNKNOWN = "waiver_unknown"
    REASON_MISSING = "reason_missing"
    RULE_NOT_BREACHED = "rule_not_breached"
    RULE_IS_HARD = "rule_is_hard"
    WAIVER_DECIDED = "waiver_decided"
    WAIVER_EXPIRED = "waiver_expired"
    WAIVER_STALE = "waiver_stale"
    APPROVER_IS_REQUESTER = "approver_is_requester"


def decide_request_waiver(
    command: c.RequestWaiver, order: Order, stamp: Stamp
) -> list[e.WaiverRequested] | Rejected:
    """Ask for permission; only a rule that holds the order softly can be waived."""
    code = WaiverRejection
    if not command.reason.strip() or not is_printable(command.reason):
        detail = "say why, in printable ASCII"
        return reject(code.REASON_MISSING, detail, field="reason", value=ascii(command.reason)[:80])
    matching = [rule for rule in order.unwaived if command.rule in (rule, rule.split("@")[0])]
    if not matching:
        detail = f"rules that hold the order: {', '.join(order.unwaived) or 'none'}"
        return reject(code.RULE_NOT_BREACHED, detail, field="rule", value=command.rule)
    if order.check_action is not CheckAction.BLOCK_SOFT:
        detail = "a hard rule is never waived"
        return reject(code.RULE_IS_HARD, detail, field="rule", value=command.rule)
    return [
        e.WaiverRequested(
            waiver_id=stamp.id("wvr"),
            order_id=order.id,
            rule=matching[0],
            reason=command.reason,
            quantity=order.quantity,
            requested_by=stamp.actor,
            expires_at=stamp.at + WAIVER_LIFE,
            at=stamp.at,
        )
    ]


def decide_approve_waiver(
    command: c.ApproveWaiver, waiver: Waiver, order: Order, stamp: Stamp
) -> list[e.WaiverApproved] | Rejected:
    """Give the permission: another natural person, the same rule version and quantity, in time."""
    code = WaiverRejection
    refusal = _refuse_decision(waiver, stamp)
    if refusal is not None:
        return refusal
    if stamp.actor in (order.placed_by, order.portfolio_manager):
        detail = "the person who entered or leads the order cannot waive its breach"
        return reject(code.APPROVER_IS_REQUESTER, detail, value=stamp.actor)
    if stamp.at > waiver.expires_at:
        detail = f"the request lapsed at {waiver.expires_at.isoformat()}; ask again"
        return reject(code.WAIVER_EXPIRED, detail, field="waiver", value=waiver.id)
    if order.quantity > waiver.quantity or waiver.rule not in order.unwaived:
        detail = "the order or the rule changed since the request; ask again"
        return reject(code.WAIVER_STALE, detail, field="waiver", value=waiver.id)
    return [
        e.WaiverApproved(
            waiver_id=waiver.id,
            order_id=order.id,
            rule=waiver.rule,
            approved_by=stamp.actor,
            note=command.note,
            at=stamp.at,
        )
    ]


def decide_refuse_waiver(
    command: c.RefuseWaiver, waiver: Waiver, stamp: Stamp
) -> list[e.WaiverRefused] | Rejected:
    """Say no."""
    refusal = _refuse_decision(waiver, stamp)
    if refusal is not None:
        return refusal
    return [
        e.WaiverRefused(waiver_id=waiver.id, refused_by=stamp.actor, note=command.note, at=stamp.at)
    ]


def _refuse_decision(waiver: Waiver, stamp: Stamp) -> Rejected | None:
    code = WaiverRejection
    if waiver.status is not WaiverStatus.REQUESTED:
        detail = f"it was {waiver.status} by {waiver.decided_by}"
        return reject(code.WAIVER_DECIDED, detail, field="waiver", value=waiver.id)
    if stamp.actor == waiver.requested_by:
        detail = "another person must decide"
        return reject(code.APPROVER_IS_REQUESTER, detail, value=stamp.actor)
    return None
