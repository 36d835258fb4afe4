"""Compares what a counterparty reports with what we derive, after each report: sums and status.

A difference is a break that stands for its placement: it is opened once, however many reports show
it, and closed when the two agree again (FIX 4.4 Volume 4, order state precedence and quantities).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from tradeoms.domain.placement import commands as c
from tradeoms.domain.placement import events as e
from tradeoms.domain.placement.answers import REFUSALS, denies_order
from tradeoms.domain.placement.state import Placement, RequestKind
from tradeoms.kernel.decider import Stamp
from tradeoms.kernel.enums import OrdStatus
from tradeoms.kernel.numbers import ZERO
from tradeoms.kernel.records import replace

#: Kinds of break of which a placement has one at most, and the number in the id of each.
STANDING: Final = {
    e.BreakKind.CUM_QTY_MISMATCH: 1,
    e.BreakKind.STATUS_MISMATCH: 2,
    e.BreakKind.EXPIRY_UNCONFIRMED: 3,
    e.BreakKind.UNKNOWN_TO_COUNTERPARTY: 5,
    e.BreakKind.LEAVES_QTY_MISMATCH: 6,
    e.BreakKind.AVG_PX_MISMATCH: 7,
    e.BreakKind.REQUEST_UNANSWERED: 8,
}
#: The finest step of a price that reports show.
_SHOWN: Final = Decimal("1E-8")
#: Part of a price by which averages may differ that are rounded at every fill, or binary.
_ROUNDING: Final = Decimal("1E-6")
#: Exponent of the step of a whole price that is printed with decimals.
_CENTS: Final = -2
#: Statuses under which LeavesQty is what still works.
_WORKING: Final = frozenset({OrdStatus.NEW, OrdStatus.PARTIALLY_FILLED})
#: CxlRejReason (102) of a refusal: unknown order.
_UNKNOWN_ORDER: Final = "1"
#: Reports that speak of a request, not of the sums of the order.
_WITHOUT_SUMS: Final = frozenset({c.ReportKind.REJECTED, c.ReportKind.CANCEL_REJECTED})


def decide_agreement(
    report: c.ReportPlacement,
    placement: Placement,
    standing: Mapping[e.BreakKind, str],
    stamp: Stamp,
) -> list[e.BreakEvent]:
    """Return the breaks that ``report`` opens and closes.

    A message sent again (PossDup, PossResend) tells of an earlier moment and proves nothing about
    sums and status; that it ended an order is a fact at any time.

    Args:
        report: What was reported.
        placement: The placement as the report left it.
        standing: Ids of the placement's open breaks of the kinds of `STANDING`.
        stamp: Time and ids.
    """
    found = _compare_end(placement, standing, stamp)
    found += compare_answered(placement, standing, stamp)
    found += _compare_known(report, placement, standing, stamp)
    if not report.poss_resend:
        found += _compare_sums(report, placement, standing, stamp)
        found += _compare_status(report, placement, standing, stamp)
        found += _compare_snapshot(report, placement, standing, stamp)
    return found


def doubt_repeat(
    report: c.ReportPlacement,
    placement: Placement,
    standing: Mapping[e.BreakKind, str],
    stamp: Stamp,
) -> list[e.BreakEvent]:
    """The break of a report that says nothing new and yet counts more executed units than we do.

    An older message has an older sum, which is lower; a higher one tells of a fill that was lost.
    Arguments as for `decide_agreement`.
    """
    if report.poss_resend or report.cum_qty is None or report.cum_qty <= placement.cum_qty:
        return []
    return _compare_sums(report, placement, standing, stamp)


def _compare_end(
    placement: Placement, standing: Mapping[e.BreakKind, str], stamp: Stamp
) -> list[e.BreakEvent]:
    """The end of a placement whose time was over is confirmed once nothing of it is open."""
    kind = e.BreakKind.EXPIRY_UNCONFIRMED
    if placement.is_open or kind not in standing:
        return []
    return [_close(standing[kind], f"the broker says {placement.ord_status}", stamp)]


def compare_answered(
    placement: Placement,
    standing: Mapping[e.BreakKind, str],
    stamp: Stamp,
    *,
    why: str = "the broker answered",
) -> list[e.BreakEvent]:
    """What was not answered is, once no request of the placement waits.

    Arguments as for `decide_agreement`; ``why`` nothing waits any more.
    """
    kind = e.BreakKind.REQUEST_UNANSWERED
    waits = placement.requests or (placement.is_open and not placement.accepted)
    if waits or kind not in standing:
        return []
    return [_close(standing[kind], f"{why}: {placement.ord_status}", stamp)]


def _compare_sums(
    report: c.ReportPlacement,
    placement: Placement,
    standing: Mapping[e.BreakKind, str],
    stamp: Stamp,
) -> list[e.BreakEvent]:
    """Open a break where the broker's CumQty is not ours, and close it once they agree."""
    unknown = report.kind is c.ReportKind.STATUS and report.ord_status is OrdStatus.REJECTED
    if report.cum_qty is None or report.kind in _WITHOUT_SUMS or unknown:
        return []
    kind = e.BreakKind.CUM_QTY_MISMATCH
    if report.cum_qty == placement.cum_qty:
        agrees = "the broker's CumQty agrees again"
        return [_close(standing[kind], agrees, stamp)] if kind in standing else []
    if kind in standing:
        return []
    what = "a fill is missing" if report.cum_qty > placement.cum_qty else "a bust is missing"
    detail = (
        f"broker's CumQty {report.cum_qty}, ours {placement.cum_qty}: "
        f"{what} on {placement.cl_ord_id}"
    )
    return [_open(report, placement, kind, detail, stamp)]


