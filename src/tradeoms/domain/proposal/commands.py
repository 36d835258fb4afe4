"""Requests about proposals."""

from __future__ import annotations

from dataclasses import dataclass

from tradeoms.domain.proposal.terms import FundCash, Line, Plan, ProposedOrder, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeProposal:
    """Put a computed proposal on record. Computed beside the writer; nothing trades yet."""

    plan: Plan
    lines: tuple[Line, ...]
    orders: tuple[ProposedOrder, ...]
    verdict: Verdict
    cash: tuple[FundCash, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveProposal:
    """Turn all lines into orders, or none of them; `custom` are values that all of them get."""

    proposal_id: str
    reason: str = ""
    submit: bool = True
    custom: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardProposal:
    """Let it go; it stays on record."""

    proposal_id: str
    reason: str = ""
