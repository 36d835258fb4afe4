"""What a report means for our own book: the request is answered, the placement's units change.

The engine decides what a report means for the firm. This fold only serves the guard (what can still
execute), the sender (what is unanswered) and the reconciliation after a gap (what is open).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from tradeoms.app.instruction import InstructionKind
from tradeoms.domain.placement.answers import Asked, of_its_day, shows_order, shows_replace
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.rejects import spares_order
from tradeoms.fix.clock import now_us, to_us
from tradeoms.fix.line import Line
from tradeoms.fix.oplog import say
from tradeoms.fix.requests import State, by_cl_ord_id, first_of, report_send, set_state
from tradeoms.fix.survey import is_denial
from tradeoms.fix.wire_journal import Database
from tradeoms.kernel.enums import OrdStatus, TimeInForce
from tradeoms.kernel.numbers import ZERO, plain

#: Kinds and statuses after which nothing more can execute.
_CLOSING: Final = {
    ReportKind.CANCELED: "canceled",
    ReportKind.EXPIRED: "expired",
    ReportKind.REJECTED: "rejected",
    ReportKind.CALCULATED: "calculated",
}
_DONE_FOR_DAY: Final = "done_for_day"
_NOT_SENT: Final = "not_sent"
#: Orders that go on on the next trading day.
_LIVES_DAYS: Final = frozenset({TimeInForce.GTC, TimeInForce.GTD})
_CLOSED_STATUS: Final = {OrdStatus.CANCELED: "canceled", OrdStatus.EXPIRED: "expired"}
_OPEN_STATES: Final = ("SENT", "UNKNOWN", "CLAIMED")
#: Answers to a replace or cancel; all else that names it leaves it waiting.
_FINAL: Final = frozenset(
    {
        ReportKind.REPLACED, ReportKind.CANCELED, ReportKind.EXPIRED, ReportKind.CALCULATED,
        ReportKind.REJECTED, ReportKind.CANCEL_REJECTED, ReportKind.REPLACE_REJECTED,
        ReportKind.SESSION_REJECTED,
    }
)  # fmt: skip
#: Statuses of an order that is over: nothing more is answered.
_OVER: Final = frozenset(
    {
        OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.EXPIRED, OrdStatus.REJECTED,
        OrdStatus.CALCULATED,
    }
)  # fmt: skip
_REPLACE_ENDED: Final = frozenset(
    {ReportKind.REPLACE_REJECTED, ReportKind.SESSION_REJECTED, ReportKind.REJECTED}
)
#: Reports after which less may be executed than before.
_TAKING_BACK: Final = frozenset(
    {ReportKind.BUST, ReportKind.CORRECT, ReportKind.RESTATED, ReportKind.STATUS}
)
#: What a report is to a request of ours: number, kind, placement and state of it.
_Named = tuple[int, str, str, str]


@dataclass(slots=True)
class _Placement:
    placement_id: str
    cl_ord_id: str
    quantity: str
    cum_qty: str
    closed: str

    def values(self) -> tuple[str, ...]:
        """What may change, in the order of the columns."""
        return (self.cl_ord_id, self.quantity, self.cum_qty, self.closed)


def fold(db: Database, line: Line, report: ReportPlacement) -> None:
    """Apply one report; runs inside a write of the wire journal."""
    found = _named(db, report)
    if is_denial(report):
        if found is not None and found[3] in _OPEN_STATES:
            _count_denial(db, line, report)
        return
    placement = _placement(db, report, found[2] if found is not None else "")
    if placement is not None and placement.closed == _NOT_SENT and _is_there(report):
        _revive(db, line, placement)
        found = _named(db, report)
    if placement is not None:
        report = _of_its_day(db, placement, report)
    kind = found[1] if found is not None else ""
    if kind == InstructionKind.REPLACE and report.kind is ReportKind.STATUS:
        report = _as_answer(db, report)
    if found is not None:
        _answer(db, line, report, found)
    if placement is None:
        return
    before = placement.values()
    _apply(db, line, placement, report, kind)
    if placement.values() != before:
        db.execute(
            "UPDATE placements SET cl_ord_id = ?, quantity = ?, cum_qty = ?, closed = ?"
            " WHERE placement_id = ?",
            (*placement.values(), placement.placement_id),
        )


def _named(db: Database, report: ReportPlacement) -> _Named | None:
    """The request that the report names by its ClOrdID."""
    found: _Named | None = db.execute(
        "SELECT number, kind, placement_id, state FROM instructions"
        " WHERE cl_ord_id = ? AND kind <> 'status' AND repeated = 0",
        (report.cl_ord_id,),
    ).fetchone()
    return found


def _lives_days(db: Database, placement: _Placement) -> bool:
    first = first_of(db, placement.placement_id)
    return first is not None and first.instruction.time_in_force in _LIVES_DAYS


def _of_its_day(db: Database, placement: _Placement, report: ReportPlacement) -> ReportPlacement:
    """The report as it counts for its order, which is looked up where that makes a difference."""
    said = report.kind, report.ord_status
    if of_its_day(*said, lives_days=True) == said:
        return report
    kind, status = of_its_day(*said, lives_days=_lives_days(db, placement))
    return replace(report, kind=kind, ord_status=status)


def _is_there(report: ReportPlacement) -> bool:
    return report.duplicate_order or shows_order(report.kind, report.ord_status)


def _revive(db: Database, line: Line, placement: _Placement) -> None:
    """The counterparty has an order that counted as never received: it is out, and watched."""
    placement.closed = ""
    sql = "UPDATE placements SET closed = '' WHERE placement_id = ?"
    db.execute(sql, (placement.placement_id,))
    first = first_of(db, placement.placement_id)
    assert first is not None
    set_state(db, first.instruction.number, State.SENT)
    line.left(first, sent_us=now_us())
    line.heard(first.instruction.cl_ord_id)
    say("not_sent_after_all", session=line.name, cl_ord_id=first.instruction.cl_ord_id)


def _as_answer(db: Database, report: ReportPlacement) -> ReportPlacement:
    """The report as the acceptance of the replace that it names, where its status shows that."""
    asked = by_cl_ord_id(db, report.cl_ord_id)
    live = db.execute(
        "SELECT quantity, cl_ord_id FROM placements WHERE placement_id = ?",
        (asked.instruction.placement_id if asked is not None else "",),
    ).fetchone()
    before = by_cl_ord_id(db, live[1]) if live is not None else None
    waiting = asked is not None and asked.state in {*_OPEN_STATES, State.PENDING}
    if asked is None or before is None or not waiting:
        return report
    terms = Asked(asked.instruction.quantity, asked.instruction.limit_price)
    force = Asked(Decimal(live[0]), before.instruction.limit_price)
    taken = shows_replace(report, terms, force)
    return replace(report, kind=ReportKind.REPLACED) if taken else report


def _answer(db: Database, line: Line, report: ReportPlacement, found: _Named) -> None:
    """Note what the report is to the request it names: the answer, or that one is to come."""
    number, kind, _, state = found
    open_still = state in {*_OPEN_STATES, State.PENDING}
    if _is_final(report, kind):
        line.unanswered.pop(report.cl_ord_id, None)
        if open_still:
            set_state(db, number, State.DONE)
    elif open_still:
        set_state(db, number, State.PENDING)
        line.answer_pending(report.cl_ord_id)


def _is_final(report: ReportPlacement, kind: str) -> bool:
    """True where nothing more is to come on a request of ``kind`` that the report names."""
    if kind == InstructionKind.NEW:
        told = (report.kind, report.ord_status)
        pending = (ReportKind.STATUS, OrdStatus.PENDING_NEW)
        return report.kind is not ReportKind.PENDING_NEW and told != pending
    restated = report.kind is ReportKind.RESTATED and kind == InstructionKind.REPLACE
    return report.kind in _FINAL or report.ord_status in _OVER or restated


def _count_denial(db: Database, line: Line, report: ReportPlacement) -> None:
    """Twice "unknown order" proves that the request never arrived, the time to answer apart.

    Once may be a race, as may two in one breath: the counterparty may have it in a queue. One that
    is sent again answers no newer question.
    """
    request = by_cl_ord_id(db, report.cl_ord_id)
    assert request is not None
    assert report.received_at is not None
    number, at_us = request.instruction.number, to_us(report.received_at)
    first = db.execute("SELECT at_us FROM denied WHERE number = ?", (number,)).fetchone()
    if first is None:
        db.execute("INSERT INTO denied (number, at_us) VALUES (?, ?)", (number, at_us))
        if request.state is not State.UNKNOWN:
            reason = "the counterparty does not know it yet"
            report_send(db, line.journal, request, State.UNKNOWN, reason)
        line.unanswered.pop(report.cl_ord_id, None)
        line.in_doubt(report.cl_ord_id, number, asked_us=at_us)
        return
    wait_us = line.config.dialect.recovery.answer_timeout_s * 1_000_000
    if at_us - first[0] >= wait_us and "|43=Y|" not in report.raw:
        line.unanswered.pop(report.cl_ord_id, None)
        reason = "the counterparty does not know it"
        report_send(db, line.journal, request, State.NOT_SENT, reason)


def _placement(db: Database, report: ReportPlacement, placement_id: str) -> _Placement | None:
    """The placement the report speaks of: by request, original request, or the broker's number."""
    if not placement_id and report.orig_cl_ord_id:
        found = db.execute(
            "SELECT placement_id FROM instructions WHERE cl_ord_id = ? AND kind <> 'status'",
            (report.orig_cl_ord_id,),
        ).fetchone()
        placement_id = found[0] if found is not None else ""
    if not placement_id and report.broker_order_id:
        found = db.execute(
            "SELECT placement_id FROM broker_ids WHERE session = ? AND broker_order_id = ?",
            (report.session, report.broker_order_id),
        ).fetchone()
        placement_id = found[0] if found is not None else ""
    if not placement_id:
        return None
    found = db.execute(
        "SELECT placement_id, cl_ord_id, quantity, cum_qty, closed"
        " FROM placements WHERE placement_id = ?",
        (placement_id,),
    ).fetchone()
    return None if found is None else _Placement(*found)


