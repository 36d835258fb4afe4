"""Reports from gateways: recorded whatever they say, and what follows from them inside the house.

What follows: an execution is shared out to its funds, a cancelled order closes when the last broker
confirms, an amended order takes its new terms when the last broker agrees.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tradeoms.app.handlers.allocation_reports import take_street_report
from tradeoms.app.handlers.amending import open_placements, restate_allocation
from tradeoms.app.handlers.booking import share_out, take_back
from tradeoms.app.handlers.bookings import settle_bookings
from tradeoms.app.handlers.confirmations import note_posttrade, outdate, take_refusal
from tradeoms.app.handlers.copies import match_events, take_copy, take_drop_copy
from tradeoms.app.handlers.dont_know import note_dont_know
from tradeoms.app.handlers.finding import find_named, find_reported, name_referred
from tradeoms.app.handlers.knowing import know
from tradeoms.app.handlers.pairs import watch_pair
from tradeoms.app.handlers.sessions import take_session_report
from tradeoms.app.turn import Turn
from tradeoms.app.wire import GatewayReport
from tradeoms.domain.allocation.decide import settle_legs
from tradeoms.domain.confirmation.commands import StreetReport
from tradeoms.domain.dropcopy.commands import ReportCopy, ReportDropCopy
from tradeoms.domain.order.events import (
    OrderAmended,
    OrderAmendRefused,
    OrderCanceled,
    OrderCancelRefused,
    OrderExpired,
    OrderHeld,
)
from tradeoms.domain.order.lessening import is_beyond, lessens
from tradeoms.domain.order.state import HOLDABLE, Order, Phase, Terms
from tradeoms.domain.order.status import placed_quantity
from tradeoms.domain.placement import events as e
from tradeoms.domain.placement.agreement import (
    compare_answered,
    decide_agreement,
    doubt_answer,
    doubt_repeat,
)
from tradeoms.domain.placement.commands import (
    Report,
    ReportCancel,
    ReportKind,
    ReportPlacement,
    ReportSend,
    ReportUnanswered,
    ReportUnreadable,
)
from tradeoms.domain.placement.evolve import CORPORATE_ACTION
from tradeoms.domain.placement.gateway_word import (
    decide_gateway_cancel,
    decide_send,
    decide_unreadable,
)
from tradeoms.domain.placement.report import decide_report
from tradeoms.domain.placement.state import Placement, RequestKind
from tradeoms.domain.session.commands import ReportGap, ReportHold, ReportSessionAction
from tradeoms.kernel.enums import TimeInForce
from tradeoms.projections.fold import successor_id

_ONE_DAY = frozenset(TimeInForce) - {TimeInForce.GTC}
#: After these, and after the answer to a status request, an order may be over.
_ENDS: Final = frozenset(
    {
        ReportKind.EXPIRED, ReportKind.CANCELED, ReportKind.DONE_FOR_DAY, ReportKind.STATUS,
    }
)  # fmt: skip
_OfSession = ReportSessionAction | ReportHold | ReportGap
_Aside = _OfSession | ReportDropCopy | ReportCopy | StreetReport


def take_report(turn: Turn, report: GatewayReport) -> None:
    """Record ``report`` and all that follows from it."""
    if isinstance(report, _Aside):
        _take_aside(turn, report)
        return
    events = _decide(turn, report)
    for event in events:
        _record(turn, event)
    if isinstance(report, ReportPlacement):
        _compare(turn, report, events)
    elif isinstance(report, ReportSend):
        _compare_sent(turn, events)
    outdate(turn, events)  # before what is booked now is told
    _follow_up(turn, events)
    match_events(turn, events)
    for event in events:
        if isinstance(event, e.ExecutionRecorded | e.ExecutionCorrected):
            _take_parked(turn, event)


def _decide(turn: Turn, report: Report) -> list[object]:
    """The events of a report about placements; none where it was about something else of ours."""
    match report:
        case ReportUnreadable():
            return list(decide_unreadable(report, turn.stamp))
        case ReportUnanswered():
            return _unanswered(turn, report)
        case ReportSend():
            return _sent(turn, report)
        case ReportCancel():
            placement = find_reported(turn, report.session, report.orig_cl_ord_id)
            return list(decide_gateway_cancel(report, placement, turn.stamp))
        case ReportPlacement():
            if take_refusal(turn, report):
                return []
            report = name_referred(turn, report)
            return list(decide_report(report, know(turn, report), turn.stamp))


def _take_aside(turn: Turn, report: _Aside) -> None:
    """Record what is about no placement of its own session."""
    match report:
        case ReportDropCopy():
            take_drop_copy(turn, report)
        case ReportCopy():
            take_copy(turn, report)
        case ReportSessionAction() | ReportHold() | ReportGap():
            take_session_report(turn, report)
        case _:
            take_street_report(turn, report)


def _sent(turn: Turn, report: ReportSend) -> list[object]:
    """The gateway's word on a request about a placement, or on a trade that is not ours."""
    placement = find_reported(turn, report.session, report.cl_ord_id)
    if placement is None and not note_posttrade(turn, report):
        note_dont_know(turn, report)
    return list(decide_send(report, placement, turn.stamp))


