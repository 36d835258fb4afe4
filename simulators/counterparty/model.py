"""What a counterparty knows: orders, executions, reports, steps; and the routes of an EMS.

An order keeps independent facts (acknowledged, pending request, executions, done for day, closed)
and derives its status from them by the precedence of FIX 4.4 Vol. 4, Appendix D: nothing stores
a status. Orders are mutable and owned by the one engine thread; everything else is frozen.

An order at an EMS has a ticket; what the EMS sends on to a broker is a route, an order of its own
that names its parent. A broker's orders have neither.

Units: quantities are shares (Decimal), prices Decimal in the listing currency.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum, unique
from typing import Final

ZERO: Final = Decimal(0)
AVERAGE_PLACES: Final = Decimal("0.00000001")

Pairs = list[tuple[int, str]]


@unique
class Kind(StrEnum):
    """What a report says happened, before the FIX version decides its tags."""

    PENDING_NEW = "pending_new"
    NEW = "new"
    FILL = "fill"
    BUST = "bust"
    CORRECT = "correct"
    PENDING_CANCEL = "pending_cancel"
    CANCELED = "canceled"
    PENDING_REPLACE = "pending_replace"
    REPLACED = "replaced"
    REJECTED = "rejected"
    DONE_FOR_DAY = "done_for_day"
    STOPPED = "stopped"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    RESTATED = "restated"
    STATUS = "status"


@unique
class Do(StrEnum):
    """One step of an order's script."""

    PENDING_NEW = "pending_new"
    ACK = "ack"
    REJECT = "reject"
    FILL = "fill"
    BUST = "bust"
    CORRECT = "correct"
    CANCEL = "cancel"
    DONE_FOR_DAY = "dfd"
    STOP = "stop"
    SUSPEND = "suspend"
    EXPIRE = "expire"
    REST = "rest"
    FINISH = "finish"
    RELEASE = "release"
    WAIT_MS = "wait_ms"
    WAIT_TICKS = "wait_ticks"


@unique
class Wake(StrEnum):
    """Why an order is woken."""

    SCRIPT = "script"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step. ``qty`` is ``all``, ``1/2`` (of the order) or a number; ``k`` counts fills from 1.

    ``over`` lets a fill exceed what is left; ``n`` is milliseconds or ticks. The quantity of a
    release is empty for all.
    """

    do: Do
    qty: str = ""
    price: str = ""
    k: int = 0
    n: int = 0
    text: str = ""
    over: bool = False


@unique
class ExecutionState(StrEnum):
    """Whether an execution counts: only a live one does."""

    LIVE = "live"
    BUSTED = "busted"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A fill, or the correction of one (``ref`` names the execution it replaces).

    ``broker`` is who executed it, where that is not the counterparty itself; ``liquidity`` is
    LastLiquidityInd (851). A route and its parent hold one execution each, with one ``exec_id``.
    """

    exec_id: str
    order_id: str
    last_qty: Decimal
    last_px: Decimal
    state: ExecutionState = ExecutionState.LIVE
    ref: str = ""
    day: int = 0
    last_mkt: str = "XNYS"
    broker: str = ""
    liquidity: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One entry of a pre-allocation group: AllocAccount and AllocQty (79, 80)."""

    account: str
    qty: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One line of a route plan.

    Attributes:
        broker: Who gets the route.
        share: Its part of what is routed, relative to the other legs.
        model: The fill model; empty for the EMS's setting.
        slices: For the sliced model; 0 for the EMS's setting, as ``slice_ms`` below 0.
        last_mkt: Where the broker executes, a MIC.
        liquidity: LastLiquidityInd (851) of its fills.
        steps: What the broker does, instead of a fill model.
        reroute: Who gets the rest when the broker rejects or cancels; empty for nobody.
    """

    broker: str
    share: int = 1
    model: str = ""
    slices: int = 0
    slice_ms: int = -1
    last_mkt: str = "XNYS"
    liquidity: str = "2"
    steps: list[Step] = field(default_factory=list)
    reroute: str = ""


@dataclass(slots=True, kw_only=True)
class Ticket:
    """What an EMS adds to an order.

    Attributes:
        staged: Whether a part of it waits for the trader's release.
        legs: The route plan.
        after_release: What the trader does once everything is released.
        list_id: The list it came in, or empty.
    """

    staged: bool = True
    legs: list[Leg] = field(default_factory=list)
    after_release: list[Step] = field(default_factory=list)
    list_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A cancel (F) or replace (G) request that has no outcome yet."""

    msg_type: str
    cl_ord_id: str
    qty: Decimal = ZERO
    ord_type: str = ""
    tif: str = ""
    price: Decimal | None = None
    stop_px: Decimal | None = None
    expire: str = ""
    alloc_id: str = ""
    shares: list[Share] = field(default_factory=list)
    algo: Pairs = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A message to the counterparty: the ledger holds it before the wire does."""

    report_id: int
    session: str
    order_id: str
    msg_type: str
    poss_resend: bool
    body: Pairs