def _apply(
    db: Database, line: Line, placement: _Placement, report: ReportPlacement, request_kind: str
) -> None:
    """Change the placement's units by what the report says."""
    if report.kind is ReportKind.NEW and report.broker_order_id:
        db.execute(
            "INSERT OR REPLACE INTO broker_ids (session, broker_order_id, placement_id)"
            " VALUES (?, ?, ?)",
            (report.session, report.broker_order_id, placement.placement_id),
        )
    if report.kind is ReportKind.REPLACED and _is_superseded(db, placement, report):
        return
    if report.kind in {ReportKind.REPLACED, ReportKind.RESTATED}:
        _replaced(db, line, placement, report, request_kind)
    elif _ends_replace(report) and request_kind == InstructionKind.REPLACE:
        _answer_replace(db, report.cl_ord_id)
    elif report.kind is ReportKind.SESSION_REJECTED and request_kind == InstructionKind.NEW:
        placement.closed = "rejected"
    _count(placement, report)
    if report.kind is ReportKind.REJECTED and (
        spares_order(report) or report.cl_ord_id != placement.cl_ord_id
    ):
        return
    _close(db, placement, report)


def _is_superseded(db: Database, placement: _Placement, report: ReportPlacement) -> bool:
    """True for an acceptance told late: its request waits no more, a newer one is in force."""
    waiting = db.execute("SELECT 1 FROM replaces WHERE cl_ord_id = ?", (report.cl_ord_id,))
    if waiting.fetchone() is not None:
        return False
    found = db.execute(
        "SELECT told.number < live.number FROM instructions AS told, instructions AS live"
        " WHERE told.cl_ord_id = ? AND told.kind <> 'status' AND told.repeated = 0"
        " AND live.cl_ord_id = ? AND live.kind <> 'status' AND live.repeated = 0",
        (report.cl_ord_id, placement.cl_ord_id),
    ).fetchone()
    return found is not None and bool(found[0])


