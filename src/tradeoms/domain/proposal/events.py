"""What happened to proposals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.proposal.terms import FundCash, Line, Plan, ProposedOrder, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalMade:
    """A proposal was computed, in full: every line, traded or left out."""

    proposal_id: str
    plan: Plan
    lines: tuple[Line, ...]
    orders: tuple[ProposedOrder, ...]
    verdict: Verdict
    cash: tuple[FundCash, ...]
    made_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalApproved:
    """It became these orders, in the order of its own list."""

    proposal_id: str
    order_ids: tuple[str, ...]
    approved_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDiscarded:
    """Nothing came of it."""

    proposal_id: str
    reason: str
    discarded_by: str
    at: datetime


ProposalEvent = ProposalMade | ProposalApproved | ProposalDiscarded
