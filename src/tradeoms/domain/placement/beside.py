"""Finds the fill that a change of state tells in the same message (FIX 5.0 SP2 Volume 7).

A message is an execution by its LastQty (32). Many counterparties leave the quantity of the last
fill in all that follows it, so that CumQty (14) has to prove that it is one we have not counted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.kernel.enums import ExecutionStatus

#: Changes of state whose LastQty is no fill of theirs: it is guaranteed, is of a trade that was
#: told before, or of before a split.
_NO_FILLS: Final = frozenset(
    {
        ReportKind.STOPPED, ReportKind.STATUS, ReportKind.RESTATED,
        ReportKind.TRADE_HELD, ReportKind.TRADE_RELEASED,
    }
)  # fmt: skip
_NO_EXEC_ID: Final = frozenset({"", "0"})


def fill_beside(
    report: ReportPlacement, placement: Placement, *, told: bool
) -> ReportPlacement | None:
    """The fill in a change of state; `None` where there is none, or none that is proven.

    ``told`` is true where its ExecID is known, or an execution of the placement `is_alike`.
    """
    if report.last_qty <= 0 or report.cum_qty is None or report.kind in _NO_FILLS:
        return None
    counted = report.cum_qty - placement.cum_qty == report.last_qty
    if told or not counted or report.exec_id in _NO_EXEC_ID:
        return None
    return replace(report, kind=ReportKind.FILL, ord_status=None)


def is_alike(report: ReportPlacement, execution: Execution) -> bool:
    """True where a change of state may tell an execution of its placement once more.

    One that was taken back since is not counted by us any more: CumQty proves nothing then.
    """
    same_price = report.last_px == execution.last_px
    taken_back = execution.status is not ExecutionStatus.LIVE
    return report.last_qty == execution.last_qty and (same_price or taken_back)
