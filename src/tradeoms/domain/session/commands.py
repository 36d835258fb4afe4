"""Requests about FIX sessions, and what a gateway says became of them."""

from __future__ import annotations

from dataclasses import dataclass

from tradeoms.domain.session.state import ActionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ActOnSession:
    """Do something to a FIX session.

    Attributes:
        action: One of `state.ActionKind`.
        number: A MsgSeqNum (34): for `set_sequence` the next one, for `request_resend` the first
            that is to be sent again.
        list_id: For `list_status` and `execute_list`, the ListID (66).
        direction: For `set_sequence`: `in`, what we expect, or `out`, what we send.
    """

    session: str
    action: str
    reason: str
    number: int = 0
    direction: str = "in"
    list_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveSessionAction:
    """Let an action go ahead that takes two people; by another than who asked for it."""

    action_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseSessionAction:
    """Say no to an action that waits, or take one's own back."""

    action_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUndelivered:
    """No gateway serves the session of an action: a fact of the node itself, never refused."""

    action_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSessionAction:
    """A gateway says what became of an action. A fact, never refused."""

    session: str
    row: int
    action_id: str
    outcome: ActionStatus
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportHold:
    """A gateway holds new orders and replaces by itself. A fact, never refused."""

    session: str
    row: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportGap:
    """Messages of a counterparty are missing for long, or all have come. A fact, never refused.

    Attributes:
        expected: The MsgSeqNum (34) that is missing first.
        highest: The highest one seen; 0 once nothing is missing any more.
        seconds: How long it has been so.
    """

    session: str
    row: int
    expected: int = 0
    highest: int = 0
    seconds: int = 0


SessionCommand = ActOnSession | ApproveSessionAction | RefuseSessionAction | RecordUndelivered
