"""Finds the placement that a report is about, also one that memory has let go."""

from __future__ import annotations

from dataclasses import replace

from tradeoms.app.turn import Turn
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.exec_ids import referred
from tradeoms.domain.placement.state import Placement
from tradeoms.projections.book import Book


def find_reported(
    turn: Turn, session: str, cl_ord_id: str, orig: str = "", broker_order_id: str = ""
) -> Placement | None:
    """The placement a report is about: by ClOrdID, by OrigClOrdID, by the broker's OrderID."""
    book = turn.book
    found = _look_up(book, session, cl_ord_id, orig, broker_order_id)
    missing = found not in book.placements
    if missing and any(turn.recall.cl_ord_id(book, key) for key in (cl_ord_id, orig) if key):
        found = _look_up(book, session, cl_ord_id, orig, broker_order_id)
    placement = book.placements.get(found) if found else None
    return placement if placement is not None and placement.destination == session else None


def find_named(turn: Turn, report: ReportPlacement) -> Placement | None:
    """The placement that ``report`` names; `None` where it names none of its session."""
    return find_reported(
        turn, report.session, report.cl_ord_id, report.orig_cl_ord_id, report.broker_order_id
    )


def name_referred(turn: Turn, report: ReportPlacement) -> ReportPlacement:
    """``report`` with the very ExecID of what it takes back, where the day of that is a guess."""
    takes_back = report.kind in (ReportKind.BUST, ReportKind.CORRECT)
    if not (report.ref_day_guessed and takes_back and report.exec_ref_id):
        return report
    placement = find_named(turn, report)
    if placement is None:
        return report
    seen = turn.execution_of(placement.destination, report.exec_id) if report.exec_id else None
    held = (turn.book.executions[x] for x in turn.book.executions_of.get(placement.id, ()))
    return replace(report, exec_ref_id=referred(report, seen, held))


def _look_up(
    book: Book, session: str, cl_ord_id: str, orig: str, broker_order_id: str
) -> str | None:
    return (
        book.cl_ord_ids.get(cl_ord_id)
        or book.cl_ord_ids.get(orig)
        or book.broker_ids.get((session, broker_order_id))
    )
