"""How a placement's facts change: one event, one new placement.

Nothing is final: an execution, bust or correction may follow any state and is taken (FIX 4.4
Volume 4, appendix D).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, assert_never

from tradeoms.domain.placement import events as e
from tradeoms.domain.placement import parts
from tradeoms.domain.placement.answers import denies_order, of_its_day, shows_order
from tradeoms.domain.placement.commands import ReportKind, SendOutcome
from tradeoms.domain.placement.repeats import is_overtaken, newest, remember
from tradeoms.domain.placement.state import Execution, Placement, Request, RequestKind
from tradeoms.kernel.enums import OrdStatus
from tradeoms.kernel.numbers import ZERO
from tradeoms.kernel.records import replace


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
        manual=event.manual,
        answered=event.manual,
        accepted=event.manual,
        broker_order_id=event.broker_order_id,
        parts=parts.start(event.parts),
        algo=event.algo,
        program=event.program,
        display_quantity=event.display_quantity,
        min_quantity=event.min_quantity,
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
                parts=event.parts,
                algo=event.algo or (after.requests[-1] if after.requests else after).algo,
            )
            return replace(after, requests=(*after.requests, asked))
        case e.CancelRequested() | e.GatewayCancelRequested():
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
            return _evolve_executed(after, event)
        case e.ExecutionBusted() | e.ExecutionCorrected():
            return replace(after, reported_status=event.reported_status or after.reported_status)
        case e.ExecutionBooked():
            return after  # nothing changed at the broker
        case e.PlacementCreated():
            message = f"placement {placement.id} was created twice"
            raise ValueError(message)
        case _:
            assert_never(event)


def begin_day(placement: Placement, trade_on: date, at: datetime) -> Placement:
    """The placement on the trading day ``trade_on``, which begins.

    What was done for the day goes on, where it is good for this one; else it stays done for good.
    """
    if not placement.done_today:
        return placement
    past = placement.expire_on is not None and placement.expire_on < trade_on
    ended = past or not placement.lives_days
    return replace(
        placement, done_for_day=ended, day_over=ended, version=placement.version + 1, updated_at=at
    )


def _evolve_executed(placement: Placement, event: e.ExecutionRecorded) -> Placement:
    # An order that lives for days trades again: the day is over that it was done for.
    goes_on = placement.lives_days and event.reported_status in _TRADING
    return replace(
        placement,
        answered=True,
        done_for_day=placement.done_for_day and not goes_on,
        day_over=placement.day_over and not goes_on,
        cum_qty=placement.cum_qty + event.last_qty,
        notional=placement.notional + event.last_qty * event.last_px,
        broker_text=_text(placement),
        broker_order_id=event.broker_order_id or placement.broker_order_id,
        reported_status=event.reported_status or placement.reported_status,
        **_day_figures(event),
    )


def _text(placement: Placement) -> str:
    """What the broker said, once he shows that he has the order: not why it was not sent."""
    return "" if placement.is_not_sent else placement.broker_text


def _day_figures(event: e.ExecutionRecorded | e.PlacementReported) -> dict[str, Any]:  # Any: fields
    """The day's figures, all of one report or the ones before."""
    if event.day_cum_qty is None:
        return {}
    return {
        "day_order_qty": event.day_order_qty,
        "day_cum_qty": event.day_cum_qty,
        "day_avg_px": event.day_avg_px,
    }


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


def share(
    placement: Placement, *, order_id: str, units: Decimal, price: Decimal, on: date
) -> Placement:
    """Book ``units`` to one of the orders that share the placement; negative ones are a bust."""
    each = tuple(units if part.order_id == order_id else ZERO for part in placement.parts)
    return replace(
        placement,
        parts=parts.book(placement.parts, order_id, units),
        days=parts.book_day(placement.days, on, units=each, notional=units * price),
    )


def _evolve_sent(placement: Placement, event: e.RequestSent) -> Placement:
    """The gateway's word on the new order, or on a cancel or replace."""
    if event.cl_ord_id == placement.cl_ord_id and not placement.orig_cl_ord_id:
        not_sent = event.outcome is SendOutcome.NOT_SENT and not placement.answered
        return replace(
            placement,
            sent=event.outcome,
            sent_at=event.at,
            forgotten=event.forgotten,
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


def _refused(placement: Placement, cl_ord_id: str) -> Placement:
    """The placement without the request; a replace is remembered, as it may be accepted later."""
    said = [each for each in placement.requests if each.cl_ord_id == cl_ord_id]
    replaces = [each for each in said if each.kind is RequestKind.REPLACE]
    return replace(_without(placement, cl_ord_id), refused=(*placement.refused, *replaces))


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
    ReportKind.RESTATED: {
        "done_for_day": False, "day_over": False, "suspended": False, "accepted": True,
    },
    ReportKind.TRIGGERED: {"accepted": True, "triggered": True},
    ReportKind.TRADE_HELD: {"accepted": True, "clearing_hold": True},
    ReportKind.TRADE_RELEASED: {"accepted": True, "clearing_hold": False},
}  # fmt: skip
_TRADING: Final = frozenset({OrdStatus.PARTIALLY_FILLED, OrdStatus.FILLED})
#: ExecRestatementReason (378) of a corporate action on an order that lives for days.
CORPORATE_ACTION: Final = "0"

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

#: What a broker that has seen a cancel does not say of the order, until it has refused the cancel.
_UNTOUCHED: Final = frozenset({OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED})
#: Reports whose OrdStatus tells whether a day that was done goes on.
_SHOWS_WORK: Final = frozenset({ReportKind.STATUS, ReportKind.REPLACED})


