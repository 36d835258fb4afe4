"""What brokers report after trading; allocation reports (AS) are taken apart account by account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tradeoms.app.handlers.confirmations import (
    bookings_of,
    by_alloc_id,
    cancel_confirmation,
    expected_of,
    park,
    parts_of,
    take_ack,
    take_confirmation,
    take_request_refusal,
)
from tradeoms.app.handlers.finding import find_reported
from tradeoms.app.handlers.settling import settle
from tradeoms.app.turn import Turn
from tradeoms.domain.breaks.state import break_key
from tradeoms.domain.confirmation import commands as c
from tradeoms.domain.confirmation import decide as d
from tradeoms.domain.confirmation.reported import (
    Own,
    break_of,
    decide_allocation_report,
    same_lines,
)
from tradeoms.domain.confirmation.state import AllocationInstruction, Confirmation, instruct
from tradeoms.domain.placement import events as pe
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.numbers import ZERO


def take_street_report(turn: Turn, report: c.StreetReport) -> None:
    """Record what a broker reports after trading."""
    match report:
        case c.ReportAllocationAck():
            take_ack(turn, report)
        case c.ReportConfirmation():
            take_confirmation(turn, report)
        case c.ReportAllocationReport():
            _take_allocation_report(turn, report)
        case c.ReportConfirmationRefused():
            take_request_refusal(turn, report)


def _take_allocation_report(turn: Turn, report: c.ReportAllocationReport) -> None:
    """Record an allocation report, with a break where it differs; its cancel takes it back."""
    if report.transaction == "cancel":
        _take_back(turn, report)
        return
    for line in report.lines:  # each by its own name, which the database finds at once
        turn.recall.confirmation(turn.book, confirm_id=(report.session, line.confirm_id))
    known = _in_memory(turn, report.session, report.report_id)
    if known:
        if not same_lines(report, known):
            detail = f"AllocReportID {report.report_id} came before with other content"
            park(turn, report.session, report.row, detail, report.raw)
        return
    replaced = parts_of(turn, report.session, report.ref_id)
    own = _own(turn, report, replaced)
    recorded = decide_allocation_report(report, own, turn.stamp)
    for event in recorded:
        turn.emit(event, event.confirmation_id)
    _end(turn, report.session, report.ref_id, [one for one in replaced if one.stands])
    found = break_of(report, recorded, turn.stamp)
    if found is not None:
        turn.emit(found, found.break_id)


def settle_break(turn: Turn, session: str, report_id: str, how: str) -> None:
    """End the break of an allocation report that was answered, or is void."""
    kind = pe.BreakKind.ALLOCATION_DIFFERS
    key = turn.book.open_breaks.get(break_key(kind, session, report_id, "", ZERO, ZERO))
    if key is not None:
        settle(turn, key, f"the allocation report is {how}")


def _take_back(turn: Turn, report: c.ReportAllocationReport) -> None:
    """The broker cancels a report of his: the one that is named, or the one of the same id."""
    key = report.ref_id or report.report_id
    parts = parts_of(turn, report.session, key)
    if not parts:
        detail = f"an allocation report {key!r} is canceled, which is not known"
        park(turn, report.session, report.row, detail, report.raw)
        return
    _end(turn, report.session, key, parts)


def _end(turn: Turn, session: str, report_id: str, parts: Sequence[Confirmation]) -> None:
    """Take back the parts that nothing took the place of, and end the break of their report."""
    for part in parts:
        now = turn.book.street.confirmations[part.id]
        if not now.replaced_by:
            cancel_confirmation(turn, now)
    if parts:
        settle_break(turn, session, report_id, "replaced or canceled by the broker")


def _own(turn: Turn, report: c.ReportAllocationReport, replaced: Sequence[Confirmation]) -> Own:
    """What we have booked for the report: as it was instructed, else as it would be now."""
    told = by_alloc_id(turn, report.session, report.alloc_id)
    found, why, placement_id = told, "", told.placement_id if told else ""
    if told is None and report.cl_ord_id:
        placement = find_reported(turn, report.session, report.cl_ord_id)
        if placement is not None:
            placement_id = placement.id
            told, found, why = _of_day(turn, report, placement_id)
    names, settle_on = expected_of(turn.book, found)
    return Own(
        instruction=found, told=told is not None, placement_id=placement_id, why=why, names=names,
        settle_on=settle_on, before=_before(turn, told, replaced),
    )  # fmt: skip


def _of_day(
    turn: Turn, report: c.ReportAllocationReport, placement_id: str
) -> tuple[AllocationInstruction | None, AllocationInstruction | None, str]:
    """The instruction of the report's day; what it would be where there is none; why not even."""
    trade_on = report.lines[0].trade_on
    bookings = bookings_of(turn, placement_id)
    assert bookings is not None
    for one in bookings.instructed:
        if trade_on in (None, one.trade_on):
            return one, one, ""
    wished = c.InstructAllocation(placement_id=placement_id, trade_on=trade_on)
    decided = d.decide_instruct(wished, bookings, turn.stamp)
    if isinstance(decided, Rejected):
        return None, None, decided.refusals[0].detail
    return None, instruct(decided), ""


def _before(
    turn: Turn, told: AllocationInstruction | None, replaced: Sequence[Confirmation]
) -> Mapping[str, Confirmation]:
    """Account to the confirmation that the report replaces, or that stands beside it."""
    street = turn.book.street
    mine = street.confirmations_of.get(told.id, ()) if told else ()
    standing = [street.confirmations[each] for each in mine if street.confirmations[each].stands]
    return {one.account: one for one in (*standing, *replaced)}


def _in_memory(turn: Turn, session: str, report_id: str) -> list[Confirmation]:
    street = turn.book.street
    return [street.confirmations[each] for each in street.reported.get((session, report_id), ())]
