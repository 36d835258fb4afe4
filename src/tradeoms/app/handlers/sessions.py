"""People's actions on FIX sessions: on record first, then handed to the gateway."""

from __future__ import annotations

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.turn import Turn
from tradeoms.app.wire import SessionAction
from tradeoms.domain.breaks.state import break_key
from tradeoms.domain.placement.events import BreakKind
from tradeoms.domain.session import commands as c
from tradeoms.domain.session.decide import (
    decide_act,
    decide_approve,
    decide_gap,
    decide_hold,
    decide_outcome,
    decide_refuse,
)
from tradeoms.domain.session.state import Action, ActionStatus
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.numbers import ZERO


def act_on_session(turn: Turn, command: c.ActOnSession) -> bytes | Rejected:
    """Put a person's action on record; pass it to the gateway, or have it wait for a second one."""
    decided = decide_act(
        command, sessions={*turn.book.destinations, *turn.book.drop_copies}, stamp=turn.stamp
    )
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, decided.action_id)
    return _go_on(turn, decided.action_id)


def approve_session_action(turn: Turn, command: c.ApproveSessionAction) -> bytes | Rejected:
    """Pass an action to the gateway that waited for a second person."""
    action = turn.book.session_actions.get(command.action_id)
    decided = decide_approve(command, action, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, decided.action_id)
    return _go_on(turn, decided.action_id)


def refuse_session_action(turn: Turn, command: c.RefuseSessionAction) -> bytes | Rejected:
    """End an action that waited."""
    action = turn.book.session_actions.get(command.action_id)
    decided = decide_refuse(command, action, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, decided.action_id)
    return _go_on(turn, decided.action_id)


def record_outcome(turn: Turn, report: c.ReportSessionAction | c.RecordUndelivered) -> bytes:
    """Put on record what became of an action."""
    turn.recall.finished(turn.book, report)
    action = turn.book.session_actions.get(report.action_id)
    for event in decide_outcome(report, action, turn.stamp):
        turn.emit(event, event.action_id)
    return plain_json(id=report.action_id, seq=turn.seq)


def take_session_report(
    turn: Turn, report: c.ReportSessionAction | c.ReportHold | c.ReportGap
) -> None:
    """Put on record what a gateway did to its session, asked or by itself, and what it misses."""
    match report:
        case c.ReportSessionAction():
            record_outcome(turn, report)
        case c.ReportHold():
            for event in decide_hold(report, turn.stamp):
                turn.emit(event, event.action_id)
        case c.ReportGap():
            key = break_key(BreakKind.MESSAGES_MISSING, report.session, "", "", ZERO, ZERO)
            for told in decide_gap(report, turn.book.open_breaks.get(key, ""), turn.stamp):
                turn.emit(told, told.break_id)


def standing_hold(action: Action | None, session: str) -> SessionAction:
    """What a gateway that attaches is to do about its outbound messages."""
    if action is None:
        return SessionAction(session=session, action="release_outbound")
    return as_wire(action)


def as_wire(action: Action) -> SessionAction:
    """The action as gateways are told."""
    assert action.kind.is_asked_alone, "it goes through the outbox"
    return SessionAction(
        session=action.session,
        action=action.kind.value,  # type: ignore[arg-type]  # see the assertion
        number=action.number,
        id=action.id,
        outgoing=action.direction == "out",
        reason=action.reason,
        list_id=action.request_id if action.kind.needs_list else "",
    )


def _go_on(turn: Turn, action_id: str) -> bytes:
    action = turn.book.session_actions[action_id]
    if action.status is ActionStatus.SENT:
        turn.actions.append(as_wire(action))
    return plain_json(
        id=action.id, session=action.session, action=action.kind, status=action.status,
        seq=turn.seq,
    )  # fmt: skip
