"""A mass cancel (q; K for a list) and the cancels behind it: they wait until it did its work.

Nothing is concluded from its report (r): each order ends by its own reports. What is still open
when `cancel.wait_s` is over, or at once where the counterparty refuses, is canceled order by order.
All of it stands in the wire journal; every function runs inside a write of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.domain.session.commands import ReportSessionAction
from tradeoms.domain.session.state import ActionStatus
from tradeoms.fix.actions import note_outcome
from tradeoms.fix.clock import now_us
from tradeoms.fix.line import Line
from tradeoms.fix.notes import note_break
from tradeoms.fix.oplog import say
from tradeoms.fix.requests import (
    Request,
    State,
    by_cl_ord_id,
    by_number,
    report_send,
    set_state,
)
from tradeoms.fix.wire_journal import Database

#: Orders named in a break.
_NAMED: Final = 20
_ONE_BY_ONE: Final = "each order is canceled by itself"
#: ListOrderStatus (431): canceling, all done; rejected.
_CANCELING: Final = frozenset({"4", "6"})
_LIST_REJECTED: Final = "7"
#: MassCancelRejectReason (532), FIX 4.4 Vol. 6.
_REASONS: Final = {
    "0": "not supported", "1": "unknown security", "2": "unknown underlying",
    "3": "unknown product", "4": "unknown CFI code", "5": "unknown security type",
    "6": "unknown trading session",
}  # fmt: skip
#: Covered cancels, what became of their orders (`NULL` where never claimed), and of the new order.
_COVERED: Final = (
    "SELECT covered.number, placements.closed, first.state FROM covered"
    " JOIN instructions USING (number)"
    " LEFT JOIN placements ON placements.placement_id = instructions.placement_id"
    " LEFT JOIN instructions AS first"
    " ON first.placement_id = instructions.placement_id AND first.kind = 'new'"
    " WHERE covered.mass_cancel = ? ORDER BY covered.number"
)


def note_cover(db: Database, instruction: Instruction) -> None:
    """Note a mass cancel as it arrives, and a cancel that waits for one."""
    if instruction.kind is InstructionKind.MASS_CANCEL:
        db.execute(
            "INSERT OR IGNORE INTO mass_cancels (cl_ord_id, session, action_id) VALUES (?, ?, ?)",
            (instruction.cl_ord_id, instruction.session, instruction.action_id),
        )
    elif instruction.mass_cancel:
        db.execute(
            "INSERT OR IGNORE INTO covered (number, mass_cancel)"
            " SELECT ?, cl_ord_id FROM mass_cancels WHERE cl_ord_id = ?",
            (instruction.number, instruction.mass_cancel),
        )


def watch(db: Database, line: Line) -> None:
    """Drop the cancels of orders that are over; let the others leave when it is time."""
    found = db.execute(
        "SELECT cl_ord_id, answered FROM mass_cancels WHERE session = ?", (line.name,)
    ).fetchall()
    for cl_ord_id, answered in found:
        request = by_cl_ord_id(db, cl_ord_id)
        assert request is not None
        _drop_settled(db, line, cl_ord_id)
        if request.state is State.NOT_SENT:
            _end(db, line, request, ActionStatus.DONE, f"no mass cancel was sent; {_ONE_BY_ONE}")
        elif request.state is State.UNKNOWN:
            detail = f"nobody knows whether it arrived; {_ONE_BY_ONE}"
            _end(db, line, request, ActionStatus.FAILED, detail)
        elif request.state in {State.SENT, State.DONE} and _is_over(line, request):
            _time_out(db, line, request, answered=bool(answered))


def report_of(
    request: Request | None, tags: Mapping[int, str], *, row: int
) -> ReportSessionAction | None:
    """What its report (r, or N for a list), or a reject of the request, tells of the action.

    `None` where it speaks of no mass cancel of ours.
    """
    if request is None or request.instruction.kind is not InstructionKind.MASS_CANCEL:
        return None
    msg_type, state = tags.get(35), tags.get(431, "")
    if msg_type == "N" and state not in {*_CANCELING, _LIST_REJECTED}:
        return None
    accepted = (msg_type == "r" and tags.get(531, "0") != "0") or state in _CANCELING
    if accepted:
        count = tags.get(533, tags.get(68, ""))
        detail = f"the counterparty cancels {count or 'an untold number of'} orders"
    else:
        code = tags.get(532, "")
        told = _REASONS.get(code, f"reason {code}" if code else "")
        why = ", ".join(each for each in (told, tags.get(58, ""), tags.get(444, "")) if each)
        detail = f"the counterparty refused it ({why or 'no reason told'}); {_ONE_BY_ONE}"
    return ReportSessionAction(
        session=request.instruction.session,
        row=row,
        action_id=request.instruction.action_id,
        outcome=ActionStatus.DONE if accepted else ActionStatus.FAILED,
        detail=detail,
    )


def list_canceled(db: Database, session: str, list_id: str) -> Request | None:
    """The newest request to cancel a list (K), which a ListStatus (N) may answer."""
    found = db.execute(
        "SELECT number FROM instructions WHERE orig_cl_ord_id = ? AND session = ?"
        " AND kind = 'mass_cancel' ORDER BY number DESC LIMIT 1",
        (list_id, session),
    ).fetchone()
    return None if found is None or not list_id else by_number(db, found[0])


def fold_report(db: Database, report: ReportSessionAction) -> None:
    """Take the counterparty's word: refused, and the cancels may leave at once."""
    found = db.execute(
        "SELECT cl_ord_id FROM mass_cancels WHERE action_id = ?", (report.action_id,)
    ).fetchone()
    request = by_cl_ord_id(db, found[0]) if found is not None else None
    if request is None:
        return  # it comes too late: the cancels have left
    set_state(db, request.instruction.number, State.DONE)
    if report.outcome is ActionStatus.DONE:
        sql = "UPDATE mass_cancels SET answered = 1 WHERE cl_ord_id = ?"
        db.execute(sql, (request.instruction.cl_ord_id,))
    else:
        _uncover(db, request.instruction.cl_ord_id)