def _unanswered(turn: Turn, report: ReportUnanswered) -> list[object]:
    """The gateway waits for an answer; nothing where it came meanwhile or people know already."""
    placement = find_reported(turn, report.session, report.cl_ord_id)
    if placement is None:
        return []
    standing = turn.book.standing_of(placement.id).get(e.BreakKind.REQUEST_UNANSWERED, "")
    return list(doubt_answer(report, placement, standing, turn.stamp))


def _compare(turn: Turn, report: ReportPlacement, events: list[object]) -> None:
    """Compare the placement, as the report left it, with what the report says of it."""
    changed = [event for event in events if not isinstance(event, e.BreakOpened)]
    if changed:
        placement = turn.book.placements[getattr(changed[0], "placement_id", "")]
        decide = decide_agreement
    elif not events and (found := find_named(turn, report)) is not None:
        placement, decide = found, doubt_repeat
    else:
        return
    for event in decide(report, placement, turn.book.standing_of(placement.id), turn.stamp):
        turn.emit(event, event.break_id)


def _compare_sent(turn: Turn, events: list[object]) -> None:
    """Nobody owes an answer to what the gateway says was not sent."""
    for event in events:
        if isinstance(event, e.RequestSent):
            placement = turn.book.placements[event.placement_id]
            standing = turn.book.standing_of(placement.id)
            why = "it was not sent"
            for closed in compare_answered(placement, standing, turn.stamp, why=why):
                turn.emit(closed, closed.break_id)


def _take_parked(turn: Turn, event: e.ExecutionRecorded | e.ExecutionCorrected) -> None:
    """Apply the bust or correction that outran this execution, and settle its break.

    People may have settled it before, as one whose execution would never come: it counts all the
    same.
    """
    waiting = turn.came_before(event.session, event.exec_id)
    if waiting is None or waiting.reported is None:
        return
    turn.stamp = replace(turn.stamp, base=f"{turn.stamp.base}-1")
    if not waiting.resolved_by:
        resolved = e.BreakResolved(
            break_id=waiting.id, resolution="its execution came", resolved_by="system", at=turn.at
        )
        turn.emit(resolved, waiting.id)
    parked = ReportPlacement(
        session=waiting.session,
        row=waiting.row,
        kind=waiting.reported,
        cl_ord_id=waiting.cl_ord_id,
        exec_id=waiting.exec_id,
        exec_ref_id=waiting.exec_ref_id,
        last_qty=waiting.quantity,
        last_px=waiting.price,
        raw=waiting.raw,
    )
    take_report(turn, parked)


def _record(turn: Turn, event: object) -> None:
    """Emit one event of a report, and the booking that goes with an execution."""
    match event:
        case e.ExecutionRecorded():
            turn.emit(event, event.placement_id)
            execution = turn.book.executions[event.execution_id]
            share_out(turn, execution)
        case e.ExecutionBusted():
            execution = turn.book.executions[event.execution_id]
            turn.emit(event, event.placement_id)
            take_back(turn, execution)
        case e.ExecutionCorrected():
            execution = turn.book.executions[event.execution_id]
            turn.emit(event, event.placement_id)
            take_back(turn, execution)
            share_out(turn, turn.book.executions[successor_id(execution.id)])
        case e.BreakOpened() | e.BreakResolved():
            turn.emit(event, event.break_id)
        case e.RequestSent() | e.PlacementReported() | e.GatewayCancelRequested():
            turn.emit(event, event.placement_id)
        case _:
            message = f"a report cannot give {type(event).__name__}"
            raise TypeError(message)


def _follow_up(turn: Turn, events: list[object]) -> None:
    """Close, amend or expire the orders that the events brought to that point."""
    placement_ids = [p for event in events if (p := getattr(event, "placement_id", ""))]
    orders = dict.fromkeys(
        order_id for p in placement_ids for order_id in turn.book.placements[p].order_ids
    )
    ended = any(isinstance(event, e.PlacementReported) and event.kind in _ENDS for event in events)
    for event in events:
        if isinstance(event, e.PlacementReported) and event.kind is ReportKind.RESTATED:
            _hold_restated(turn, event)
    for order_id in orders:
        _settle(turn, turn.book.orders[order_id], ended=ended)
        settle_bookings(turn, order_id)
        turn.reserve(order_id)
        watch_pair(turn, order_id)


