"""Why requests about waivers are refused."""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class WaiverRejection(StrEnum):
    """Why a request about a waiver was refused. In the order the checks run."""

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