def _replaced(
    db: Database, line: Line, placement: _Placement, report: ReportPlacement, request_kind: str
) -> None:
    """New terms, those asked for or the broker's own; his own ClOrdID does not become ours."""
    asked = db.execute(
        "SELECT quantity FROM replaces WHERE cl_ord_id = ?", (report.cl_ord_id,)
    ).fetchone()
    if request_kind == InstructionKind.REPLACE:
        placement.cl_ord_id = report.cl_ord_id
        _settle_before(db, line, placement)
    if report.order_qty is not None:
        placement.quantity = plain(report.order_qty)
    elif asked is not None:
        placement.quantity = asked[0]
    _answer_replace(db, report.cl_ord_id)


def _settle_before(db: Database, line: Line, placement: _Placement) -> None:
    """Nothing waits for the answers to replaces that the accepted one has followed."""
    followed = db.execute(
        "SELECT cl_ord_id, number FROM replaces WHERE placement_id = ? AND number <"
        " (SELECT number FROM replaces WHERE cl_ord_id = ?)",
        (placement.placement_id, placement.cl_ord_id),
    ).fetchall()
    for cl_ord_id, number in followed:
        line.unanswered.pop(cl_ord_id, None)
        set_state(db, number, State.DONE)
        _answer_replace(db, cl_ord_id)


