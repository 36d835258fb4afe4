"""A placement's facts and how they change. The status is computed by FIX precedence, never copied.

FIX 4.4 Volume 4, appendix D: facts hold beside each other (a cancel may be pending on a partially
filled order that is done for the day); the highest by precedence is shown. Nothing is final: an
execution, bust or correction may follow any state and is taken.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum, unique
from typing import assert_never

from tradeoms.domain.placement import events as e
from tradeoms.domain.placement.commands import ReportKind, SendOutcome
from tradeoms.kernel.enums import (
    ORD_STATUS_PRECEDENCE,
    ExecutionStatus,
    OrderType,
    OrdStatus,
    Side,
    TimeInForce,
)
from tradeoms.kernel.numbers import ZERO


@unique
class RequestKind(StrEnum):
    """What we asked the broker for."""

    CANCEL = "cancel"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A cancel or replace that the broker has not answered yet."""

    kind: RequestKind
    cl_ord_id: str
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    sent: SendOutcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The facts of one placement.

    Attributes:
        quantity: Total units in force at the broker, executed ones included (FIX 38).
        cl_ord_id: The last ClOrdID the broker accepted, or the first before any answer.
        sent: What the gateway did with the new order; `None` before it said anything.
        answered: True once the broker said anything about the order.
        cum_qty: Live executed units (FIX 14), over-fills included.
        notional: Exact sum of quantity times price over live executions.
        reported_status: The last FIX 39 the broker reported, kept beside our own.
    """

    id: str
    version: int
    order_id: str
    block_id: str
    destination: str
    security_id: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    expire_on: date | None
    text: str
    trader: str
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    cl_ord_id: str
    orig_cl_ord_id: str
    created_at: datetime
    updated_at: datetime
    requests: tuple[Request, ...] = ()
    sent: SendOutcome | None = None
    sent_at: datetime | None = None
    answered: bool = False
    accepted: bool = False
    rejected: bool = False
    canceled: bool = False
    expired: bool = False
    done_for_day: bool = False
    calculated: bool = False
    stopped: bool = False
    suspended: bool = False
    cum_qty: Decimal = ZERO
    notional: Decimal = ZERO
    broker_order_id: str = ""
    reported_status: OrdStatus | None = None
    broker_text: str = ""

    @property
    def ord_status(self) -> OrdStatus:
        """Status by FIX precedence over everything that holds."""
        holds = [self._base_status]
        if self.cum_qty > 0:
            filled = self.cum_qty >= self.quantity
            holds.append(OrdStatus.FILLED if filled else OrdStatus.PARTIALLY_FILLED)
        if not self.is_ended:
            holds += [_PENDING[request.kind] for request in self.requests]
        holds += [status for status, fact in self._facts() if fact]
        return max(holds, key=ORD_STATUS_PRECEDENCE.__getitem__)

    @property
    def _base_status(self) -> OrdStatus:
        """What holds before anything else does; these exclude each other and share a precedence."""
        if self.rejected:
            return OrdStatus.REJECTED
        if self.accepted:
            return OrdStatus.NEW
        if self.answered:
            return OrdStatus.PENDING_NEW
        if self.sent is SendOutcome.UNKNOWN:
            return OrdStatus.UNKNOWN
        return OrdStatus.UNSENT if self.sent is None else OrdStatus.PENDING_NEW

    def _facts(self) -> tuple[tuple[OrdStatus, bool], ...]:
        return (
            (OrdStatus.CANCELED, self.canceled),
            (OrdStatus.EXPIRED, self.expired),
            (OrdStatus.DONE_FOR_DAY, self.done_for_day),
            (OrdStatus.CALCULATED, self.calculated),
            (OrdStatus.STOPPED, self.stopped and self.is_open),
            (OrdStatus.SUSPENDED, self.suspended and self.is_open),
        )

    @property
    def is_open(self) -> bool:
        """True while the broker may still execute without a new request of ours."""
        return not (self.is_ended or self._finished_day) and self.cum_qty < self.quantity

    @property
    def is_ended(self) -> bool:
        """The broker said that it is over; a filled order may still be reopened by a larger one."""
        return self.rejected or self.canceled or self.expired or self.calculated

    @property
    def _finished_day(self) -> bool:
        """A day order that is done for the day is done for good."""
        return self.done_for_day and self.time_in_force not in (TimeInForce.GTC, TimeInForce.GTD)

    @property
    def cancel_pending(self) -> bool:
        """True while the broker owes an answer to a request to cancel."""
        return any(request.kind is RequestKind.CANCEL for request in self.requests)

    @property
    def committed_qty(self) -> Decimal:
        """Units of the order that this placement uses up: executed, and still possible."""
        if not self.is_open:
            return self.cum_qty
        asked = [r.quantity for r in self.requests if r.kind is RequestKind.REPLACE]
        return max(self.quantity, self.cum_qty, *asked)

    @property
    def leaves_qty(self) -> Decimal:
        """Units the broker may still execute (FIX 151)."""
        return self.quantity - self.cum_qty if self.is_open else ZERO


_PENDING = {
    RequestKind.CANCEL: OrdStatus.PENDING_CANCEL,
    RequestKind.REPLACE: OrdStatus.PENDING_REPLACE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution, with how it was shared out.

    Attributes:
        exec_id: FIX 17; unique within the session.
        exec_ref_id: For a corrected execution's successor, the FIX 17 it replaces.
        split: (fund, units) as booked; empty while in suspense.
    """

    id: str
    session: str
    exec_id: str
    exec_ref_id: str
    placement_id: str
    order_id: str
    security_id: str
    last_qty: Decimal
    last_px: Decimal
    booked_qty: Decimal
    venue: str
    late: bool
    status: ExecutionStatus
    transact_time: datetime | None
    received_at: datetime
    updated_at: datetime
    split: tuple[tuple[str, Decimal], ...] = ()


