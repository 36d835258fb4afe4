"""Decides reports: what a counterparty or the gateway says is recorded, or recorded with a break.

Nothing here refuses. A report whose execution is known already changes nothing; the same ExecID
with another content is a break; an execution beyond what the order can take is booked as far as it
goes and the rest waits in suspense (FIX 4.4 Volume 4; reliability scenarios O01 to O08).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from tradeoms.domain.placement import commands as c
from tradeoms.domain.placement import events as e
from tradeoms.domain.placement.answers import REFUSALS, Asked, shows_order, shows_replace
from tradeoms.domain.placement.beside import fill_beside
from tradeoms.domain.placement.evolve import CORPORATE_ACTION
from tradeoms.domain.placement.prices import beyond, far_off, limits_of
from tradeoms.domain.placement.rejects import read_reject
from tradeoms.domain.placement.repeats import NO_EXEC_ID, repeats, repeats_state
from tradeoms.domain.placement.state import Execution, Placement, RequestKind
from tradeoms.kernel.decider import Stamp
from tradeoms.kernel.enums import ExecutionStatus, OrdStatus
from tradeoms.kernel.numbers import ZERO

#: Numbers of breaks in their ids; those of `agreement` come before.
_PRICE: Final = 4
_TRADE_DATE: Final = 5
_AFTER_ALL: Final = 9
FACTS: Final = frozenset({c.ReportKind.FILL, c.ReportKind.CORRECT, c.ReportKind.BUST})
#: A fill may end its order in the same message (FIX 5.0 SP2 Volume 7, IOC and FOK bundled).
_ENDS: Final = {
    OrdStatus.CANCELED: c.ReportKind.CANCELED,
    OrdStatus.EXPIRED: c.ReportKind.EXPIRED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the house knows that bears on a report.

    Attributes:
        placement: The placement the report is about; `None` where none was found.
        seen: The execution that a report with the same ExecID made, corrected or busted.
        referred: The execution that its ExecRefID names.
        alike: True where its LastQty may be that of an execution recorded before.
        added: The execution that people added, which a fill may be.
        lacking: Units the order's allocation statement can still take.
        ours: True where the report's ClOrdID is one that the placement ever used.
        other_security: What the report names, where that is not the placement's security.
        open_kinds: Kinds of the breaks that this very report has open already.
        mark: Price of the security as last loaded; `None` where unknown.
        traded_on: The trading day of what the report tells; `None` where no placement is known.
        misdated: Why its TradeDate (75) cannot be; empty where it can.
    """

    placement: Placement | None = None
    seen: Execution | None = None
    referred: Execution | None = None
    alike: bool = False
    added: Execution | None = None
    lacking: Decimal = ZERO
    ours: bool = True
    other_security: str = ""
    open_kinds: frozenset[e.BreakKind] = frozenset()
    mark: Decimal | None = None
    traded_on: date | None = None
    misdated: str = ""


Events = Sequence[e.PlacementEvent | e.BreakEvent]


def decide_report(report: c.ReportPlacement, known: Known, stamp: Stamp) -> Events:
    """Return the events of ``report``; empty only where all it says is recorded already."""
    placement = known.placement
    if placement is None:
        if report.kind not in FACTS and not report.cum_qty:
            detail = f"{report.kind} for a ClOrdID that is not ours: {report.text or report.reason}"
        else:
            detail = "an execution for an order that is not ours"
        return _break(report, known, stamp, e.BreakKind.UNKNOWN_ORDER, detail)
    events = _decide_ours(report, placement, known, stamp)
    if placement.is_not_sent and any(_revives(event) for event in events):
        detail = "it was called not sent, and the broker has it: it counts again as open"
        kind = e.BreakKind.SENT_AFTER_ALL
        return [*events, *_break(report, known, stamp, kind, detail, number=_AFTER_ALL)]
    return events


def _revives(event: e.PlacementEvent | e.BreakEvent) -> bool:
    """True for what a broker says of an order that he has, and that may go on."""
    if isinstance(event, e.PlacementReported):
        ends = event.kind in _ENDS.values()
        return not ends and shows_order(event.kind, event.reported_status)
    return isinstance(event, e.ExecutionRecorded)