def _compare_status(
    report: c.ReportPlacement,
    placement: Placement,
    standing: Mapping[e.BreakKind, str],
    stamp: Stamp,
) -> list[e.BreakEvent]:
    """Open a break where a live report's OrdStatus is none that our facts allow.

    The answer to a status request may cross other reports: it closes a break and opens none.
    """
    kind = e.BreakKind.STATUS_MISMATCH
    if report.ord_status is None or _never_arrived(report, placement):
        return []
    if report.ord_status in _allowed(placement):
        agrees = f"the broker's status agrees again: {report.ord_status}"
        return [_close(standing[kind], agrees, stamp)] if kind in standing else []
    if kind in standing or report.kind is c.ReportKind.STATUS:
        return []
    detail = (
        f"broker's status {report.ord_status}, ours {placement.ord_status} on {placement.cl_ord_id}"
    )
    return [_open(report, placement, kind, detail, stamp)]


def _never_arrived(report: c.ReportPlacement, placement: Placement) -> bool:
    """True where a request is refused for an order that is unknown there, and never was answered.

    OrdStatus (39) is Rejected then by the rules of FIX, and no status of the order.
    """
    unknown = report.reason == _UNKNOWN_ORDER and report.ord_status is OrdStatus.REJECTED
    return unknown and report.kind in REFUSALS and not placement.answered


def _compare_known(
    report: c.ReportPlacement,
    placement: Placement,
    standing: Mapping[e.BreakKind, str],
    stamp: Stamp,
) -> list[e.BreakEvent]:
    """Open a break where the broker does not know an order that it had taken and that is open."""
    kind = e.BreakKind.UNKNOWN_TO_COUNTERPARTY
    denies = denies_order(report.kind, report.ord_status, report.reason)
    if not (denies and placement.is_open):
        ended = f"the broker tells of it again: {report.ord_status or report.kind}"
        return [_close(standing[kind], ended, stamp)] if kind in standing else []
    if kind in standing or not placement.answered:
        return []
    detail = (
        f"the broker does not know {placement.cl_ord_id}, which is open here: "
        f"executed {placement.cum_qty}, left {placement.leaves_qty}"
    )
    return [_open(report, placement, kind, detail, stamp)]


def _compare_snapshot(
    report: c.ReportPlacement,
    placement: Placement,
    standing: Mapping[e.BreakKind, str],
    stamp: Stamp,
) -> list[e.BreakEvent]:
    """Compare LeavesQty and AvgPx, where CumQty agrees."""
    if report.kind in _WITHOUT_SUMS or report.cum_qty != placement.cum_qty:
        return []
    found: list[e.BreakEvent] = []
    for kind, name, theirs, ours, differs in (
        (e.BreakKind.LEAVES_QTY_MISMATCH, "LeavesQty", report.leaves_qty, placement.leaves_qty,
         _leaves_differ(report, placement)),
        (e.BreakKind.AVG_PX_MISMATCH, "AvgPx", report.avg_px, _average(placement),
         _averages_differ(report, placement)),
    ):  # fmt: skip
        if differs and kind not in standing:
            detail = f"broker's {name} {theirs}, ours {ours} on {placement.cl_ord_id}"
            found.append(_open(report, placement, kind, detail, stamp))
        elif not differs and kind in standing:
            agrees = f"the broker's {name} agrees again"
            found.append(_close(standing[kind], agrees, stamp))
    return found


def _leaves_differ(report: c.ReportPlacement, placement: Placement) -> bool:
    """True where both say that it works, with another rest; a request may be on its way.

    Acceptance of an order by telephone is printed without a rest (FIX 4.4 Volume 4, E.1.a).
    """
    if report.leaves_qty is None or placement.requests or report.ord_status not in _WORKING:
        return False
    if report.kind is c.ReportKind.NEW and not report.leaves_qty:
        return False
    return placement.is_open and report.leaves_qty != placement.leaves_qty