def _drop_settled(db: Database, line: Line, cl_ord_id: str) -> None:
    for number, closed, first in db.execute(_COVERED, (cl_ord_id,)).fetchall():
        request = by_number(db, number)
        if closed and request is not None and request.state is State.READY:
            reason = f"not needed: the order is {closed}"
            report_send(db, line.journal, request, State.NOT_SENT, reason)
        elif first not in {State.READY, State.NOT_SENT}:
            continue
        db.execute("DELETE FROM covered WHERE number = ?", (number,))


def _is_over(line: Line, request: Request) -> bool:
    return now_us() - request.sent_us >= line.config.dialect.cancel.wait_s * 1_000_000


def _time_out(db: Database, line: Line, request: Request, *, answered: bool) -> None:
    """Its time is over: what is still open is canceled one by one, and people are told."""
    cl_ord_id, wait_s = request.instruction.cl_ord_id, line.config.dialect.cancel.wait_s
    left = [
        each[0]
        for each in db.execute(
            "SELECT orig_cl_ord_id FROM covered JOIN instructions USING (number)"
            " WHERE mass_cancel = ? ORDER BY number",
            (cl_ord_id,),
        )
    ]
    told = "was reported done" if answered else "was not answered"
    detail = f"{told} and {len(left)} orders were open after {wait_s} s; {_ONE_BY_ONE}"
    if left:
        names = ", ".join(left[:_NAMED])
        note_break(db, line.journal, line.name, f"mass cancel {cl_ord_id} {detail}", names)
        line.journal.arrived.set()
    if answered:  # its outcome is told
        _uncover(db, cl_ord_id)
    else:
        _end(db, line, request, ActionStatus.FAILED, f"it {detail}")


def _end(db: Database, line: Line, request: Request, outcome: ActionStatus, detail: str) -> None:
    """Let the cancels behind it leave, and tell the engine what became of it."""
    instruction = request.instruction
    _uncover(db, instruction.cl_ord_id)
    if request.state in {State.SENT, State.UNKNOWN}:
        set_state(db, instruction.number, State.DONE)
    note_outcome(db, line, instruction.action_id, outcome, detail)
    say("mass_cancel_over", session=line.name, cl_ord_id=instruction.cl_ord_id, detail=detail)
    line.journal.arrived.set()


def _uncover(db: Database, cl_ord_id: str) -> None:
    db.execute("DELETE FROM covered WHERE mass_cancel = ?", (cl_ord_id,))
    db.execute("DELETE FROM mass_cancels WHERE cl_ord_id = ?", (cl_ord_id,))