def _decide_ours(
    report: c.ReportPlacement, placement: Placement, known: Known, stamp: Stamp
) -> Events:
    """What is said of an order that is ours."""
    if report.kind in FACTS:
        return _decide_fact(report, placement, known, stamp)
    if report.kind is c.ReportKind.REJECTED:
        return _decide_reject(report, placement, known, stamp)
    if repeats_state(report, placement):
        return []
    told = _reported(report, placement, stamp)
    if _shows_replace(report, placement):
        return [_reported(replace(report, kind=c.ReportKind.REPLACED), placement, stamp), told]
    fill = fill_beside(report, placement, told=known.seen is not None or known.alike)
    filled = [] if fill is None else _decide_fact(fill, placement, known, stamp)
    return [*filled, told, *_after_split(report, placement, known, stamp)]


def _shows_replace(report: c.ReportPlacement, placement: Placement) -> bool:
    """True where a status tells that a replace is in force which nobody has answered."""
    return any(
        request.kind is RequestKind.REPLACE
        and request.cl_ord_id == report.cl_ord_id
        and shows_replace(
            report,
            Asked(request.quantity, request.limit_price),
            Asked(placement.quantity, placement.limit_price),
        )
        for request in placement.requests
    )


def _decide_fact(
    report: c.ReportPlacement, placement: Placement, known: Known, stamp: Stamp
) -> Events:
    """An execution, a bust or a correction of an order that is ours."""
    nameless = report.kind is c.ReportKind.FILL and report.exec_id in NO_EXEC_ID
    seen = None if nameless else known.seen
    if seen is not None and not _takes_own_back(report, seen):
        return _decide_seen(report, placement, known, seen=seen, stamp=stamp)
    if report.side is not None and report.side.fix != placement.side.fix:
        detail = f"reported {report.side}, the placement is {placement.side}"
        return _break(report, known, stamp, e.BreakKind.SIDE_MISMATCH, detail)
    if known.other_security:
        detail = f"another security: reported {known.other_security}"
        return _break(report, known, stamp, e.BreakKind.SECURITY_MISMATCH, detail)
    if report.kind is c.ReportKind.FILL:
        return _decide_fill(report, placement, known, stamp)
    referred = known.referred
    if referred is None:
        return _park(report, known, stamp)
    if referred.placement_id != placement.id:
        detail = f"{report.kind} of execution {report.exec_ref_id}, which is of another placement"
        return _break(report, known, stamp, e.BreakKind.UNKNOWN_EXECUTION, detail)
    if referred.status is not ExecutionStatus.LIVE:
        detail = f"{report.kind} of execution {report.exec_ref_id}, which is {referred.status}"
        return _break(report, known, stamp, e.BreakKind.UNKNOWN_EXECUTION, detail)
    if report.kind is c.ReportKind.BUST or report.last_qty <= 0:
        return [_busted(report, placement, referred, stamp)]
    return _decide_correction(report, placement, known, referred=referred, stamp=stamp)


def _takes_own_back(report: c.ReportPlacement, seen: Execution) -> bool:
    """True for a bust under the ExecID of the execution that it takes back, told the first time."""
    own = report.kind is c.ReportKind.BUST and report.exec_id == report.exec_ref_id
    return own and seen.status is ExecutionStatus.LIVE


def _park(report: c.ReportPlacement, known: Known, stamp: Stamp) -> Events:
    """A bust or correction that outran its execution waits in its break until that one comes."""
    detail = f"{report.kind} of execution {report.exec_ref_id}, which is not known"
    return [
        replace(opened, exec_ref_id=report.exec_ref_id, reported=report.kind)
        for opened in _break(report, known, stamp, e.BreakKind.UNKNOWN_EXECUTION, detail)
    ]


