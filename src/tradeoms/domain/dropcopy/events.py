"""What was copied, and whether the order session says the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tradeoms.domain.placement.commands import ReportKind
from tradeoms.kernel.enums import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class DropCopyAttached:
    """A session copies the executions of others from now on; fields as in `ReportDropCopy`."""

    session: str
    copies: tuple[str, ...]
    settle_s: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyRecorded:
    """A copy came; fields as in `ReportCopy`.

    Attributes:
        order_session: The session that should have brought it, too.
        placement_id: The placement it names; empty for an order that is not ours.
    """

    copy_id: str
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
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyMatched:
    """The order session says the same.

    `execution_id` is empty where its word stands in a break that nobody has settled.
    """

    copy_id: str
    execution_id: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyDiffers:
    """The order session says something else of the same execution; a break tells it."""

    copy_id: str
    execution_id: str
    break_id: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyMissed:
    """The order session did not bring it in time; a break tells it."""

    copy_id: str
    break_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiesCompared:
    """A trading day's executions of the copied sessions were held against their copies.

    Attributes:
        trade_on: The trading day that ends.
        since, until: Received after, and not after.
        executions: How many were looked at; busts and corrections count for themselves.
        missing: How many of them have no copy; each is a break.
    """

    session: str
    trade_on: date | None
    since: datetime
    until: datetime
    executions: int
    missing: int
    at: datetime


DropCopyEvent = (
    DropCopyAttached | CopyRecorded | CopyMatched | CopyDiffers | CopyMissed | CopiesCompared
)
