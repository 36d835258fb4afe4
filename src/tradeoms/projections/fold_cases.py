"""The fold of post-trade runs and of the breach cases they find."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, get_args

from tradeoms.domain.case import events as case_events
from tradeoms.domain.case import state as case_state
from tradeoms.projections.book import Book


def _fold_run_started(book: Book, event: case_events.RunStarted, seq: int) -> None:
    book.add_run(case_state.start_run(event))
    book.touched["runs", event.run_id] = seq


def _fold_run(book: Book, event: Any, seq: int) -> None:
    book.add_run(case_state.evolve_run(book.runs[event.run_id], event))
    book.touched["runs", event.run_id] = seq
    if isinstance(event, case_events.FundRunRecorded):
        book.fund_runs[event.fund] = case_state.fund_run(event, seq, book.fund_runs.get(event.fund))
        row = (event.run_id, event.fund, event.trade_on.isoformat(), seq)
        book.extra["fund_runs", (event.run_id, event.fund)] = row
        book.touched["last_runs", event.fund] = seq


def _fold_case(book: Book, event: Any, seq: int) -> None:
    """A case that is not there was of a hit, in journals from before there were cases."""
    before = book.cases.get(event.breach_id)
    if isinstance(event, case_events.BreachDetected):
        after = case_state.detect(before, event)
    elif before is None:
        return
    else:
        after = case_state.evolve_case(before, event)
    book.add_case(after)
    book.touched["breaches", after.id] = seq


CASE_FOLDS: Final[dict[type, Callable[[Book, Any, int], None]]] = {
    case_events.RunStarted: _fold_run_started,
    case_events.FundRunRecorded: _fold_run,
    case_events.RunOverdue: _fold_run,
    **dict.fromkeys(get_args(case_events.CaseEvent), _fold_case),
}
