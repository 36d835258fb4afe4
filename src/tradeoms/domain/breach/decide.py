"""Decides requests about breaches. Nobody signs off what he resolved himself."""

from __future__ import annotations

from enum import StrEnum, unique

from tradeoms.domain.breach import commands as c
from tradeoms.domain.breach import events as e
from tradeoms.domain.breach.state import Breach, BreachStatus
from tradeoms.kernel.decider import Rejected, Stamp, reject


@unique
class BreachRejection(StrEnum):
    """Why a request about a breach or waiver was refused. In the order the checks run."""

    BREACH_UNKNOWN = "breach_unknown"
    WAIVER_UNKNOWN = "waiver_unknown"
    REASON_MISSING = "reason_missing"
    RULE_NOT_BREACHED = "rule_not_breached"
    RULE_IS_HARD = "rule_is_hard"
    WAIVER_PENDING = "waiver_pending"
    WAIVER_TOO_SMALL = "waiver_too_small"
    EXPIRY_INVALID = "expiry_invalid"
    WAIVER_DECIDED = "waiver_decided"
    APPROVER_IS_REQUESTER = "approver_is_requester"
    APPROVER_TWICE = "approver_twice"
    APPROVER_ROLE = "approver_role"
    WAIVER_EXPIRED = "waiver_expired"
    WAIVER_STALE = "waiver_stale"
    BREACH_CLOSED = "breach_closed"
    BREACH_NOT_RESOLVED = "breach_not_resolved"
    CLOSER_IS_RESOLVER = "closer_is_resolver"


def decide_breach(
    command: c.AssignBreach | c.CommentBreach | c.ResolveBreach | c.CloseBreach,
    breach: Breach,
    stamp: Stamp,
) -> list[e.BreachEvent] | Rejected:
    """Work on a breach case."""
    code = BreachRejection
    if breach.status is BreachStatus.CLOSED:
        detail = f"{breach.closed_by} closed it"
        return reject(code.BREACH_CLOSED, detail, field="breach", value=breach.id)
    match command:
        case c.AssignBreach(assignee=assignee):
            return [e.BreachAssigned(breach_id=breach.id, assignee=assignee, at=stamp.at)]
        case c.CommentBreach(text=text):
            if not text.strip():
                return reject(code.REASON_MISSING, "say something", field="text")
            return [
                e.BreachCommented(breach_id=breach.id, author=stamp.actor, text=text, at=stamp.at)
            ]
        case c.ResolveBreach(resolution=resolution):
            if not resolution.strip():
                return reject(code.REASON_MISSING, "say how", field="resolution")
            return [
                e.BreachResolved(
                    breach_id=breach.id,
                    resolution=resolution,
                    resolved_by=stamp.actor,
                    at=stamp.at,
                )
            ]
        case c.CloseBreach():
            return _decide_close(breach, stamp)


def _decide_close(breach: Breach, stamp: Stamp) -> list[e.BreachEvent] | Rejected:
    code = BreachRejection
    if breach.status is not BreachStatus.RESOLVED:
        detail = "resolve it first"
        return reject(code.BREACH_NOT_RESOLVED, detail, field="breach", value=breach.id)
    if stamp.actor == breach.resolved_by:
        detail = "another person must sign it off"
        return reject(code.CLOSER_IS_RESOLVER, detail, value=stamp.actor)
    return [e.BreachClosed(breach_id=breach.id, closed_by=stamp.actor, at=stamp.at)]
