"""The facts of a copied execution, and of the session that copies."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.domain.dropcopy import events as e
from tradeoms.domain.placement.commands import ReportKind
from tradeoms.kernel.enums import Side


@unique
class CopyStatus(StrEnum):
    """How a copy stands beside what the order session brought."""

    WAITING = "waiting"
    """For the order session."""
    MATCHED = "matched"
    """Both say the same."""
    DIFFERS = "differs"
    """They do not; a break tells how."""
    MISSING = "missing"
    """The order session has not brought it in time; a break until it does or people settle it."""

    @property
    def is_open(self) -> bool:
        """True where the order session may still bring it."""
        return self in (CopyStatus.WAITING, CopyStatus.MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropCopy:
    """A session that copies others.

    Attributes:
        since: Executions received after it are still to be held against their copies.
    """

    session: str
    copies: tuple[str, ...]
    settle_s: int
    since: datetime

    @property
    def settle(self) -> timedelta:
        """How long the order session may take."""
        return timedelta(seconds=self.settle_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One copied execution, bust or correction; fields as in `CopyRecorded`."""

    id: str
    version: int
    session: str
    order_session: str
    row: int
    report_id: str
    kind: ReportKind
    exec_id: str
    exec_ref_id: str
    trd_match_id: str
    cl_ord_id: str
    broker_order_id: str
    placement_id: str
    symbol: str
    side: Side | None
    quantity: Decimal
    price: Decimal
    transact_time: datetime | None
    raw: str
    created_at: datetime
    updated_at: datetime
    status: CopyStatus = CopyStatus.WAITING
    execution_id: str = ""
    break_id: str = ""
    detail: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The ExecIDs under which the order session may bring it."""
        return frozenset({self.exec_id, self.exec_ref_id} - {""})


def record(event: e.CopyRecorded) -> Copy:
    """The copy as it came."""
    return Copy(
        id=event.copy_id,
        version=1,
        session=event.session,
        order_session=event.order_session,
        row=event.row,
        report_id=event.report_id,
        kind=event.kind,
        exec_id=event.exec_id,
        exec_ref_id=event.exec_ref_id,
        trd_match_id=event.trd_match_id,
        cl_ord_id=event.cl_ord_id,
        broker_order_id=event.broker_order_id,
        placement_id=event.placement_id,
        symbol=event.symbol,
        side=event.side,
        quantity=event.quantity,
        price=event.price,
        transact_time=event.transact_time,
        raw=event.raw,
        created_at=event.at,
        updated_at=event.at,
    )


def evolve(copy: Copy, event: e.CopyMatched | e.CopyDiffers | e.CopyMissed) -> Copy:
    """The copy after it was held against the order session."""
    after = replace(copy, version=copy.version + 1, updated_at=event.at)
    match event:
        case e.CopyMatched(execution_id=execution_id, detail=detail):
            status = CopyStatus.MATCHED
            return replace(after, status=status, execution_id=execution_id, detail=detail)
        case e.CopyDiffers(execution_id=execution_id, break_id=break_id, detail=detail):
            return replace(
                after, status=CopyStatus.DIFFERS, execution_id=execution_id, break_id=break_id,
                detail=detail,
            )  # fmt: skip
        case e.CopyMissed(break_id=break_id):
            return replace(after, status=CopyStatus.MISSING, break_id=break_id)


def attach(before: DropCopy | None, event: e.DropCopyAttached) -> DropCopy:
    """The session as it was told of; what was compared before stays so."""
    since = event.at if before is None else before.since
    return DropCopy(
        session=event.session, copies=event.copies, settle_s=event.settle_s, since=since
    )
