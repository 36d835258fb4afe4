"""Which reports say once more what is recorded already."""

from __future__ import annotations

from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.state import Execution
from tradeoms.kernel.enums import ExecutionStatus


def repeats(report: ReportPlacement, seen: Execution) -> bool:
    """True where ``report`` says once more what was recorded under its ExecID."""
    takes_back = report.kind is ReportKind.BUST or (
        report.kind is ReportKind.CORRECT and report.last_qty <= 0
    )
    if takes_back:
        return seen.exec_id == report.exec_ref_id and seen.status is ExecutionStatus.BUSTED
    own = (seen.exec_id, seen.last_qty, seen.last_px)
    same = own == (report.exec_id, report.last_qty, report.last_px)
    return same and (report.kind is ReportKind.FILL or seen.exec_ref_id == report.exec_ref_id)