def _settle(turn: Turn, order: Order, *, ended: bool) -> None:
    if order.pending is not None:
        _settle_amendment(turn, order)
        order = turn.book.orders[order.id]
    if order.is_closed:
        return
    working = open_placements(turn, order)
    if working:
        _settle_cancel(turn, order, working)
        return
    if order.phase is Phase.CANCELING:
        turn.emit(OrderCanceled(order_id=order.id, at=turn.at), order.id)
    elif ended and _has_expired(turn, order):
        turn.emit(OrderExpired(order_id=order.id, at=turn.at), order.id)


def _settle_cancel(turn: Turn, order: Order, working: list[Placement]) -> None:
    """Let the order go on where every broker answered the cancellation and a part is still out."""
    if order.phase is Phase.CANCELING and not any(p.is_leaving(order.id) for p in working):
        detail = working[-1].broker_text or "a broker did not cancel"
        refused = OrderCancelRefused(order_id=order.id, detail=detail, at=turn.at)
        turn.emit(refused, order.id)


def _hold_restated(turn: Turn, event: e.PlacementReported) -> None:
    """A broker that restates an order after a corporate action stops what is not placed of it."""
    for order_id in turn.book.placements[event.placement_id].order_ids:
        order = turn.book.orders[order_id]
        if event.reason == CORPORATE_ACTION and order.phase in HOLDABLE:
            reason = "the broker restated it after a corporate action"
            turn.emit(OrderHeld(order_id=order.id, reason=reason, at=turn.at), order.id)


def _has_expired(turn: Turn, order: Order) -> bool:
    """True where the broker ended the order's own time, and nothing is left that it could place.

    A placement for a shorter time than its order's (an IOC of a day order) ends only itself.
    """
    placements = turn.book.placements_for(order.id)
    last = placements[-1]
    if last.time_in_force is not order.time_in_force:
        return False
    immediate = order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)
    over = last.expired or (immediate and last.canceled)
    return over and order.time_in_force in _ONE_DAY


def _settle_amendment(turn: Turn, order: Order) -> None:
    """Take the new terms once every broker agreed; keep the old ones where one did not."""
    pending = order.pending
    assert pending is not None
    placements = turn.book.placements_for(order.id)
    if _waits(order, placements):
        return
    if not _agreed(order, pending, placements):
        detail = placements[-1].broker_text or "the broker did not take the new terms"
        refused = OrderAmendRefused(order_id=order.id, detail=detail, at=turn.at)
        turn.emit(refused, order.id)
        return
    lot = turn.book.securities[order.security_id].lot
    amended = OrderAmended(
        order_id=order.id,
        quantity=pending.quantity,
        legs=settle_legs(turn.book.allocations[order.id], pending.legs, lot),
        limit_price=pending.limit_price,
        stop_price=pending.stop_price,
        instructions=pending.instructions,
        reason=pending.reason,
        sizing=pending.sizing,
        amended_by=pending.asked_by,
        at=turn.at,
    )
    amended = replace(amended, lessens=lessens(order, amended))
    turn.emit(amended, order.id)
    restate_allocation(turn, amended)


def _waits(order: Order, placements: list[Placement]) -> bool:
    """True while a broker owes the answer that decides an amendment.

    A cancellation of the whole order, asked for later, decides nothing about the terms before it.
    """
    cancels = order.phase is Phase.CANCELING
    return any(
        request.kind is RequestKind.REPLACE or not cancels
        for placement in placements
        for request in placement.requests
    )


def _agreed(order: Order, pending: Terms, placements: list[Placement]) -> bool:
    """True where all that is at brokers fits the new terms."""
    committed = placed_quantity(order.id, placements)
    fits = committed <= pending.quantity
    prices = (pending.limit_price, pending.stop_price)
    if prices == (order.limit_price, order.stop_price):
        grew = committed > order.quantity
        return fits and (grew or pending.quantity <= order.quantity)
    return fits and all(
        _has_terms(placement, order, pending)
        for placement in placements
        if placement.is_open_for(order.id)
    )


def _has_terms(placement: Placement, order: Order, pending: Terms) -> bool:
    """True where a placement has the new prices, or had a tighter limit of its own before."""
    limit = placement.limit_price
    beyond = is_beyond(placement.side, limit, pending.limit_price)
    own = bool(placement.parts) or limit != order.limit_price
    fits = limit in (None, pending.limit_price) or (own and not beyond)
    stays = pending.stop_price == order.stop_price
    return fits and (stays or placement.stop_price in (None, pending.stop_price))
