"""Requests about placements, and the reports that counterparties and the gateway send.

A request may be refused. A report is a fact: recorded, or recorded with a break; never refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.domain.placement.algo import AlgoWish
from tradeoms.kernel.enums import OrderType, OrdStatus, Side, TimeInForce


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatePlacement:
    """Route units of a released order (or of its block) to a destination.

    Terms left `None` are the order's own; a placement may be tighter than its order, never looser.

    Attributes:
        manual: The order is given by telephone: nothing is sent, people key what the broker says.
        broker_order_id: The broker's number of a manual order (FIX 37), by which its reports match.
        algo: The broker's algorithm that is to work it.
        display_quantity: Most units that the market may see of it (FIX 111, 1138); `None`: all.
        min_quantity: Least units that an execution must have (FIX 110); `None`: any.
        program, program_seq: The list that it goes out with, and its place there.
    """

    order_id: str
    destination: str
    quantity: Decimal
    order_type: OrderType | None = None
    limit_price: Decimal | None = None
    time_in_force: TimeInForce | None = None
    manual: bool = False
    broker_order_id: str = ""
    algo: AlgoWish | None = None
    display_quantity: Decimal | None = None
    min_quantity: Decimal | None = None
    program: str = ""
    program_seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplacePlacement:
    """Ask the broker for new terms; `None` leaves a term as it is. `quantity` is the new total.

    `algo` is all of the algorithm's values, not only those that change.
    """

    placement_id: str
    quantity: Decimal | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    algo: AlgoWish | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPlacement:
    """Ask the broker to cancel what is left."""

    placement_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPlacements:
    """Ask the brokers to cancel all that is open in a scope and that the person may cancel.

    Attributes:
        destination: Where; everywhere if empty.
        security: Our id, the symbol or any identifier; every security if empty.
    """

    reason: str
    destination: str = ""
    security: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordExecution:
    """Key an execution of a manual placement, as the broker told it.

    Attributes:
        quantity: Units executed; `price` for one of them.
        exec_id: The broker's own number; empty where there is none.
        venue: MIC, empty where not known.
        executed_at: When it traded, UTC.
    """

    placement_id: str
    quantity: Decimal
    price: Decimal
    exec_id: str = ""
    venue: str = ""
    executed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BustExecution:
    """Take back an execution that was keyed wrongly, or that the broker took back."""

    execution_id: str
    reason: str


@unique
class Answer(StrEnum):
    """What a broker says of a manual placement, to our request or unasked."""

    CANCELED = "canceled"
    REPLACED = "replaced"
    REFUSED = "refused"
    REJECTED = "rejected"
    EXPIRED = "expired"
    DONE_FOR_DAY = "done_for_day"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAnswer:
    """Key what the broker said of a manual placement; `replaced` and `refused` answer a request."""

    placement_id: str
    answer: Answer
    text: str = ""


@unique
class ReportKind(StrEnum):
    """What a counterparty reports, whichever FIX version it speaks (fix specification 1.4)."""

    PENDING_NEW = "pending_new"
    NEW = "new"
    REJECTED = "rejected"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    REPLACED = "replaced"
    CANCELED = "canceled"
    CANCEL_REJECTED = "cancel_rejected"
    REPLACE_REJECTED = "replace_rejected"
    FILL = "fill"
    CORRECT = "correct"
    BUST = "bust"
    DONE_FOR_DAY = "done_for_day"
    CALCULATED = "calculated"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    RESTATED = "restated"
    TRIGGERED = "triggered"
    TRADE_HELD = "trade_held"
    TRADE_RELEASED = "trade_released"
    STATUS = "status"
    SESSION_REJECTED = "session_rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPlacement:
    """A counterparty's message about a placement, normalised from FIX 4.2, 4.4 or 5.0 SP2.

    Attributes:
        session: Name of the FIX session, `destination` of the placement.
        row: Row of the gateway's wire journal that holds the raw message.
        cl_ord_id: FIX 11 of the report; for `session_rejected` that of the refused request.
        orig_cl_ord_id: FIX 41, empty where absent.
        exec_id: FIX 17; empty on cancel rejects.
        exec_ref_id: FIX 19, the execution corrected or busted.
        ref_day_guessed: True where ExecIDs are the counterparty's own for a day only, and the day
            in front of `exec_ref_id` is the message's, as it does not tell the execution's.
        taken_back: Quantity and price that a bust tells of its execution; `None` where it does not.
        names: (scheme, value) of its identifiers beside Symbol (55), as for a security.
        trade_on: FIX 75, the market's date of the execution; `None` if absent or no date.
        last_qty: FIX 32, units of the security; 0 where nothing was executed.
        ord_status: FIX 39 as reported; `None` where absent or not known.
        order_qty, cum_qty, leaves_qty, avg_px: FIX 38, 14, 151, 6 as reported; `None` if absent.
        reason: FIX 102, 103 or 378 code as text.
        day_order_qty, day_cum_qty, day_avg_px: FIX 424, 425, 426 as reported; `None` if absent.
        keyed_by: The person who keyed it for a manual placement; empty for a FIX message.
        extra: (name, value) of the counterparty's own tags that its dialect keeps.
        duplicate_order: True for a reject that says our ClOrdID was known already (103=6).
        raw: The message as received, SOH shown as `|`; only kept where it ends in a break.
    """

    session: str
    row: int
    kind: ReportKind
    cl_ord_id: str = ""
    orig_cl_ord_id: str = ""
    broker_order_id: str = ""
    exec_id: str = ""
    exec_ref_id: str = ""
    symbol: str = ""
    side: Side | None = None
    last_qty: Decimal = Decimal(0)
    last_px: Decimal = Decimal(0)
    order_qty: Decimal | None = None
    cum_qty: Decimal | None = None
    leaves_qty: Decimal | None = None
    avg_px: Decimal | None = None
    price: Decimal | None = None
    ord_status: OrdStatus | None = None
    reason: str = ""
    text: str = ""
    venue: str = ""
    duplicate_order: bool = False
    poss_resend: bool = False
    transact_time: datetime | None = None
    received_at: datetime | None = None
    raw: str = ""
    day_order_qty: Decimal | None = None
    day_cum_qty: Decimal | None = None
    day_avg_px: Decimal | None = None
    keyed_by: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    ref_day_guessed: bool = False
    taken_back: tuple[Decimal, Decimal] | None = None
    names: tuple[tuple[str, str], ...] = ()
    trade_on: date | None = None


@unique
class SendOutcome(StrEnum):
    """What became of an instruction at the gateway."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSend:
    """The gateway tells what it did with a new order, replace or cancel request.

    `not_sent` is certain: nothing reached the wire. `unknown` is not: the session store has it, but
    whether the counterparty does will only be known from its answer to a status request.
    """

    session: str
    row: int
    outcome: SendOutcome
    cl_ord_id: str
    msg_seq_num: int = 0
    reason: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCancel:
    """The gateway asks the counterparty to cancel by itself, for a kill switch.

    It comes before anything else that names `cl_ord_id`.
    """

    session: str
    row: int
    cl_ord_id: str
    orig_cl_ord_id: str
    switch_id: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUnreadable:
    """A message that could not be understood; it is kept as a break with its raw text."""

    session: str
    row: int
    reason: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportUnanswered:
    """The counterparty says nothing on a request: after ``seconds``, and after it was asked."""

    session: str
    row: int
    cl_ord_id: str
    seconds: int


Report = ReportPlacement | ReportSend | ReportCancel | ReportUnreadable | ReportUnanswered