def create(event: e.PlacementCreated) -> Placement:
    """The placement before anything left the house."""
    return Placement(
        id=event.placement_id,
        version=1,
        order_id=event.order_id,
        block_id=event.block_id,
        destination=event.destination,
        security_id=event.security_id,
        side=event.side,
        order_type=event.order_type,
        time_in_force=event.time_in_force,
        expire_on=event.expire_on,
        text=event.text,
        trader=event.trader,
        quantity=event.quantity,
        limit_price=event.limit_price,
        stop_price=event.stop_price,
        cl_ord_id=event.cl_ord_id,
        orig_cl_ord_id="",
        created_at=event.at,
        updated_at=event.at,
    )


def evolve(placement: Placement, event: e.PlacementEvent) -> Placement:
    """Return the placement after ``event``. Corrections and busts need `correct` and `bust`."""
    after = replace(placement, version=placement.version + 1, updated_at=event.at)
    match event:
        case e.ReplaceRequested():
            asked = Request(
                kind=RequestKind.REPLACE,
                cl_ord_id=event.cl_ord_id,
                quantity=event.quantity,
                limit_price=event.limit_price,
                stop_price=event.stop_price,
            )
            return replace(after, requests=(*after.requests, asked))
        case e.CancelRequested():
            asked = Request(
                kind=RequestKind.CANCEL,
                cl_ord_id=event.cl_ord_id,
                quantity=after.quantity,
                limit_price=after.limit_price,
                stop_price=after.stop_price,
            )
            return replace(after, requests=(*after.requests, asked))
        case e.RequestSent():
            return _evolve_sent(after, event)
        case e.PlacementReported():
            return _evolve_reported(after, event)
        case e.ExecutionRecorded():
            return replace(
                after,
                answered=True,
                cum_qty=after.cum_qty + event.last_qty,
                notional=after.notional + event.last_qty * event.last_px,
                broker_order_id=event.broker_order_id or after.broker_order_id,
                reported_status=event.reported_status or after.reported_status,
            )
        case e.ExecutionBusted() | e.ExecutionCorrected():
            return replace(after, reported_status=event.reported_status or after.reported_status)
        case e.PlacementCreated():
            message = f"placement {placement.id} was created twice"
            raise ValueError(message)
        case _:
            assert_never(event)


def take_off(placement: Placement, execution: Execution) -> Placement:
    """Take a busted or corrected execution off the placement's sums."""
    return replace(
        placement,
        cum_qty=placement.cum_qty - execution.last_qty,
        notional=placement.notional - execution.last_qty * execution.last_px,
    )


def add_on(placement: Placement, quantity: Decimal, price: Decimal) -> Placement:
    """Add the corrected units and price to the placement's sums."""
    return replace(
        placement,
        cum_qty=placement.cum_qty + quantity,
        notional=placement.notional + quantity * price,
    )


