"""ExecIDs that are a counterparty's own for a day only: the day stands in front of them.

FIX asks that an ExecID (17) is unique for a trading day at least (FIX 4.4 Volume 4); some
counterparties count from 1 each morning. A bust or correction names its execution (19) without the
day, which on a later day is not the message's own.
"""

from __future__ import annotations

from collections.abc import Iterable

from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.state import Execution
from tradeoms.kernel.enums import ExecutionStatus

_DAY_END = 8
_SEPARATOR = ":"


def of_day(day: str, exec_id: str) -> str:
    """``exec_id`` as it is kept: ``day`` is eight digits."""
    return f"{day}{_SEPARATOR}{exec_id}"


def without_day(exec_id: str) -> str:
    """The counterparty's own ExecID behind one that `of_day` made."""
    return exec_id[_DAY_END + len(_SEPARATOR) :]


def referred(
    report: ReportPlacement, seen: Execution | None, executions: Iterable[Execution]
) -> str:
    """The ExecID of the execution that a bust or correction means, where its day is a guess.

    That is the one that the same message took back before; else the one live execution of that
    name, of the message's own day, or of another where a bust tells its quantity and price. Else
    the name without a day, which is no execution: nobody can tell.

    Args:
        report: The bust or correction, the message's own day in front of its ExecRefID.
        seen: What its own ExecID busted, or made by a correction.
        executions: Those of the placement, with what corrections made of them.
    """
    own = without_day(report.exec_ref_id)
    before = (seen.exec_id if report.kind is ReportKind.BUST else seen.exec_ref_id) if seen else ""
    if before and without_day(before) == own:
        return before
    live = [
        each
        for each in executions
        if each.status is ExecutionStatus.LIVE and without_day(each.exec_id) == own
    ]
    if not live:
        return report.exec_ref_id  # it may have outrun its execution
    (first, *others) = live
    sure = first.exec_id == report.exec_ref_id or report.taken_back == (
        first.last_qty, first.last_px,
    )  # fmt: skip
    return first.exec_id if sure and not others else own
