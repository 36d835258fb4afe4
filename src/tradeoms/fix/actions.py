"""What operators ask of a session: carried out by the sender's thread, its outcome journaled."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from tradeoms.domain.session.state import ActionStatus
from tradeoms.fix import quick
from tradeoms.fix.clock import fix_timestamp, now_us
from tradeoms.fix.controls import BREAKER
from tradeoms.fix.line import SAID, Action, Line
from tradeoms.fix.oplog import say
from tradeoms.fix.wire_journal import Database

#: More digits are no MsgSeqNum.
_EXPECTING: Final = re.compile(r"expecting (\d{1,10})\b")
_json: Final = msgspec.json.Encoder()


class ActionNote(msgspec.Struct, frozen=True):
    """The body of an `action` row."""

    id: str
    outcome: ActionStatus
    detail: str


decode_action: Final = msgspec.json.Decoder(ActionNote).decode


class Impossible(Exception):
    """An action that would do harm as things are now."""


def carry_out(line: Line, action: Action) -> None:
    """Do what an operator, or a halt, asked for, and tell the engine what came of it."""
    say("session_action", session=line.name, action=action.name, number=action.number)
    try:
        if action.name == "reconcile":
            _reconcile(line, action)
            return
        detail, outcome = _do(line, action), ActionStatus.DONE
    except Impossible as error:
        detail, outcome = str(error), ActionStatus.FAILED
        say("session_action_failed", session=line.name, action=action.name, detail=detail)
    line.journal.write(lambda db: note_outcome(db, line, action.id, outcome, detail))
    line.journal.arrived.set()


def note_outcome(
    db: Database, line: Line, action_id: str, outcome: ActionStatus, detail: str
) -> None:
    """Inside a write: tell the engine what came of an action; nothing for one that has no id."""
    if action_id:
        note = _json.encode(ActionNote(id=action_id, outcome=outcome, detail=detail))
        line.journal.add_row(db, line.name, "action", note)


def _do(line: Line, action: Action) -> str:
    match action.name:
        case "halt" | "logout":
            return _log_out(line, action)
        case "logon":
            return _release(line)
        case "set_sequence":
            return _set_sequence(line, action)
        case "request_resend":
            return _request_resend(line, action.number)
        case "hold_outbound":
            line.hold(action.reason or "operator")
            return "orders and replaces wait; cancels pass"
        case "release_outbound" if not action.id and line.held.startswith(BREAKER):
            return "the engine does not know of our own hold yet"
        case "release_outbound":
            line.hold("")
            return "orders and replaces may leave"
        case "list_status":
            return _ask_list(line, "M", [(66, action.list_id)])
        case "execute_list":
            return _execute_list(line, action)
        case _:
            raise Impossible(f"this gateway does not know {action.name}")


def _log_out(line: Line, action: Action) -> str:
    """Log out; on an operator's word until one logs on, also in the next gateway."""
    if action.name == "logout":
        line.keep_out(action.reason or "operator")
    line.handle.log_out(line.halted or line.kept_out or "operator")
    return "logged out"


def _execute_list(line: Line, action: Action) -> str:
    if stopped := line.held or line.gate.closed():
        raise Impossible(f"nothing may be executed: {stopped}")
    at = fix_timestamp(now_us(), line.config.dialect.precision)
    return _ask_list(line, "L", [(66, action.list_id), (60, at)])


def _ask_list(line: Line, msg_type: str, pairs: list[tuple[int, str]]) -> str:
    """Send a request about a list; its status (N) is shown with the news of the session."""
    if not line.config.dialect.lists.orders:
        raise Impossible("the counterparty takes no lists")
    if not line.ready:
        raise Impossible(f"nothing can be asked: {line.detail}")
    if not quick.transmit(quick.build(msg_type, pairs), line.handle):
        raise Impossible("the session did not take it")
    return f"{msg_type} sent; the status that answers it (N) is in the news of the session"


def _reconcile(line: Line, action: Action) -> None:
    """Have the sender ask how all open orders stand; its outcome is told when that is over."""
    if not line.ready:
        raise Impossible(f"nothing can be asked: {line.detail}")
    line.reconcile_for.append(action.id)
    line.reconcile_due = True


def _release(line: Line) -> str:
    """Let a halted session on again; never with another number, which takes two people."""
    told = _EXPECTING.search(line.halted) if line.halted.startswith(SAID) else None
    if told is not None and int(told[1]) > line.handle.next_out:
        raise Impossible(
            f"they expect {told[1]} and we would send {line.handle.next_out}: set the number we "
            "send first (set_sequence, outgoing), which takes two people"
        )
    line.halted = ""
    line.keep_out("")
    line.journal.note_halt(line.name, "")
    if line.over:
        return f"may log on when its session begins: {line.over}"
    line.handle.allow()
    return f"may log on; next out {line.handle.next_out}, next in {line.handle.next_in}"


def _set_sequence(line: Line, action: Action) -> str:
    """Set a number; the old numbers' life ends, and open orders are compared afterwards."""
    handle = line.handle
    before = handle.next_out if action.outgoing else handle.next_in
    next_out = action.number if action.outgoing else handle.next_out
    next_in = handle.next_in if action.outgoing else action.number
    line.new_epoch("an operator set a sequence number", next_out=next_out, next_in=next_in)
    if action.outgoing:
        handle.set_next_out(action.number)
        line.last_out = action.number - 1
        if line.halted.startswith(SAID):  # people have answered it: the logon goes by their number
            line.halted = f"next out set to {action.number} after {line.halted}"
            line.journal.note_halt(line.name, line.halted)
        return f"next out {before} became {action.number}"
    handle.set_next_in(action.number)
    return f"next in {before} became {action.number}"


def _request_resend(line: Line, number: int) -> str:
    """Expect a message again that came already: the next one opens a gap, which is asked for."""
    expected = line.handle.next_in
    if number >= expected:
        raise Impossible(f"{number} has not come yet, {expected} is expected: nothing to repeat")
    line.handle.set_next_in(number)
    return f"from {number} to {expected - 1}, with the next message that comes"
