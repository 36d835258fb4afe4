"""Holds a copy against what the order session brought. Nothing here books anything.

Matched by ExecID, for busts and corrections by ExecRefID, then by TrdMatchID (880) within the
placement. What only the drop copy has becomes a break after a settling time, what only the order
session has becomes one at the end of the trading day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tradeoms.domain.dropcopy import commands as c
from tradeoms.domain.dropcopy import events as e
from tradeoms.domain.dropcopy.state import Copy, DropCopy
from tradeoms.domain.placement.commands import ReportKind
from tradeoms.domain.placement.events import BreakKind, BreakOpened
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.kernel.decider import Stamp
from tradeoms.kernel.enums import ExecutionStatus
from tradeoms.kernel.numbers import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What the order session brought of a copy.

    Attributes:
        execution: The execution, in the newest version that corrections made of it.
        placement: Its placement.
        names: Symbol and identifiers of its security.
        break_id: The break with which it came, where it is no execution of an order of ours.
    """

    execution: Execution | None = None
    placement: Placement | None = None
    names: frozenset[str] = frozenset()
    break_id: str = ""


def decide_attach(
    report: c.ReportDropCopy, known: DropCopy | None, stamp: Stamp
) -> list[e.DropCopyAttached]:
    """Note whose executions a session copies; nothing where that is known."""
    told = (report.copies, report.settle_s)
    if known is not None and (known.copies, known.settle_s) == told:
        return []
    return [
        e.DropCopyAttached(
            session=report.session, copies=report.copies, settle_s=report.settle_s, at=stamp.at
        )
    ]


def decide_copy(
    report: c.ReportCopy,
    same: Copy | None,
    *,
    order_session: str,
    placement: Placement | None,
    stamp: Stamp,
) -> list[e.CopyRecorded | BreakOpened]:
    """Record a copy; nothing for one recorded before, a break for one that changed its content.

    Args:
        report: What came.
        same: The copy recorded under the same report id.
        order_session: The session that should bring it, too.
        placement: The placement it names.
        stamp: Time and ids.
    """
    recorded = e.CopyRecorded(
        copy_id=stamp.id("dcp"),
        session=report.session,
        order_session=order_session,
        row=report.row,
        report_id=report.report_id,
        kind=report.kind,
        exec_id=report.exec_id,
        exec_ref_id=report.exec_ref_id,
        trd_match_id=report.trd_match_id,
        cl_ord_id=report.cl_ord_id,
        broker_order_id=report.broker_order_id,
        placement_id=placement.id if placement else "",
        symbol=report.symbol,
        side=report.side,
        quantity=report.quantity,
        price=report.price,
        transact_time=report.transact_time,
        raw=report.raw,
        at=stamp.at,
    )
    if same is None:
        return [recorded]
    if _content(recorded) == _content(same):
        return []
    detail = f"{report.session} copied {report.report_id} before, with other content"
    break_id = f"{stamp.id('brk')}-copy"
    return [_opened(recorded, BreakKind.COPY_DIFFERS, break_id, detail, stamp)]


def _content(copy: e.CopyRecorded | Copy) -> tuple[object, ...]:
    return (copy.kind, copy.exec_id, copy.exec_ref_id, copy.quantity, copy.price, copy.side)


def decide_match(
    copy: Copy, brought: Brought, stamp: Stamp
) -> Sequence[e.CopyMatched | e.CopyDiffers | BreakOpened]:
    """Say whether the order session says the same; nothing while it has not brought it."""
    execution = brought.execution
    if execution is None:
        if not brought.break_id:
            return []
        detail = f"the order session brought it with break {brought.break_id}"
        return [e.CopyMatched(copy_id=copy.id, execution_id="", detail=detail, at=stamp.at)]
    if not _has_followed(copy, execution):
        return []
    told = [] if copy.kind is ReportKind.BUST else _differences(copy, brought, execution)
    if not told:
        matched = e.CopyMatched(copy_id=copy.id, execution_id=execution.id, detail="", at=stamp.at)
        return [matched]
    detail = f"copied by {copy.session}: {'; '.join(told)}"
    break_id = f"brk_{copy.id.removeprefix('dcp_')}-differs"
    opened = _opened(
        copy, BreakKind.COPY_DIFFERS, break_id, detail, stamp, placement=brought.placement
    )
    differs = e.CopyDiffers(
        copy_id=copy.id, execution_id=execution.id, break_id=opened.break_id, detail=detail,
        at=stamp.at,
    )  # fmt: skip
    return [differs, opened]