def _decide_seen(
    report: c.ReportPlacement, placement: Placement, known: Known, *, seen: Execution, stamp: Stamp
) -> Events:
    """The ExecID is recorded: the same content is a repeat, another content is a break."""
    if repeats(report, seen, placement, other_security=bool(known.other_security)):
        return []
    was = f"ExecID {report.exec_id} belongs to {seen.last_qty} at {seen.last_px}"
    detail = f"{was}, now {report.kind} of {report.last_qty} at {report.last_px}"
    return _break(report, known, stamp, e.BreakKind.EXEC_ID_REUSED, detail)


def _decide_fill(
    report: c.ReportPlacement, placement: Placement, known: Known, stamp: Stamp
) -> Events:
    if report.last_qty <= 0 or report.exec_id in NO_EXEC_ID:
        detail = "an execution without quantity or ExecID"
        return _break(report, known, stamp, e.BreakKind.ZERO_QUANTITY, detail)
    if known.added is not None:
        detail = f"{known.added.keyed_by} added the same as {known.added.exec_id} before it came"
        return _break(report, known, stamp, e.BreakKind.ADDED_BEFORE, detail)
    room = ZERO if far_off(report, placement, known.mark) else min(known.lacking, _room(placement))
    booked = min(report.last_qty, room)
    events: list[e.PlacementEvent | e.BreakEvent] = [
        e.ExecutionRecorded(
            placement_id=placement.id,
            order_id=placement.order_id,
            execution_id=stamp.id("exe"),
            session=report.session,
            exec_id=report.exec_id,
            cl_ord_id=report.cl_ord_id,
            broker_order_id=report.broker_order_id,
            last_qty=report.last_qty,
            last_px=report.last_px,
            booked_qty=booked,
            venue=report.venue,
            reported_status=report.ord_status,
            late=not placement.is_open and placement.cum_qty < placement.quantity,
            transact_time=report.transact_time,
            received_at=report.received_at or stamp.at,
            at=stamp.at,
            day_order_qty=report.day_order_qty,
            day_cum_qty=report.day_cum_qty,
            day_avg_px=report.day_avg_px,
            keyed_by=report.keyed_by,
            extra=report.extra,
            traded_on=known.traded_on,
        )
    ]
    events += _doubt(report, known, stamp, booked=booked)
    if report.ord_status in _ENDS and not (placement.canceled or placement.expired):
        ending = replace(report, kind=_ENDS[report.ord_status])
        events.append(_reported(ending, placement, stamp))
    return events


def _doubt(
    report: c.ReportPlacement, known: Known, stamp: Stamp, *, booked: Decimal
) -> list[e.BreakOpened]:
    """The breaks of an execution of which not all is booked, or at a price not agreed."""
    placement = known.placement
    assert placement is not None
    limits = limits_of(placement)
    kind = e.BreakKind.PRICE_MISMATCH
    if far_off(report, placement, known.mark):
        against = f"limit {limits[-1]}" if limits else f"mark {known.mark or 'not known'}"
        detail = f"price {report.last_px}, {against}: not booked until it is corrected"
        return _break(report, known, stamp, kind, detail)
    found: list[e.BreakOpened] = []
    if beyond(report, placement):
        detail = f"price {report.last_px} is beyond the limit {limits[-1]}"
        found += _break(report, known, stamp, kind, detail, number=_PRICE)
    if known.misdated and report.kind is c.ReportKind.FILL:
        mismatch = e.BreakKind.TRADE_DATE_MISMATCH
        found += _break(report, known, stamp, mismatch, known.misdated, number=_TRADE_DATE)
    if booked < report.last_qty:
        detail = f"{report.last_qty - booked} of {report.last_qty} units exceed the order"
        found += _break(report, known, stamp, e.BreakKind.OVER_FILL, detail)
    return found


def _room(placement: Placement) -> Decimal:
    """Units that the placement, or a larger one that is asked for, has still to execute."""
    asked = (request.quantity for request in placement.requests)
    return max(ZERO, max(placement.quantity, *asked, ZERO) - placement.cum_qty)


def _busted(
    report: c.ReportPlacement, placement: Placement, referred: Execution, stamp: Stamp
) -> e.ExecutionBusted:
    return e.ExecutionBusted(
        placement_id=placement.id,
        execution_id=referred.id,
        session=report.session,
        exec_id=report.exec_id,
        exec_ref_id=report.exec_ref_id,
        reported_status=report.ord_status,
        at=stamp.at,
        keyed_by=report.keyed_by,
    )


