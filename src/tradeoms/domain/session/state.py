"""The facts of an action on a FIX session."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, unique
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tradeoms.domain.session import events as e

#: How long a second person may take. Sequence numbers go on: an old approval would hit others.
APPROVE_WITHIN: Final = timedelta(minutes=15)


@unique
class ActionKind(StrEnum):
    """What may be done to a session."""

    LOGON = "logon"
    LOGOUT = "logout"
    SET_SEQUENCE = "set_sequence"
    REQUEST_RESEND = "request_resend"
    HOLD_OUTBOUND = "hold_outbound"
    RELEASE_OUTBOUND = "release_outbound"
    RECONCILE = "reconcile"
    """Ask how every open order stands (FIX AF, or H for each)."""
    MASS_CANCEL = "mass_cancel"
    """Cancel all open orders in one message (FIX q), before each is canceled by itself."""

    PLACE_LIST = "place_list"
    """Send placements as one list (FIX E)."""
    LIST_STATUS = "list_status"
    """Ask how a list stands (FIX M)."""
    EXECUTE_LIST = "execute_list"
    """Let a list be executed that waits for it (FIX L)."""

    @property
    def needs_number(self) -> bool:
        """True where it is about a MsgSeqNum (34)."""
        return self in (ActionKind.SET_SEQUENCE, ActionKind.REQUEST_RESEND)

    @property
    def is_asked_alone(self) -> bool:
        """True for what people ask of a session; others come with the placements they cover."""
        return self not in (ActionKind.MASS_CANCEL, ActionKind.PLACE_LIST)

    @property
    def needs_list(self) -> bool:
        """True where it is about a list."""
        return self in (ActionKind.LIST_STATUS, ActionKind.EXECUTE_LIST)

    @property
    def takes_two(self) -> bool:
        """True where another person must approve: a wrong number loses or repeats messages."""
        return self is ActionKind.SET_SEQUENCE


@unique
class ActionStatus(StrEnum):
    """How far an action is."""

    WAITING = "waiting"
    """For another person."""
    SENT = "sent"
    """To the gateway, which has not answered yet."""
    DONE = "done"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    """No gateway served the session; nothing was done."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a person asked of a session, and what became of it.

    Attributes:
        request_id: ClOrdID (11) of a mass cancel, ListID (66) of what is about a list.
    """

    id: str
    session: str
    kind: ActionKind
    number: int
    direction: str
    reason: str
    status: ActionStatus
    requested_by: str
    created_at: datetime
    updated_at: datetime
    decided_by: str = ""
    decision_reason: str = ""
    detail: str = ""
    request_id: str = ""

    @property
    def late_after(self) -> datetime:
        """When it is too late to approve it."""
        return self.created_at + APPROVE_WITHIN


def outbound_hold(actions: Iterable[Action], session: str) -> Action | None:
    """The action that holds a session's outbound messages; `None` where they may leave.

    The newest word stands, also where no gateway was there to hear it.
    """
    words = [
        action
        for action in actions
        if action.session == session
        and action.kind in (ActionKind.HOLD_OUTBOUND, ActionKind.RELEASE_OUTBOUND)
    ]
    newest = max(words, key=lambda action: (action.created_at, action.id), default=None)
    held = newest is not None and newest.kind is ActionKind.HOLD_OUTBOUND
    return newest if held else None


def request(event: e.SessionActionRequested) -> Action:
    """The action as it was asked for."""
    return Action(
        id=event.action_id,
        session=event.session,
        kind=ActionKind(event.action),
        number=event.number,
        direction=event.direction,
        reason=event.reason,
        status=ActionStatus.WAITING if event.waits else ActionStatus.SENT,
        requested_by=event.actor,
        created_at=event.at,
        updated_at=event.at,
        request_id=event.cl_ord_id,
    )


def decide(action: Action, *, by: str, reason: str, approved: bool, at: datetime) -> Action:
    """The action after the second person's word."""
    status = ActionStatus.SENT if approved else ActionStatus.REFUSED
    return replace(action, status=status, decided_by=by, decision_reason=reason, updated_at=at)


def report(action: Action, event: e.SessionActionReported) -> Action:
    """The action after the gateway's word."""
    return replace(action, status=event.outcome, detail=event.detail, updated_at=event.at)
