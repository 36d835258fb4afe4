"""What people did about breaks, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.breaks.state import Adjustment, BreakAction
from tradeoms.domain.placement.commands import SendOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakActionProposed:
    """A person asked for an action that moves money; it waits for another one."""

    break_id: str
    action: BreakAction
    placement_id: str
    reason: str
    proposed_by: str
    at: datetime
    adjustment: Adjustment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakActionRefused:
    """It is not done; the break stays as it was."""

    break_id: str
    reason: str
    refused_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakActionApproved:
    """Another person let it go ahead; what was done follows in the same commit."""

    break_id: str
    action: BreakAction
    reason: str
    approved_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DontKnowRequested:
    """The counterparty is to be told that a trade is not ours; `cl_ord_id` names the request."""

    break_id: str
    cl_ord_id: str
    dk_reason: str
    reason: str
    requested_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DontKnowReported:
    """What the gateway did with it."""

    break_id: str
    outcome: SendOutcome
    detail: str
    at: datetime


BreakActionEvent = (
    BreakActionProposed
    | BreakActionRefused
    | BreakActionApproved
    | DontKnowRequested
    | DontKnowReported
)