@dataclass(slots=True, kw_only=True)
class Order:
    """One order and its facts."""

    order_id: str
    session: str
    cl_ord_id: str
    symbol: str
    side: str
    account: str
    qty: Decimal
    original_qty: Decimal
    ord_type: str = "2"
    tif: str = "0"
    price: Decimal | None = None
    stop_px: Decimal | None = None
    expire: str = ""
    echo: dict[int, str] = field(default_factory=dict)
    algo: Pairs = field(default_factory=list)
    chain: list[str] = field(default_factory=list)
    scripted: bool = False
    alloc_id: str = ""
    shares: list[Share] = field(default_factory=list)
    # at an EMS
    ticket: Ticket | None = None
    parent: str = ""
    leg: Leg | None = None
    # facts
    acked: bool = False
    replaced: bool = False
    rejected: bool = False
    closed_as: str = ""
    done_for_day: bool = False
    stopped: bool = False
    suspended: bool = False
    pending: Pending | None = None
    # behaviour that survives a restart
    script: list[Step] = field(default_factory=list)
    on_cancel: list[Step] = field(default_factory=list)
    refuse: str = ""
    duplicate: bool = False
    resting: bool = False
    triggered: bool = False
    rested_at: int = -1
    entered_day: int = 0
    # executions, oldest first; sums are kept beside them
    executions: list[Execution] = field(default_factory=list)
    cum_qty: Decimal = ZERO
    notional: Decimal = ZERO
    script_no: int = 0

    @property
    def begin_string(self) -> str:
        """Return the FIX version of the order's session."""
        return self.session.split(":", 1)[0]

    @property
    def open_qty(self) -> Decimal:
        """Return what could still be filled, whatever the status."""
        return max(self.qty - self.cum_qty, ZERO)

    @property
    def is_open(self) -> bool:
        """Return whether the order can still trade or be changed."""
        return not self.rejected and not self.closed_as and self.cum_qty < self.qty

    @property
    def leaves_qty(self) -> Decimal:
        """Return LeavesQty (151): zero once cancelled, expired or rejected."""
        return ZERO if self.rejected or self.closed_as else self.open_qty

    @property
    def avg_px(self) -> Decimal:
        """Return AvgPx (6) at eight decimals, half even; zero without a live execution."""
        return average(self.notional, self.cum_qty)

    @property
    def ord_status(self) -> str:
        """Return OrdStatus (39) by precedence over everything that holds now."""
        if self.pending is not None:
            return "6" if self.pending.msg_type == "F" else "E"
        if self.done_for_day:
            return "3"
        if self.cum_qty >= self.qty and self.cum_qty > ZERO:
            return "2"
        if self.stopped:
            return "7"
        if self.suspended:
            return "9"
        if self.closed_as:
            return self.closed_as
        if self.rejected:
            return "8"
        return self._plain_status()

    def _plain_status(self) -> str:
        if self.cum_qty > ZERO:
            return "1"
        if not self.acked:
            return "A"
        return "5" if self.replaced and self.begin_string == "FIX.4.2" else "0"

    def day_figures(self, day: int) -> tuple[Decimal, Decimal, Decimal]:
        """Return DayOrderQty, DayCumQty, DayAvgPx (424, 425, 426) of trading day ``day``."""
        live = [e for e in self.executions if e.state is ExecutionState.LIVE and e.day == day]
        day_cum = sum((e.last_qty for e in live), ZERO)
        traded = sum((e.last_qty * e.last_px for e in live), ZERO)
        return self.qty - (self.cum_qty - day_cum), day_cum, average(traded, day_cum)

    def recount(self) -> None:
        """Set the sums from the executions."""
        live = [e for e in self.executions if e.state is ExecutionState.LIVE]
        self.cum_qty = sum((e.last_qty for e in live), ZERO)
        self.notional = sum((e.last_qty * e.last_px for e in live), ZERO)


def average(notional: Decimal, qty: Decimal) -> Decimal:
    """Return ``notional / qty`` at eight decimals, half even; zero when ``qty`` is zero."""
    if qty == ZERO:
        return ZERO
    return (notional / qty).quantize(AVERAGE_PLACES, rounding=ROUND_HALF_EVEN)


def text_of(number: Decimal) -> str:
    """Write a decimal without exponent and without needless zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def price_text(price: Decimal) -> str:
    """Write a price with at least two decimals."""
    text = text_of(price)
    decimals = len(text.partition(".")[2])
    return text if decimals >= 2 else f"{price:.2f}"