def _ends_replace(report: ReportPlacement) -> bool:
    return report.kind in _REPLACE_ENDED and not report.duplicate_order


def _answer_replace(db: Database, cl_ord_id: str) -> None:
    db.execute("DELETE FROM replaces WHERE cl_ord_id = ?", (cl_ord_id,))


def _count(placement: _Placement, report: ReportPlacement) -> None:
    """Count what is executed. An older total that comes again takes nothing back."""
    if report.cum_qty is not None and report.kind is not ReportKind.REJECTED:
        known = ZERO if report.kind in _TAKING_BACK else Decimal(placement.cum_qty)
        placement.cum_qty = plain(max(report.cum_qty, known))
    elif report.kind is ReportKind.FILL:
        placement.cum_qty = plain(Decimal(placement.cum_qty) + report.last_qty)


def _close(db: Database, placement: _Placement, report: ReportPlacement) -> None:
    closed = _CLOSING.get(report.kind) or (
        _CLOSED_STATUS.get(report.ord_status, "") if report.ord_status is not None else ""
    )
    if not closed and _ends_with_day(db, placement, report):
        closed = _DONE_FOR_DAY
    if report.kind is ReportKind.RESTATED and placement.closed == _DONE_FOR_DAY:
        placement.closed = ""  # the broker works it again
    if closed:
        placement.closed = closed
        db.execute("DELETE FROM replaces WHERE placement_id = ?", (placement.placement_id,))
    elif placement.closed in {"", "filled"}:
        placement.closed = "filled" if _is_filled(placement, report) else ""


def _is_filled(placement: _Placement, report: ReportPlacement) -> bool:
    """True for all executed, also where it is told that the day is done."""
    if report.ord_status is OrdStatus.DONE_FOR_DAY:
        return Decimal(placement.cum_qty) >= Decimal(placement.quantity)
    return report.ord_status is OrdStatus.FILLED


def _ends_with_day(db: Database, placement: _Placement, report: ReportPlacement) -> bool:
    """True where the report says done for the day, of an order that has no other day."""
    asked = report.kind is ReportKind.STATUS and report.ord_status is OrdStatus.DONE_FOR_DAY
    done = asked or report.kind is ReportKind.DONE_FOR_DAY
    return done and not _lives_days(db, placement)
