"""What two people put right where no report will: a fill that nobody sends, a bust by telephone.

It is recorded as the report it stands for, under the name of who stated the figures.
"""

from __future__ import annotations

from tradeoms.domain.breaks.state import Adjustment, Break, Proposal
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.manual import EXEC_ID_MAX
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.kernel.numbers import ZERO
from tradeoms.kernel.text import is_printable


def lacks(asked: Adjustment | None) -> str:
    """What an adjustment lacks, in words; empty where it is whole."""
    if asked is None:
        return "name an execution, or the figures of one"
    figures = [each for each in (asked.quantity, asked.price) if each is not None]
    if len(figures) == 1 or not (figures or asked.execution_id):
        return "quantity and price go together, and what is added has both"
    if any(each <= ZERO for each in figures):
        return "quantity and price are above zero"
    if asked.exec_id and (asked.execution_id or not is_printable(asked.exec_id, limit=EXEC_ID_MAX)):
        return f"an ExecID is of what is added: up to {EXEC_ID_MAX} printable ASCII characters"
    return ""


def adjusting(
    found: Break,
    asked: Proposal,
    *,
    placement: Placement,
    adjusted: Execution | None,
    exec_id: str,
) -> ReportPlacement:
    """The report that an adjustment stands for.

    Args:
        found: The break that it settles.
        asked: Who asked for it, why, and the figures.
        placement: Whose executions are put right.
        adjusted: The execution to correct or take back; `None` where one is added.
        exec_id: Its ExecID.
    """
    adjustment = asked.adjustment
    assert adjustment is not None
    return ReportPlacement(
        session=placement.destination,
        row=found.row,
        kind=adjustment.kind,
        cl_ord_id=placement.cl_ord_id,
        exec_id=exec_id,
        exec_ref_id=adjusted.exec_id if adjusted else "",
        last_qty=adjustment.quantity or ZERO,
        last_px=adjustment.price or ZERO,
        text=asked.reason,
        received_at=found.created_at,
        keyed_by=asked.by,
        raw=found.raw,
    )


def own_exec_id(found: Break, kind: ReportKind, adjusted: Execution | None) -> str:
    """ExecID of the report of a break, where an adjustment does just what that asks for.

    So it is known when it is told once more. Empty where it does something else.
    """
    same = found.exec_ref_id == (adjusted.exec_id if adjusted else "")
    return found.exec_id if same and found.reported is kind else ""