def _averages_differ(report: c.ReportPlacement, placement: Placement) -> bool:
    """True where the average price is another one by the digits that the broker prints."""
    told = report.avg_px
    if not told or not placement.cum_qty or placement.carried_qty:
        return False
    difference = abs(told - placement.notional / placement.cum_qty)
    return difference >= max(_step(told), told * _ROUNDING)


def _step(told: Decimal) -> Decimal:
    """One of the last digit that means something: zeros at the end may only fill up."""
    printed, meant = told.as_tuple().exponent, told.normalize().as_tuple().exponent
    assert isinstance(printed, int)
    assert isinstance(meant, int)
    return Decimal(1).scaleb(meant if meant < 0 else max(printed, _CENTS))


def _average(placement: Placement) -> Decimal:
    """Our average price for the eye: eight decimals, half even."""
    if not placement.cum_qty:
        return ZERO
    return (placement.notional / placement.cum_qty).quantize(_SHOWN, ROUND_HALF_EVEN)


def _allowed(placement: Placement) -> frozenset[OrdStatus]:
    """The statuses that fit our facts: a request of ours may not have reached the broker yet.

    A day that is done may also be calculated (B), which FIX ranks below it.
    """
    seen = ((), *((request,) for request in placement.requests))
    found = {replace(placement, requests=requests).ord_status for requests in seen}
    if OrdStatus.DONE_FOR_DAY in found:
        found.add(OrdStatus.CALCULATED)
    return frozenset(found)


def _close(break_id: str, resolution: str, stamp: Stamp) -> e.BreakResolved:
    return e.BreakResolved(
        break_id=break_id, resolution=resolution, resolved_by="system", at=stamp.at
    )


def _open(
    report: c.ReportPlacement,
    placement: Placement,
    kind: e.BreakKind,
    detail: str,
    stamp: Stamp,
) -> e.BreakOpened:
    return e.BreakOpened(
        break_id=stamp.id("brk", STANDING[kind]),
        kind=kind,
        session=report.session,
        row=report.row,
        placement_id=placement.id,
        cl_ord_id=report.cl_ord_id,
        exec_id=report.exec_id,
        quantity=report.last_qty,
        price=report.last_px,
        detail=detail,
        raw=report.raw,
        at=stamp.at,
    )


def doubt_answer(
    report: c.ReportUnanswered, placement: Placement, standing: str, stamp: Stamp
) -> list[e.BreakEvent]:
    """The break of a request on which the counterparty says nothing; none where it is answered.

    ``standing`` is the id of such a break that the placement has already, empty for none: it stays,
    but gives way to one of a cancel, which people must hear of by itself.
    """
    asked = next((r for r in placement.requests if r.cl_ord_id == report.cl_ord_id), None)
    if asked is None:
        open_order = placement.is_open and not placement.accepted
        waits = not standing and open_order and report.cl_ord_id == placement.cl_ord_id
    else:
        waits = not standing or (asked.kind is RequestKind.CANCEL and not asked.in_doubt)
    if not waits:
        return []
    what = asked.kind if asked else "order"
    opened = e.BreakOpened(
        break_id=stamp.id("brk", STANDING[e.BreakKind.REQUEST_UNANSWERED]),
        kind=e.BreakKind.REQUEST_UNANSWERED,
        session=report.session,
        row=report.row,
        placement_id=placement.id,
        cl_ord_id=report.cl_ord_id,
        exec_id="",
        quantity=placement.leaves_qty,
        price=ZERO,
        detail=f"no answer to {what} {report.cl_ord_id} in {report.seconds} s: call the broker",
        raw="",
        at=stamp.at,
    )
    gives_way = f"{what} {report.cl_ord_id} has no answer either"
    return [*([_close(standing, gives_way, stamp)] if standing else []), opened]


def doubt_expiry(placement: Placement, *, number: int, stamp: Stamp) -> e.BreakOpened:
    """The break of a placement whose time is over and whose end no broker reported.

    ``number`` counts the breaks of one command from 1.
    """
    until = placement.expire_on or "the end of the day"
    return e.BreakOpened(
        break_id=stamp.id("brk", number),
        kind=e.BreakKind.EXPIRY_UNCONFIRMED,
        session=placement.destination,
        row=0,
        placement_id=placement.id,
        cl_ord_id=placement.cl_ord_id,
        exec_id="",
        quantity=placement.leaves_qty,
        price=ZERO,
        detail=f"good until {until}; the broker did not say that it is over and is asked",
        raw="",
        at=stamp.at,
    )