def _evolve_reported(placement: Placement, event: e.PlacementReported) -> Placement:
    if is_overtaken(event, placement):
        told = remember(placement, event)
        return replace(placement, answered=True, accepted=True, told=told)
    shown = shows_order(event.kind, event.reported_status)
    known = replace(
        placement,
        answered=placement.answered or shown,
        broker_order_id=event.broker_order_id or placement.broker_order_id,
        reported_status=event.reported_status or placement.reported_status,
        broker_text=event.text or (_text(placement) if shown else placement.broker_text),
        told=remember(placement, event),
        told_at=newest(placement, event),
        **_day_figures(event),
        **_switches(placement, event),
    )
    if known.lives_days and _works_again(event):
        known = replace(known, done_for_day=False, day_over=False)
    if event.kind is ReportKind.STATUS and event.reported_status in _UNTOUCHED:
        known = _doubt_requests(known, told_of=event.cl_ord_id)
    match event.kind:
        case ReportKind.RESTATED:
            return _evolve_replaced(_restated(known, event), event)
        case ReportKind.REPLACED:
            return _evolve_replaced(known, event)
        case ReportKind.CANCEL_REJECTED | ReportKind.REPLACE_REJECTED:
            return _refused(known, event.cl_ord_id)
        case ReportKind.SESSION_REJECTED:
            if event.cl_ord_id == known.cl_ord_id and not known.accepted:
                return replace(known, rejected=True)
            return _without(known, event.cl_ord_id)
        case _:
            return replace(known, requests=()) if known.is_ended else known


def _switches(placement: Placement, event: e.PlacementReported) -> dict[str, Any]:  # Any: fields
    """The facts that the report changes by its kind or, of a status answer, by its OrdStatus."""
    if denies_order(event.kind, event.reported_status, event.reason):
        # The gateway asks again before it says so; what it has forgotten it does not ask about.
        return {"sent": SendOutcome.NOT_SENT} if placement.forgotten else {}
    kind, status = of_its_day(event.kind, event.reported_status, lives_days=placement.lives_days)
    if kind is not ReportKind.STATUS:
        return dict(_SWITCHES.get(kind, {}))
    if status is OrdStatus.REJECTED and not placement.accepted:
        return {"rejected": True}
    return dict(_STATUS_SWITCHES.get(status, {})) if status else {}


def _works_again(event: e.PlacementReported) -> bool:
    """True where the broker shows as working what it may have called done for the day."""
    told = event.kind in _SHOWS_WORK and event.reported_status in _UNTOUCHED
    return told or event.kind is ReportKind.NEW


def doubt(placement: Placement, cl_ord_id: str) -> Placement:
    """The placement once people were told that nobody answers the request ``cl_ord_id``."""
    doubted = tuple(
        replace(each, in_doubt=True) if each.cl_ord_id == cl_ord_id else each
        for each in placement.requests
    )
    return replace(placement, requests=doubted)


def _doubt_requests(placement: Placement, *, told_of: str) -> Placement:
    """The broker tells of the order, and nothing of the cancels that have left.

    Nor of replaces of which nobody knows whether they have left.
    """
    for each in placement.requests:
        cancels = each.kind is RequestKind.CANCEL and each.sent is not None
        left = cancels or each.sent is SendOutcome.UNKNOWN
        if left and each.cl_ord_id != told_of:
            placement = doubt(placement, each.cl_ord_id)
    return placement


def _restated(placement: Placement, event: e.PlacementReported) -> Placement:
    """Note why; a split changes the count of what was executed, though not the money paid."""
    restated = replace(placement, restatement=event.reason or placement.restatement)
    if event.reason != CORPORATE_ACTION or event.cum_qty is None:
        return restated
    carried = placement.carried_qty + event.cum_qty - placement.cum_qty
    return replace(restated, cum_qty=event.cum_qty, carried_qty=carried)


def _evolve_replaced(placement: Placement, event: e.PlacementReported) -> Placement:
    """Take the new terms: those we asked for, or the broker's where it acted unasked."""
    known = (*placement.requests, *placement.refused)
    asked = next((each for each in known if each.cl_ord_id == event.cl_ord_id), None)
    quantity = event.order_qty or (asked.quantity if asked else placement.quantity)
    changed = replace(placement, quantity=max(quantity, placement.cum_qty))
    if asked is None:
        return replace(changed, limit_price=event.price or placement.limit_price)
    before = _replaces_before(placement, asked)
    for each in (*before, asked.cl_ord_id):
        changed = _without(changed, each)
    return replace(
        changed,
        refused=tuple(each for each in placement.refused if each is not asked),
        orig_cl_ord_id=placement.cl_ord_id,
        cl_ord_id=asked.cl_ord_id,
        links=(*placement.links, placement.cl_ord_id, *before),
        limit_price=asked.limit_price,
        stop_price=asked.stop_price,
        algo=asked.algo,
        accepted=True,
        parts=parts.restate(placement.parts, asked.parts) if asked.parts else placement.parts,
    )


def _replaces_before(placement: Placement, asked: Request) -> tuple[str, ...]:
    """The replaces that ``asked`` followed: once it is accepted, nothing waits for their answers.

    The broker had decided them before it (FIX 4.4 Volume 4, D.2).
    """
    if asked not in placement.requests:
        return ()  # it had been refused
    earlier = placement.requests[: placement.requests.index(asked)]
    return tuple(each.cl_ord_id for each in earlier if each.kind is RequestKind.REPLACE)
