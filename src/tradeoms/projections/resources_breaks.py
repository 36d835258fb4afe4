"""The resources of breaks: disagreements with a counterparty, and what two people do about one."""

from __future__ import annotations

import msgspec

from tradeoms.domain.breaks.state import Adjustment, Break, Proposal
from tradeoms.kernel.numbers import plain
from tradeoms.projections.resources_text import instant


class AdjustmentResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An execution to add, to correct or, without figures, to take back."""

    execution_id: str | None
    quantity: str | None
    price: str | None
    exec_id: str | None


class BreakProposalResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An action that waits for another person."""

    action: str
    placement_id: str | None
    reason: str
    proposed_by: str
    proposed_at: str
    adjustment: AdjustmentResource | None


class BreakResource(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A disagreement with a counterparty; `raw` is its message, SOH shown as `|`.

    `dont_know` tells how far a DontKnowTrade (Q) is: requested, sent, not_sent, unknown. `share` is
    there, and true, where the placement is shared with orders that you may not see: units, words
    and messages are then left out.
    """

    id: str
    version: int
    seq: int
    status: str
    kind: str
    session: str
    placement_id: str | None
    cl_ord_id: str
    exec_id: str
    quantity: str | None
    price: str
    detail: str
    raw: str
    symbol: str | None
    side: str | None
    proposal: BreakProposalResource | None
    dont_know: str | None
    resolution: str | None
    resolved_by: str | None
    created_at: str
    updated_at: str
    share: bool = False


def break_resource(difference: Break, *, seq: int) -> BreakResource:
    """Show a break."""
    return BreakResource(
        id=difference.id,
        version=difference.version,
        seq=seq,
        status=difference.status,
        kind=difference.kind.value,
        session=difference.session,
        placement_id=difference.placement_id or None,
        cl_ord_id=difference.cl_ord_id,
        exec_id=difference.exec_id,
        quantity=plain(difference.quantity),
        price=plain(difference.price),
        detail=difference.detail,
        raw=difference.raw,
        symbol=difference.symbol or None,
        side=difference.side.value if difference.side else None,
        proposal=_proposal_resource(difference.proposal),
        dont_know=_dont_know(difference),
        resolution=difference.resolution or None,
        resolved_by=difference.resolved_by or None,
        created_at=instant(difference.created_at),
        updated_at=instant(difference.updated_at),
    )


def _proposal_resource(waiting: Proposal | None) -> BreakProposalResource | None:
    if waiting is None:
        return None
    return BreakProposalResource(
        action=waiting.action.value,
        placement_id=waiting.placement_id or None,
        reason=waiting.reason,
        proposed_by=waiting.by,
        proposed_at=instant(waiting.at),
        adjustment=_adjustment_resource(waiting.adjustment),
    )


def _dont_know(difference: Break) -> str | None:
    if not difference.dk_cl_ord_id:
        return None
    return difference.dk_outcome.value if difference.dk_outcome else "requested"


def _adjustment_resource(asked: Adjustment | None) -> AdjustmentResource | None:
    if asked is None:
        return None
    return AdjustmentResource(
        execution_id=asked.execution_id or None,
        quantity=None if asked.quantity is None else plain(asked.quantity),
        price=None if asked.price is None else plain(asked.price),
        exec_id=asked.exec_id or None,
    )
