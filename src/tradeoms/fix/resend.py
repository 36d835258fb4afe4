"""Whether a message that the counterparty asks for again may leave again.

A peer may take a resent order for a new one, so the default is no: quickfix then fills the gap, and
the gateway asks for the order's status instead. Decided from memory and the local journal only.
"""

from __future__ import annotations

from tradeoms.fix.clock import from_us, now_us
from tradeoms.fix.line import Line
from tradeoms.fix.oplog import say
from tradeoms.fix.requests import Request, State, by_cl_ord_id, cancel_wanted, report_send
from tradeoms.fix.tags import cl_ord_id_of, cl_ord_ids_of, msg_type_of
from tradeoms.fix.wire_journal import Database

_ORDERS = frozenset("DG")
#: Cancels, and what is said of trades: twice it means the same, by its own id.
_HARMLESS = frozenset({"F", "Q", "J", "AU", "AT", "BH"})


def may_resend(line: Line, raw: bytes) -> bool:
    """Decide over one stored message; marks a request UNKNOWN where the answer leaves a doubt."""
    msg_type = msg_type_of(raw)
    if msg_type in _HARMLESS:
        return True
    if msg_type == "E":
        _doubt_list(line, raw)
        return False
    if msg_type not in _ORDERS:
        return False  # a status request is asked anew
    cl_ord_id = line.own_id(cl_ord_id_of(raw))
    if line.config.dialect.recovery.resend_orders == "all" and not _killed(line, cl_ord_id):
        return True
    waiting = line.unanswered.get(cl_ord_id)
    if waiting is None or waiting.heard:
        return False  # (a) it was answered: the counterparty has it
    doubt = _doubt(line, cl_ord_id)
    if doubt:
        _withhold(line, cl_ord_id, waiting.number, doubt)
        say("resend_withheld", session=line.name, cl_ord_id=cl_ord_id, reason=doubt)
        return False
    say("resend_allowed", session=line.name, cl_ord_id=cl_ord_id)
    return True  # (d) sent on an earlier connection, unanswered, fresh and still wanted


def _doubt_list(line: Line, raw: bytes) -> None:
    """A list is never sent again: what nobody answered of it is asked for, order by order."""
    reason = "the counterparty asked for its list again"
    for wire_id in cl_ord_ids_of(raw):
        cl_ord_id = line.own_id(wire_id)
        waiting = line.unanswered.get(cl_ord_id)
        if waiting is None or waiting.heard:
            continue
        _withhold(line, cl_ord_id, waiting.number, reason)
    say("list_not_resent", session=line.name)


def _withhold(line: Line, cl_ord_id: str, number: int, reason: str) -> None:
    line.journal.write(lambda db: _mark_unknown(db, line, cl_ord_id, reason))
    line.in_doubt(cl_ord_id, number)


def _doubt(line: Line, cl_ord_id: str) -> str:
    """Why the order must not leave again, empty if it may."""
    waiting = line.unanswered[cl_ord_id]
    if waiting.unknown:
        return "its fate is unknown already"
    if waiting.connection == line.connection:
        return "(b) it left on this connection after the counterparty had settled"
    now = now_us()
    if now - waiting.sent_us > line.config.dialect.recovery.stale_after_s * 1_000_000:
        return "(c) it is older than the stale limit"
    request = line.journal.write(lambda db: by_cl_ord_id(db, cl_ord_id))
    if request is None:
        return "(c) the journal does not know it"
    if killed := line.gate.holds(request.instruction):
        return f"(c) {killed}"
    if line.held:
        return f"(c) outbound messages are held: {line.held}"
    not_after = request.instruction.not_after
    if not_after is not None and from_us(now) > not_after:
        return "(c) it may not be sent any more"
    if line.journal.write(lambda db: cancel_wanted(db, cl_ord_id)):
        return "(c) it is to be canceled"
    return ""


def _killed(line: Line, cl_ord_id: str) -> bool:
    """True where a switch or a hold stops the request, or nobody knows what the request is."""
    request = line.journal.write(lambda db: by_cl_ord_id(db, cl_ord_id))
    return request is None or bool(line.held or line.gate.holds(request.instruction))


def _mark_unknown(db: Database, line: Line, cl_ord_id: str, reason: str) -> None:
    request: Request | None = by_cl_ord_id(db, cl_ord_id)
    if request is not None and request.state in {State.CLAIMED, State.SENT}:
        report_send(db, line.journal, request, State.UNKNOWN, reason)
