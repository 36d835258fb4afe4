"""The fold of what people do about breaks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, assert_never, get_args

from tradeoms.domain.breaks import events as e
from tradeoms.domain.breaks.state import BreakAction, Proposal
from tradeoms.projections.book import Book


def _fold_break_action(book: Book, event: e.BreakActionEvent, seq: int) -> None:
    before = book.breaks[event.break_id]
    after = replace(before, version=before.version + 1, updated_at=event.at)
    match event:
        case e.BreakActionProposed():
            waiting = Proposal(
                action=event.action, placement_id=event.placement_id, reason=event.reason,
                by=event.proposed_by, at=event.at, adjustment=event.adjustment,
            )  # fmt: skip
            after = replace(after, proposal=waiting)
        case e.BreakActionRefused():
            after = replace(after, proposal=None)
        case e.BreakActionApproved(action=action):
            taken = before.suspense or action is BreakAction.SUSPENSE
            after = replace(after, proposal=None, suspense=taken)
        case e.DontKnowRequested(cl_ord_id=cl_ord_id):
            after = replace(after, dk_cl_ord_id=cl_ord_id, dk_outcome=None, dk_detail="")
        case e.DontKnowReported(outcome=outcome, detail=detail):
            after = replace(after, dk_outcome=outcome, dk_detail=detail)
        case _:
            assert_never(event)
    book.breaks[before.id] = after
    book.touched["breaks", before.id] = seq


BREAK_FOLDS: Final[dict[type, Callable[[Book, Any, int], None]]] = dict.fromkeys(
    get_args(e.BreakActionEvent), _fold_break_action
)
