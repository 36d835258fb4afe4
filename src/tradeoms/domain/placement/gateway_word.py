"""Decides what a gateway tells: what it sent, what it cancels by itself, what it cannot read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tradeoms.domain.placement import commands as c
from tradeoms.domain.placement import events as e
from tradeoms.domain.placement.bare_break import open_bare
from tradeoms.domain.placement.state import Placement
from tradeoms.kernel.decider import Stamp


def decide_send(
    report: c.ReportSend, placement: Placement | None, stamp: Stamp
) -> list[e.PlacementEvent]:
    """Return the events of the gateway's word on a request; none for a request it told before."""
    if placement is None or _told(report, placement):
        return []
    return [
        e.RequestSent(
            placement_id=placement.id,
            cl_ord_id=report.cl_ord_id,
            outcome=report.outcome,
            msg_seq_num=report.msg_seq_num,
            reason=report.reason,
            at=report.sent_at or stamp.at,
        )
    ]


def decide_gateway_cancel(
    report: c.ReportCancel, placement: Placement | None, stamp: Stamp
) -> Sequence[e.PlacementEvent | e.BreakEvent]:
    """Return the event of a cancel that a gateway sends by itself; a break for no order of ours."""
    if placement is None:
        reason = f"the gateway cancels {report.orig_cl_ord_id}, which is not ours"
        raw = f"{report.cl_ord_id} {report.switch_id}"
        stray = c.ReportUnreadable(session=report.session, row=report.row, reason=reason, raw=raw)
        return decide_unreadable(stray, stamp)
    return [
        e.GatewayCancelRequested(
            placement_id=placement.id,
            cl_ord_id=report.cl_ord_id,
            orig_cl_ord_id=report.orig_cl_ord_id,
            switch_id=report.switch_id,
            at=stamp.at,
        )
    ]


def _told(report: c.ReportSend, placement: Placement) -> bool:
    if report.cl_ord_id == placement.cl_ord_id and not placement.orig_cl_ord_id:
        return placement.sent is report.outcome
    asked = (report.cl_ord_id, report.outcome)
    return any((request.cl_ord_id, request.sent) == asked for request in placement.requests)


def decide_unreadable(report: c.ReportUnreadable, stamp: Stamp) -> list[e.BreakEvent]:
    """Keep a message that could not be understood, for a person to read."""
    kind, break_id = e.BreakKind.UNREADABLE, stamp.id("brk")
    opened = open_bare(kind, break_id=break_id, detail=report.reason, at=stamp.at)
    return [replace(opened, session=report.session, row=report.row, raw=report.raw)]
