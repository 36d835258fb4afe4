"""The facts of a proposal. Its lines are rows of their own; memory keeps what surrounds them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique

from tradeoms.domain.proposal import events as e
from tradeoms.domain.proposal.terms import FundCash, Plan, ProposedOrder, Verdict


@unique
class ProposalStatus(StrEnum):
    """What became of it."""

    OPEN = "open"
    APPROVED = "approved"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposal without its lines.

    Attributes:
        lines: How many there are. `order_ids`: what it became.
    """

    id: str
    version: int
    plan: Plan
    lines: int
    orders: tuple[ProposedOrder, ...]
    verdict: Verdict
    cash: tuple[FundCash, ...]
    made_by: str
    created_at: datetime
    updated_at: datetime
    status: ProposalStatus = ProposalStatus.OPEN
    settled_by: str = ""
    reason: str = ""
    order_ids: tuple[str, ...] = ()


def make(event: e.ProposalMade) -> Proposal:
    """The proposal as it was computed."""
    return Proposal(
        id=event.proposal_id,
        version=1,
        plan=event.plan,
        lines=len(event.lines),
        orders=event.orders,
        verdict=event.verdict,
        cash=event.cash,
        made_by=event.made_by,
        created_at=event.at,
        updated_at=event.at,
    )


def settle(proposal: Proposal, event: e.ProposalApproved | e.ProposalDiscarded) -> Proposal:
    """The proposal once it became orders, or was let go."""
    if isinstance(event, e.ProposalApproved):
        return replace(
            proposal,
            version=proposal.version + 1,
            status=ProposalStatus.APPROVED,
            settled_by=event.approved_by,
            order_ids=event.order_ids,
            updated_at=event.at,
        )
    return replace(
        proposal,
        version=proposal.version + 1,
        status=ProposalStatus.DISCARDED,
        settled_by=event.discarded_by,
        reason=event.reason,
        updated_at=event.at,
    )
