"""What happened to a placement, on our side and at the counterparty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.domain.placement.algo import Algo
from tradeoms.domain.placement.commands import ReportKind, SendOutcome
from tradeoms.domain.placement.parts import Portion
from tradeoms.kernel.enums import OrderType, OrdStatus, Side, TimeInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementCreated:
    """Units of an order were committed to a destination; the order goes out after this commit.

    Of a block of several orders, `order_id` is the block's and `parts` are the orders'. `program`
    is the ListID (FIX 66) of the list that it goes out with, `program_seq` its place there (67).
    `display_quantity` and `min_quantity` as in the command.
    """

    placement_id: str
    order_id: str
    block_id: str
    destination: str
    cl_ord_id: str
    security_id: str
    side: Side
    quantity: Decimal
    order_type: OrderType
    limit_price: Decimal | None
    stop_price: Decimal | None
    time_in_force: TimeInForce
    expire_on: date | None
    text: str
    trader: str
    at: datetime
    manual: bool = False
    broker_order_id: str = ""
    parts: tuple[Portion, ...] = ()
    algo: Algo | None = None
    program: str = ""
    program_seq: int = 0
    display_quantity: Decimal | None = None
    min_quantity: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceRequested:
    """We asked the broker for new terms. `quantity` is the new total, executed units included.

    `parts` are the new ones of a block's orders; empty where they stay. So is `algo`: `None` keeps
    the one of before.
    """

    placement_id: str
    cl_ord_id: str
    orig_cl_ord_id: str
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    at: datetime
    parts: tuple[Portion, ...] = ()
    algo: Algo | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelRequested:
    """We asked the broker to cancel what is left.

    `mass_cancel` is the ClOrdID of the mass cancel that goes before it; empty for none.
    """

    placement_id: str
    cl_ord_id: str
    orig_cl_ord_id: str
    at: datetime
    mass_cancel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayCancelRequested:
    """A gateway asked the broker to cancel by itself: a kill switch, and no word of the engine."""

    placement_id: str
    cl_ord_id: str
    orig_cl_ord_id: str
    switch_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSent:
    """The gateway told what it did with the request `cl_ord_id`.

    `forgotten` is true where it has lost what it knew of it, or the house has: the gateway does not
    ask about it twice, and one "unknown order" is the last word.
    """

    placement_id: str
    cl_ord_id: str
    outcome: SendOutcome
    msg_seq_num: int
    reason: str
    at: datetime
    forgotten: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementReported:
    """The counterparty reported a change of state (never an execution).

    `exec_id` is FIX 17; empty where there was none, and in journals older than the field.
    """

    placement_id: str
    kind: ReportKind
    cl_ord_id: str
    orig_cl_ord_id: str
    broker_order_id: str
    reported_status: OrdStatus | None
    order_qty: Decimal | None
    cum_qty: Decimal | None
    price: Decimal | None
    reason: str
    text: str
    at: datetime
    day_order_qty: Decimal | None = None
    day_cum_qty: Decimal | None = None
    day_avg_px: Decimal | None = None
    exec_id: str = ""
    transact_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionRecorded:
    """The counterparty executed a part.

    `booked_qty` is what the order's statement can take; the rest, if any, is an over-fill in
    suspense until a person decides. `keyed_by` is the person who keyed it, for a manual placement
    or to put right what no report will.
    `traded_on` is the trading day it is of, which may be over; `None` in events of before.
    """

    placement_id: str
    order_id: str
    execution_id: str
    session: str
    exec_id: str
    cl_ord_id: str
    broker_order_id: str
    last_qty: Decimal
    last_px: Decimal
    booked_qty: Decimal
    venue: str
    reported_status: OrdStatus | None
    late: bool
    transact_time: datetime | None
    received_at: datetime
    at: datetime
    day_order_qty: Decimal | None = None
    day_cum_qty: Decimal | None = None
    day_avg_px: Decimal | None = None
    keyed_by: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    traded_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionBusted:
    """The counterparty took an execution back; `keyed_by` is the person who keyed it instead."""

    placement_id: str
    execution_id: str
    session: str
    exec_id: str
    exec_ref_id: str
    reported_status: OrdStatus | None
    at: datetime
    keyed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionCorrected:
    """The counterparty replaced an execution's units or price by others.

    `keyed_by` is the person who keyed it instead.
    """

    placement_id: str
    execution_id: str
    session: str
    exec_id: str
    exec_ref_id: str
    last_qty: Decimal
    last_px: Decimal
    booked_qty: Decimal
    reported_status: OrdStatus | None
    at: datetime
    keyed_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionBooked:
    """Two people let the units of an execution be booked that waited in suspense.

    `booked_qty` is all of it that is booked from now on.
    """

    placement_id: str
    execution_id: str
    booked_qty: Decimal
    at: datetime


@unique
class BreakKind(StrEnum):
    """How the outside world disagrees with us."""

    UNKNOWN_ORDER = "unknown_order"
    UNKNOWN_EXECUTION = "unknown_execution"
    OVER_FILL = "over_fill"
    EXEC_ID_REUSED = "exec_id_reused"
    SECURITY_MISMATCH = "security_mismatch"
    SIDE_MISMATCH = "side_mismatch"
    PRICE_MISMATCH = "price_mismatch"
    ZERO_QUANTITY = "zero_quantity"
    CUM_QTY_MISMATCH = "cum_qty_mismatch"
    STATUS_MISMATCH = "status_mismatch"
    EXPIRY_UNCONFIRMED = "expiry_unconfirmed"
    CORPORATE_ACTION = "corporate_action"
    UNREADABLE = "unreadable"
    RUN_OVERDUE = "run_overdue"
    UNKNOWN_TO_COUNTERPARTY = "unknown_to_counterparty"
    LEAVES_QTY_MISMATCH = "leaves_qty_mismatch"
    AVG_PX_MISMATCH = "avg_px_mismatch"
    REQUEST_UNANSWERED = "request_unanswered"
    ONLY_DROP_COPY = "only_drop_copy"
    NOT_ON_DROP_COPY = "not_on_drop_copy"
    COPY_DIFFERS = "copy_differs"
    ALLOCATION_DIFFERS = "allocation_differs"
    ALLOCATION_UNANSWERED = "allocation_unanswered"
    RULE_HELD_BACK = "rule_held_back"
    TRADE_DATE_MISMATCH = "trade_date_mismatch"
    ADDED_BEFORE = "added_before"
    SENT_AFTER_ALL = "sent_after_all"
    MESSAGES_MISSING = "messages_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakOpened:
    """A report could not be reconciled; a person must look.

    `reported` is what the report was, `symbol` and `side` of what; `exec_ref_id` is kept of a bust
    or correction whose execution, or order, is not known.
    """

    break_id: str
    kind: BreakKind
    session: str
    row: int
    placement_id: str
    cl_ord_id: str
    exec_id: str
    quantity: Decimal
    price: Decimal
    detail: str
    raw: str
    at: datetime
    exec_ref_id: str = ""
    reported: ReportKind | None = None
    symbol: str = ""
    side: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakResolved:
    """A person looked, and said how the disagreement was settled."""

    break_id: str
    resolution: str
    resolved_by: str
    at: datetime


PlacementEvent = (
    PlacementCreated
    | ReplaceRequested
    | CancelRequested
    | GatewayCancelRequested
    | RequestSent
    | PlacementReported
    | ExecutionRecorded
    | ExecutionBusted
    | ExecutionCorrected
    | ExecutionBooked
)
BreakEvent = BreakOpened | BreakResolved
