"""Decides over actions on FIX sessions: which are sound, and which take a second person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.placement.bare_break import open_bare
from tradeoms.domain.placement.events import (
    BreakEvent,
    BreakKind,
    BreakResolved,
)
from tradeoms.domain.session import commands as c
from tradeoms.domain.session import events as e
from tradeoms.domain.session.state import Action, ActionKind, ActionStatus
from tradeoms.kernel.decider import Rejected, Stamp, reject
from tradeoms.kernel.text import is_printable

LIST_ID_MAX: Final = 64
DIRECTIONS: Final = ("in", "out")
_OPEN: Final = frozenset({ActionStatus.SENT, ActionStatus.UNDELIVERED})


@unique
class SessionRejection(StrEnum):
    """Why a request about a FIX session was refused. Declared in the order the checks run."""

    SESSION_UNKNOWN = "session_unknown"
    ACTION_KIND_UNKNOWN = "action_kind_unknown"
    SEQUENCE_NUMBER_RANGE = "sequence_number_range"
    DIRECTION_UNKNOWN = "direction_unknown"
    LIST_ID_UNFIT = "list_id_unfit"
    SESSION_ACTION_UNKNOWN = "session_action_unknown"
    SESSION_ACTION_SETTLED = "session_action_settled"
    SAME_PERSON = "same_person"
    APPROVAL_TOO_LATE = "approval_too_late"
    REASON_MISSING = "reason_missing"


def decide_act(
    command: c.ActOnSession, *, sessions: Collection[str], stamp: Stamp
) -> e.SessionActionRequested | Rejected:
    """Ask for an action.

    Args:
        command: The request.
        sessions: The sessions of the house.
        stamp: Time and person.
    """
    code = SessionRejection
    if command.session not in sessions:
        detail = "no such session"
        return reject(code.SESSION_UNKNOWN, detail, field="session", value=command.session)
    asked = [kind for kind in ActionKind if kind.is_asked_alone]
    if command.action not in asked:
        detail = f"one of {', '.join(asked)}"
        return reject(code.ACTION_KIND_UNKNOWN, detail, field="action", value=command.action)
    kind = ActionKind(command.action)
    if kind.needs_number != (0 < command.number < 2**31):
        detail = "a number from 1 on with set_sequence and request_resend, none with others"
        value = str(command.number)
        return reject(code.SEQUENCE_NUMBER_RANGE, detail, field="number", value=value)
    if command.direction not in DIRECTIONS:
        detail = f"one of {', '.join(DIRECTIONS)}"
        return reject(code.DIRECTION_UNKNOWN, detail, field="direction", value=command.direction)
    fits = bool(command.list_id) and is_printable(command.list_id, limit=LIST_ID_MAX)
    if kind.needs_list != fits or (command.list_id and not fits):
        detail = "printable ASCII with list_status and execute_list, none with others"
        value = ascii(command.list_id)[:80]
        return reject(code.LIST_ID_UNFIT, detail, field="list_id", value=value)
    if not command.reason.strip():
        return reject(code.REASON_MISSING, "say why", field="reason")
    return e.SessionActionRequested(
        session=command.session,
        action=kind.value,
        number=command.number,
        reason=command.reason,
        actor=stamp.actor,
        at=stamp.at,
        action_id=stamp.id("sac"),
        direction=command.direction,
        waits=kind.takes_two,
        cl_ord_id=command.list_id,
    )


def decide_approve(
    command: c.ApproveSessionAction, action: Action | None, stamp: Stamp
) -> e.SessionActionApproved | Rejected:
    """Let an action that waits go ahead; another person, and soon."""
    refused = _refuse_decision(command, action, stamp, own=False)
    if refused is not None:
        return refused
    return e.SessionActionApproved(
        action_id=command.action_id, reason=command.reason, approved_by=stamp.actor, at=stamp.at
    )


def decide_refuse(
    command: c.RefuseSessionAction, action: Action | None, stamp: Stamp
) -> e.SessionActionRefused | Rejected:
    """End an action that waits; anybody who may act, and who asked for it as well."""
    refused = _refuse_decision(command, action, stamp, own=True)
    if refused is not None:
        return refused
    return e.SessionActionRefused(
        action_id=command.action_id, reason=command.reason, refused_by=stamp.actor, at=stamp.at
    )


def decide_outcome(
    report: c.ReportSessionAction | c.RecordUndelivered, action: Action | None, stamp: Stamp
) -> list[e.SessionActionReported]:
    """Record what became of an action; nothing for one that is settled or not known."""
    if action is None or action.status not in _OPEN:
        return []
    if isinstance(report, c.RecordUndelivered):
        outcome, detail = ActionStatus.UNDELIVERED, "no gateway serves the session"
    else:
        outcome, detail = report.outcome, report.detail
    if outcome is action.status:
        return []
    return [
        e.SessionActionReported(action_id=action.id, outcome=outcome, detail=detail, at=stamp.at)
    ]


def mass_cancel(
    session: str, *, security_id: str, program: str, reason: str, number: int, stamp: Stamp
) -> e.SessionActionRequested:
    """Ask for the cancellation of every open order of a session, of one security or list there.

    ``number`` counts those of one command; `Stamp.cl_ord_id` becomes the name of the request.
    """
    return e.SessionActionRequested(
        session=session,
        action=ActionKind.MASS_CANCEL.value,
        number=0,
        reason=reason,
        actor=stamp.actor,
        at=stamp.at,
        action_id=stamp.id("sac", number),
        cl_ord_id=stamp.cl_ord_id,
        security_id=security_id,
        program=program,
    )


def place_list(session: str, *, list_id: str, name: str, stamp: Stamp) -> e.SessionActionRequested:
    """Send the placements that wait for it as one list; ``list_id`` is its ListID (66)."""
    return e.SessionActionRequested(
        session=session,
        action=ActionKind.PLACE_LIST.value,
        number=0,
        reason=name,
        actor=stamp.actor,
        at=stamp.at,
        action_id=stamp.id("sac"),
        cl_ord_id=list_id,
    )


def decide_hold(
    report: c.ReportHold, stamp: Stamp
) -> tuple[e.SessionActionRequested, e.SessionActionReported]:
    """Record a hold of the gateway's own as the action that it is, done already."""
    asked = e.SessionActionRequested(
        session=report.session,
        action=ActionKind.HOLD_OUTBOUND.value,
        number=0,
        reason=report.reason,
        actor=stamp.actor,
        at=stamp.at,
        action_id=stamp.id("sac"),
    )
    done = e.SessionActionReported(
        action_id=asked.action_id, outcome=ActionStatus.DONE, detail="by the gateway", at=stamp.at
    )
    return asked, done


