"""Gathers what the house knows that bears on a report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from tradeoms.app.handlers.another_security import another_security
from tradeoms.app.handlers.booking import lacking_of
from tradeoms.app.handlers.finding import find_named
from tradeoms.app.turn import Turn
from tradeoms.domain.breaks.state import break_key
from tradeoms.domain.placement import events as e
from tradeoms.domain.placement.beside import is_alike
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.manual import find_added
from tradeoms.domain.placement.report import FACTS, Known
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.domain.placement.traded import traded_on
from tradeoms.projections.book import Book


def know(turn: Turn, report: ReportPlacement) -> Known:
    """Gather what the house knows that bears on ``report``."""
    book = turn.book
    placement = find_named(turn, report)
    if placement is None and report.kind in FACTS:
        placement = _attached(turn, report)
    executed = report.kind in FACTS or report.last_qty > 0
    seen, referred = (
        turn.execution_of(report.session, exec_id) if executed else None
        for exec_id in (report.exec_id, report.exec_ref_id)
    )
    day: date | None = None
    misdated = ""
    if placement is not None:
        day, misdated = traded_on(report, placement, book.days, turn.pretrade.today(turn.at))
    return Known(
        placement=placement,
        seen=seen,
        referred=referred,
        alike=placement is not None and executed and _alike(book, placement, report),
        added=_added(book, placement, report) if placement else None,
        lacking=lacking_of(turn, placement),
        ours=placement is not None and book.cl_ord_ids.get(report.cl_ord_id) == placement.id,
        other_security=another_security(book, placement, report) if placement else "",
        open_kinds=_open_kinds(book, report),
        mark=_mark(book, placement),
        traded_on=day,
        misdated=misdated,
    )


def _attached(turn: Turn, report: ReportPlacement) -> Placement | None:
    """The placement that people attached the trade to which ``report`` repeats or takes back."""
    for exec_id in (report.exec_id, report.exec_ref_id):
        execution = turn.execution_of(report.session, exec_id) if exec_id else None
        if execution is not None:
            return turn.book.placements[execution.placement_id]
    return None


def _alike(book: Book, placement: Placement, report: ReportPlacement) -> bool:
    """True where an execution of the placement is what a change of state may tell once more."""
    if report.kind in FACTS:
        return False
    return any(is_alike(report, each) for each in _executions(book, placement))


def _added(book: Book, placement: Placement, report: ReportPlacement) -> Execution | None:
    """The execution that people added, and that a fill may be."""
    if report.kind is not ReportKind.FILL:
        return None
    return find_added(report, placement, _executions(book, placement))


def _executions(book: Book, placement: Placement) -> Iterator[Execution]:
    return (book.executions[each] for each in book.executions_of.get(placement.id, ()))


def _mark(book: Book, placement: Placement | None) -> Decimal | None:
    price = book.prices.get(placement.security_id) if placement else None
    return price.price if price else None


def _open_kinds(book: Book, report: ReportPlacement) -> frozenset[e.BreakKind]:
    """The kinds of break that this report, or one just like it, has open already."""
    about = (report.session, report.cl_ord_id, report.exec_id, report.last_qty, report.last_px)
    return frozenset(kind for kind in e.BreakKind if break_key(kind, *about) in book.open_breaks)