def _decide_correction(
    report: c.ReportPlacement,
    placement: Placement,
    known: Known,
    *,
    referred: Execution,
    stamp: Stamp,
) -> Events:
    room = min(known.lacking + referred.booked_qty, _room(placement) + referred.last_qty)
    booked = ZERO if far_off(report, placement, known.mark) else min(report.last_qty, room)
    return [
        e.ExecutionCorrected(
            placement_id=placement.id,
            execution_id=referred.id,
            session=report.session,
            exec_id=report.exec_id,
            exec_ref_id=report.exec_ref_id,
            last_qty=report.last_qty,
            last_px=report.last_px,
            booked_qty=booked,
            reported_status=report.ord_status,
            at=stamp.at,
            keyed_by=report.keyed_by,
        ),
        *_doubt(report, known, stamp, booked=booked),
    ]


def _decide_reject(
    report: c.ReportPlacement, placement: Placement, known: Known, stamp: Stamp
) -> Events:
    """A reject of the order, of a request about it, or of nothing that is ours."""
    kind = read_reject(report, placement, ours=known.ours)
    if kind is None:
        detail = f"a reject of {report.cl_ord_id or 'no ClOrdID'}; ours is {placement.cl_ord_id}"
        return _break(report, known, stamp, e.BreakKind.UNKNOWN_ORDER, detail)
    return [_reported(replace(report, kind=kind), placement, stamp)]


def _reported(report: c.ReportPlacement, placement: Placement, stamp: Stamp) -> e.PlacementReported:
    return e.PlacementReported(
        placement_id=placement.id,
        kind=report.kind,
        cl_ord_id=report.cl_ord_id,
        orig_cl_ord_id=report.orig_cl_ord_id,
        # What refuses a request may give the OrderID (37) of no order of ours.
        broker_order_id="" if report.kind in REFUSALS else report.broker_order_id,
        reported_status=report.ord_status,
        order_qty=report.order_qty,
        cum_qty=report.cum_qty,
        price=report.price,
        reason=report.reason,
        text=report.text,
        at=stamp.at,
        day_order_qty=report.day_order_qty,
        day_cum_qty=report.day_cum_qty,
        day_avg_px=report.day_avg_px,
        exec_id=report.exec_id,
        transact_time=report.transact_time,
    )


def _after_split(
    report: c.ReportPlacement, placement: Placement, known: Known, stamp: Stamp
) -> list[e.BreakOpened]:
    """A split changes the sums, which no execution of ours explains.

    A person must bring the order and the position after it.
    """
    if report.kind is not c.ReportKind.RESTATED or report.reason != CORPORATE_ACTION:
        return []
    detail = (
        f"a corporate action: the broker has {report.order_qty}, executed {report.cum_qty}, "
        f"we had {placement.quantity} and {placement.cum_qty}"
    )
    return _break(report, known, stamp, e.BreakKind.CORPORATE_ACTION, detail)


def _break(  # all that a break is made of
    report: c.ReportPlacement,
    known: Known,
    stamp: Stamp,
    kind: e.BreakKind,
    detail: str,
    *,
    number: int = 0,
) -> list[e.BreakOpened]:
    """Open a break, unless the very same one is open. ``number`` tells two of a report apart."""
    if kind in known.open_kinds:
        return []
    return [
        e.BreakOpened(
            break_id=stamp.id("brk", number),
            kind=kind,
            session=report.session,
            row=report.row,
            placement_id=known.placement.id if known.placement else "",
            cl_ord_id=report.cl_ord_id,
            exec_id=report.exec_id,
            quantity=report.last_qty,
            price=report.last_px,
            detail=detail,
            raw=report.raw,
            at=stamp.at,
            exec_ref_id=report.exec_ref_id if kind is e.BreakKind.UNKNOWN_ORDER else "",
            reported=None if kind is e.BreakKind.UNKNOWN_EXECUTION else report.kind,
            symbol=report.symbol,
            side=report.side,
        )
    ]
