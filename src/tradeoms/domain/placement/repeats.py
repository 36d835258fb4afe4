"""Which reports say once more what is recorded already."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.events import PlacementReported
from tradeoms.domain.placement.state import Execution, Placement, Told
from tradeoms.kernel.enums import ExecutionStatus

#: Changes of state that a later one may undo: told once more, they must not undo that one.
_UNDOABLE: Final = frozenset(
    {
        ReportKind.NEW, ReportKind.REPLACED, ReportKind.RESTATED, ReportKind.DONE_FOR_DAY,
        ReportKind.CALCULATED, ReportKind.SUSPENDED, ReportKind.TRADE_HELD,
        ReportKind.TRADE_RELEASED,
    }
)  # fmt: skip
#: Those after which an older one does not count.
_NEWS: Final = _UNDOABLE - {ReportKind.NEW}
#: ExecID of reports that have none of their own.
NO_EXEC_ID: Final = frozenset({"", "0"})


def repeats(
    report: ReportPlacement, seen: Execution, placement: Placement, *, other_security: bool
) -> bool:
    """True where ``report`` says once more what was recorded under its ExecID.

    Quantity and price may well be those of another trade: order, side and TransactTime (60) must be
    the same too, as far as both are known.

    Args:
        report: An execution, a bust or a correction.
        seen: The execution that its ExecID made, corrected or busted.
        placement: The placement that the report names.
        other_security: True where the report names a security that is not the placement's.
    """
    if not _same_order(report, seen, placement, other_security=other_security):
        return False
    takes_back = report.kind is ReportKind.BUST or (
        report.kind is ReportKind.CORRECT and report.last_qty <= 0
    )
    if takes_back:
        return seen.exec_id == report.exec_ref_id and seen.status is ExecutionStatus.BUSTED
    own = (seen.exec_id, seen.last_qty, seen.last_px)
    same = own == (report.exec_id, report.last_qty, report.last_px)
    if report.kind is ReportKind.FILL:
        return same and _same_time(report, seen)
    return same and seen.exec_ref_id == report.exec_ref_id


def _same_order(
    report: ReportPlacement, seen: Execution, placement: Placement, *, other_security: bool
) -> bool:
    """True for the order of the execution, or where people attached it to another that fits."""
    same_side = report.side is None or report.side.fix == placement.side.fix
    if seen.placement_id == placement.id:
        return same_side
    return other_security or not same_side


def _same_time(report: ReportPlacement, seen: Execution) -> bool:
    return None in (report.transact_time, seen.transact_time) or (
        report.transact_time == seen.transact_time
    )


def repeats_state(report: ReportPlacement, placement: Placement) -> bool:
    """True for a change of state that was told before, or whose time is over.

    That is one with the kind, ExecID and terms of an earlier report, and the acceptance of a
    replace that another accepted replace has followed.
    """
    waiting = any(request.cl_ord_id == report.cl_ord_id for request in placement.requests)
    if report.kind is ReportKind.REPLACED and not waiting and report.cl_ord_id in placement.links:
        return True
    return _told(report) in placement.told


def remember(placement: Placement, event: PlacementReported) -> tuple[Told, ...]:
    """What the placement was told, with ``event`` where it may come again and do harm."""
    if event.kind not in _UNDOABLE or event.exec_id in NO_EXEC_ID:
        return placement.told
    return (*placement.told, _told(event))


def newest(placement: Placement, event: PlacementReported) -> datetime | None:
    """FIX 60 of the newest change of state that was told, with ``event``; never in the future."""
    if event.kind not in _NEWS or event.transact_time is None:
        return placement.told_at
    told_at = min(event.transact_time, event.at)
    return max(told_at, placement.told_at or told_at)


def is_overtaken(event: PlacementReported, placement: Placement) -> bool:
    """True for a change of state that was over, by FIX 60, before another that was told already.

    It came late, and must not undo that one. The answer to a request that waits always counts, and
    so does an end.
    """
    if placement.told_at is None or event.transact_time is None:
        return False
    ends = event.kind is ReportKind.CALCULATED and not placement.lives_days
    waiting = any(request.cl_ord_id == event.cl_ord_id for request in placement.requests)
    undoes = event.kind in _UNDOABLE and not ends and not waiting
    return undoes and event.transact_time < placement.told_at


def _told(said: ReportPlacement | PlacementReported) -> Told:
    return Told(kind=said.kind, exec_id=said.exec_id, order_qty=said.order_qty, price=said.price)
