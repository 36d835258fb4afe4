"""What gateways tell of drop copies, and what the node itself does about them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradeoms.domain.placement.commands import ReportKind
from tradeoms.kernel.enums import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDropCopy:
    """A gateway tells whose executions a drop copy session copies. A fact, never refused.

    Attributes:
        copies: The order sessions, in the order in which a trade of no known order is laid to them.
        settle_s: Seconds that the order session may take to bring what was copied.
    """

    session: str
    row: int
    copies: tuple[str, ...]
    settle_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCopy:
    """A copy of an execution, bust or correction: ExecutionReport (8) or TradeCaptureReport (AE).

    It is compared and never booked. A fact, never refused.

    Attributes:
        session: The drop copy session.
        report_id: Names the copy on its session: ExecID (17), or `AE:` and TradeReportID (571).
        kind: `fill`, `correct` or `bust`.
        trd_match_id: FIX 880, empty where absent.
        quantity, price: FIX 32 and 31; 0 for a bust.
        raw: The message as received, SOH shown as `|`.
    """

    session: str
    row: int
    report_id: str
    kind: ReportKind
    exec_id: str = ""
    exec_ref_id: str = ""
    trd_match_id: str = ""
    cl_ord_id: str = ""
    orig_cl_ord_id: str = ""
    broker_order_id: str = ""
    symbol: str = ""
    side: Side | None = None
    quantity: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    transact_time: datetime | None = None
    received_at: datetime | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleCopies:
    """Look at the copies that the order session has had time to bring, and has not."""


DropCopyCommand = SettleCopies