def _evolve_sent(placement: Placement, event: e.RequestSent) -> Placement:
    """The gateway's word on the new order, or on a cancel or replace."""
    if event.cl_ord_id == placement.cl_ord_id and not placement.orig_cl_ord_id:
        not_sent = event.outcome is SendOutcome.NOT_SENT and not placement.answered
        return replace(
            placement,
            sent=event.outcome,
            sent_at=event.at,
            rejected=placement.rejected or not_sent,
            broker_text=f"not sent: {event.reason}" if not_sent else placement.broker_text,
        )
    if event.outcome is SendOutcome.NOT_SENT:
        return _without(placement, event.cl_ord_id)
    return replace(
        placement,
        requests=tuple(
            replace(r, sent=event.outcome) if r.cl_ord_id == event.cl_ord_id else r
            for r in placement.requests
        ),
    )


def _without(placement: Placement, cl_ord_id: str) -> Placement:
    kept = tuple(r for r in placement.requests if r.cl_ord_id != cl_ord_id)
    return replace(placement, requests=kept)


#: The facts that a report of a kind turns on (True) or off (False).
_SWITCHES: dict[ReportKind, dict[str, bool]] = {
    ReportKind.PENDING_NEW: {},
    ReportKind.NEW: {"accepted": True, "suspended": False},
    ReportKind.REJECTED: {"rejected": True},
    ReportKind.CANCELED: {"canceled": True, "accepted": True},
    ReportKind.DONE_FOR_DAY: {"done_for_day": True},
    ReportKind.CALCULATED: {"calculated": True},
    ReportKind.STOPPED: {"stopped": True, "accepted": True},
    ReportKind.SUSPENDED: {"suspended": True, "accepted": True},
    ReportKind.EXPIRED: {"expired": True, "accepted": True},
    ReportKind.RESTATED: {"done_for_day": False, "suspended": False, "accepted": True},
    ReportKind.TRIGGERED: {"accepted": True},
}

#: What a status answer may tell about an order that we did not know to be so.
_STATUS_SWITCHES: dict[OrdStatus, dict[str, bool]] = {
    OrdStatus.NEW: {"accepted": True},
    OrdStatus.PARTIALLY_FILLED: {"accepted": True},
    OrdStatus.FILLED: {"accepted": True},
    OrdStatus.CANCELED: {"accepted": True, "canceled": True},
    OrdStatus.EXPIRED: {"accepted": True, "expired": True},
    OrdStatus.DONE_FOR_DAY: {"accepted": True, "done_for_day": True},
    OrdStatus.SUSPENDED: {"accepted": True, "suspended": True},
    OrdStatus.STOPPED: {"accepted": True, "stopped": True},
}


def _evolve_reported(placement: Placement, event: e.PlacementReported) -> Placement:
    known = replace(
        placement,
        answered=True,
        broker_order_id=event.broker_order_id or placement.broker_order_id,
        reported_status=event.reported_status or placement.reported_status,
        broker_text=event.text or placement.broker_text,
    )
    switches = _SWITCHES.get(event.kind, {})
    if event.kind is ReportKind.STATUS and event.reported_status is not None:
        switches = _STATUS_SWITCHES.get(event.reported_status, {})
        if event.reported_status is OrdStatus.REJECTED and not placement.accepted:
            switches = {"rejected": True}
    known = replace(known, **switches)  # type: ignore[arg-type]  # the tables hold field names
    match event.kind:
        case ReportKind.REPLACED | ReportKind.RESTATED:
            return _evolve_replaced(known, event)
        case ReportKind.CANCEL_REJECTED | ReportKind.REPLACE_REJECTED:
            return _without(known, event.cl_ord_id)
        case ReportKind.SESSION_REJECTED:
            if event.cl_ord_id == known.cl_ord_id and not known.accepted:
                return replace(known, rejected=True)
            return _without(known, event.cl_ord_id)
        case _:
            return replace(known, requests=()) if known.is_ended else known


def _evolve_replaced(placement: Placement, event: e.PlacementReported) -> Placement:
    """Take the new terms: those we asked for, or the broker's where it acted unasked."""
    asked = next((r for r in placement.requests if r.cl_ord_id == event.cl_ord_id), None)
    quantity = event.order_qty or (asked.quantity if asked else placement.quantity)
    changed = replace(placement, quantity=max(quantity, placement.cum_qty))
    if asked is None:
        return replace(changed, limit_price=event.price or placement.limit_price)
    return replace(
        _without(changed, asked.cl_ord_id),
        orig_cl_ord_id=placement.cl_ord_id,
        cl_ord_id=asked.cl_ord_id,
        limit_price=asked.limit_price,
        stop_price=asked.stop_price,
        accepted=True,
    )


def check_invariants(placement: Placement) -> None:
    """Assert what must hold after every event."""
    assert placement.cum_qty >= 0
    assert placement.leaves_qty >= 0
    assert placement.committed_qty >= placement.cum_qty
