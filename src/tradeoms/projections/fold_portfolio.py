"""The fold of models and proposals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from tradeoms.domain.model import events as model_events
from tradeoms.domain.model import state as model_state
from tradeoms.domain.proposal import events as proposal_events
from tradeoms.domain.proposal import state as proposal_state
from tradeoms.projections.book import Book

_encode: Final = msgspec.json.Encoder(decimal_format="string").encode


def _fold_defined(book: Book, event: model_events.ModelDefined, seq: int) -> None:
    key = (event.model, event.version)
    book.models[key] = model_state.define(event)
    book.touched["models", key] = seq


def _fold_approved(book: Book, event: model_events.ModelApproved, seq: int) -> None:
    """The version in use until now is superseded."""
    before = model_state.approved(book.models, event.model)
    if before is not None:
        old = (before.model, before.version)
        book.models[old] = model_state.supersede(before, event.at)
        book.touched["models", old] = seq
    key = (event.model, event.version)
    book.models[key] = model_state.approve(book.models[key], event)
    book.touched["models", key] = seq


def _fold_made(book: Book, event: proposal_events.ProposalMade, seq: int) -> None:
    proposal = proposal_state.make(event)
    book.proposals[proposal.id] = proposal
    book.touched["proposals", proposal.id] = seq
    for fund in event.plan.funds:
        book.extra["proposal_funds", (fund, proposal.id)] = (fund, proposal.id)
    for number, line in enumerate(event.lines):
        key = (proposal.id, str(number))
        row = (proposal.id, number, line.fund, line.security_id, seq, _encode(line).decode())
        book.extra["proposal_lines", key] = row


def _fold_settled(
    book: Book, event: proposal_events.ProposalApproved | proposal_events.ProposalDiscarded,
    seq: int,
) -> None:  # fmt: skip
    settled = proposal_state.settle(book.proposals[event.proposal_id], event)
    book.proposals[settled.id] = settled
    book.touched["proposals", settled.id] = seq


PORTFOLIO_FOLDS: Final[dict[type, Callable[[Book, Any, int], None]]] = {
    model_events.ModelDefined: _fold_defined,
    model_events.ModelApproved: _fold_approved,
    proposal_events.ProposalMade: _fold_made,
    proposal_events.ProposalApproved: _fold_settled,
    proposal_events.ProposalDiscarded: _fold_settled,
}
