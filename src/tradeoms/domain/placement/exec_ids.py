"""ExecIDs that are a counterparty's own for a day only: the day stands in front of them.

FIX asks that an ExecID (17) is unique for a trading day at least (FIX 4.4 Volume 4); some
counterparties count from 1 each morning. A bust or correction names its execution (19) without the
day, which on a later day is not the message's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tradeoms.domain.placement.commands import ReportKind
from tradeoms.domain.placement.state import Execution
from tradeoms.kernel.enums import ExecutionStatus

_DAY_END = 8
_SEPARATOR = ":"


class Named(Protocol):
    """A report, or a copy of one."""

    @property
    def kind(self) -> ReportKind:
        """Bust or correction."""
        ...

    @property
    def exec_ref_id(self) -> str:
        """What it takes back or corrects."""
        ...


def of_day(day: str, exec_id: str) -> str:
    """``exec_id`` as it is kept: ``day`` is eight digits."""
    return f"{day}{_SEPARATOR}{exec_id}"


def without_day(exec_id: str) -> str:
    """The counterparty's own ExecID behind one that `of_day` made."""
    return exec_id[_DAY_END + len(_SEPARATOR) :]


def referred(report: Named, seen: Execution | None, executions: Iterable[Execution]) -> str:
    """The ExecID of the execution that a bust or correction means, whatever day it was.

    That is the one that the same message took back before; else the one of the message's own day;
    else the only live one of another day. Where several fit the reference stays as it is: nobody
    can tell.

    Args:
        report: The bust or correction, the message's day in front of its ExecRefID.
        seen: What its own ExecID busted, or made by a correction.
        executions: Those of the placement, with what corrections made of them.
    """
    own = without_day(report.exec_ref_id)
    before = (seen.exec_id if report.kind is ReportKind.BUST else seen.exec_ref_id) if seen else ""
    if before and without_day(before) == own:
        return before
    fitting = [each for each in executions if without_day(each.exec_id) == own]
    live = [each.exec_id for each in fitting if each.status is ExecutionStatus.LIVE]
    told = report.exec_ref_id in {each.exec_id for each in fitting}
    return report.exec_ref_id if told or len(live) != 1 else live[0]