def decide_gap(report: c.ReportGap, standing: str, stamp: Stamp) -> list[BreakEvent]:
    """Open a break where messages are missing for long, and close it once they are not.

    ``standing`` is the id of the one that is open; empty for none.
    """
    if not report.highest:
        words = "nothing is missing any more"
        return [
            BreakResolved(break_id=standing, resolution=words, resolved_by="system", at=stamp.at)
        ] if standing else []  # fmt: skip
    if standing:
        return []
    detail = (
        f"message {report.expected} is missing for {report.seconds} s, {report.highest} was seen: "
        "no request leaves, cancels included; if it does not come, log the session out and on"
    )
    kind, break_id = BreakKind.MESSAGES_MISSING, stamp.id("brk")
    opened = open_bare(kind, break_id=break_id, detail=detail, at=stamp.at)
    return [replace(opened, session=report.session, row=report.row)]


def _refuse_decision(
    command: c.ApproveSessionAction | c.RefuseSessionAction,
    action: Action | None,
    stamp: Stamp,
    *,
    own: bool,
) -> Rejected | None:
    code = SessionRejection
    if action is None:
        detail = "no such action"
        value = command.action_id
        return reject(code.SESSION_ACTION_UNKNOWN, detail, field="action", value=value)
    if action.status is not ActionStatus.WAITING:
        detail = f"it is {action.status} already"
        return reject(code.SESSION_ACTION_SETTLED, detail, field="action", value=action.id)
    if not own and action.requested_by == stamp.actor:
        detail = "another person must approve what you have asked for"
        return reject(code.SAME_PERSON, detail, field="user", value=stamp.actor)
    if not own and stamp.at > action.late_after:
        detail = f"the numbers have gone on since {action.created_at.isoformat()}; ask anew"
        return reject(code.APPROVAL_TOO_LATE, detail, field="action", value=action.id)
    if not command.reason.strip():
        return reject(code.REASON_MISSING, "say why", field="reason")
    return None