def _has_followed(copy: Copy, execution: Execution) -> bool:
    """False where the order session has the execution, but not yet its bust or correction."""
    if copy.kind is ReportKind.BUST:
        return execution.status is ExecutionStatus.BUSTED
    return copy.kind is not ReportKind.CORRECT or bool(execution.exec_ref_id)


def _differences(copy: Copy, brought: Brought, execution: Execution) -> list[str]:
    """What the two say differently, in words."""
    placement = brought.placement
    said = [
        ("quantity", plain(copy.quantity), plain(execution.last_qty)),
        ("price", plain(copy.price), plain(execution.last_px)),
    ]
    if placement is not None and copy.side is not None and copy.side.fix != placement.side.fix:
        said.append(("side", copy.side.value, placement.side.value))
    if copy.symbol and brought.names and copy.symbol not in brought.names:
        said.append(("symbol", copy.symbol, "another security"))
    if copy.placement_id and copy.placement_id != execution.placement_id:
        said.append(("order", copy.cl_ord_id, "another placement"))
    return [f"{what} {theirs}, not {ours}" for what, theirs, ours in said if theirs != ours]


def decide_missed(copy: Copy, stamp: Stamp) -> tuple[e.CopyMissed, BreakOpened]:
    """The order session has had its time."""
    where = copy.order_session or "no order session"
    detail = f"{copy.session} copied a {copy.kind} that {where} has not brought"
    break_id = f"brk_{copy.id.removeprefix('dcp_')}-missing"
    opened = _opened(copy, BreakKind.ONLY_DROP_COPY, break_id, detail, stamp)
    return e.CopyMissed(copy_id=copy.id, break_id=break_id, at=stamp.at), opened


def decide_uncopied(
    execution: Execution, kind: ReportKind, *, session: str, number: int, stamp: Stamp
) -> BreakOpened:
    """The break of an execution, bust or correction that a drop copy has not told.

    A bust counts its units negative, so that it is not taken for the execution it takes back.

    Args:
        execution: The execution.
        kind: What was not copied of it.
        session: The drop copy session.
        number: Tells several of one command apart.
        stamp: Time and ids.
    """
    taken_back = kind is ReportKind.BUST
    return BreakOpened(
        break_id=f"{stamp.id('brk')}-copy{number}",
        kind=BreakKind.NOT_ON_DROP_COPY,
        session=execution.session,
        row=0,
        placement_id=execution.placement_id,
        cl_ord_id="",
        exec_id=execution.exec_id,
        quantity=-execution.last_qty if taken_back else execution.last_qty,
        price=execution.last_px,
        detail=f"{session} has not copied this {kind}",
        raw="",
        at=stamp.at,
    )


def _opened(
    copy: e.CopyRecorded | Copy,
    kind: BreakKind,
    break_id: str,
    detail: str,
    stamp: Stamp,
    *,
    placement: Placement | None = None,
) -> BreakOpened:
    """The break of a copy; it is of the order session, where its trade would be booked."""
    return BreakOpened(
        break_id=break_id,
        kind=kind,
        session=copy.order_session,
        row=copy.row,
        placement_id=placement.id if placement else copy.placement_id,
        cl_ord_id=copy.cl_ord_id,
        exec_id=copy.exec_id,
        quantity=copy.quantity,
        price=copy.price,
        detail=detail,
        raw=copy.raw,
        at=stamp.at,
        exec_ref_id=copy.exec_ref_id,
        reported=copy.kind if kind is BreakKind.ONLY_DROP_COPY else None,
        symbol=copy.symbol,
        side=copy.side,
    )
