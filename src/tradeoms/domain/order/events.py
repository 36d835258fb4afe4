"""What happened to an order. Past tense; stored for ever; changed only through an upcaster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.domain.evaluation import CellExcess
from tradeoms.domain.order.commands import Leg, Trigger
from tradeoms.domain.order.sizing import Sized
from tradeoms.kernel.enums import OrderSource, OrderType, Side, TimeInForce, Unexecuted
from tradeoms.kernel.records import quick


@unique
class Stage(StrEnum):
    """The gate at which compliance looked at the order."""

    SUBMIT = "submit"
    AMEND = "amend"
    RELEASE = "release"
    PLACEMENT = "placement"


@unique
class CheckAction(StrEnum):
    """What a check means for the order (compliance specification 3.1)."""

    ALLOW = "allow"
    ALLOW_ACK = "allow_ack"
    BLOCK_SOFT = "block_soft"
    BLOCK_HARD = "block_hard"


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCreated:
    """A portfolio manager's wish was recorded, in full; with its size where it came as one.

    `split_from` is the order of which it was a part.
    """

    order_id: str
    client: str
    client_order_id: str
    security_id: str
    side: Side
    quantity: Decimal
    order_type: OrderType
    limit_price: Decimal | None
    stop_price: Decimal | None
    time_in_force: TimeInForce
    expire_on: date | None
    legs: tuple[Leg, ...]
    reason: str
    instructions: str
    portfolio_manager: str
    placed_by: str
    at: datetime
    venue: str = ""
    cross_with: str = ""
    sizing: Sized | None = None
    source: OrderSource = OrderSource.REST
    good_from: datetime | None = None
    trigger: Trigger | None = None
    unexecuted: Unexecuted = Unexecuted.EXPIRE
    split_from: str = ""
    custom: tuple[tuple[str, str], ...] = ()


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChecked:
    """Compliance looked at the order; all it measured is in `evidence`.

    Attributes:
        check_id: Id under which the evidence is found.
        stage: The gate that asked.
        action: What compliance answered for the order as a whole.
        outcome: The worst outcome of any rule (`pass` ... `breach`).
        blocking: `rule@version` of each rule that stops the order, worst first.
        evidence: Compact JSON of `compliance.explain`.
        needs_approval: True where the order is large enough to need a second person.
        lapsed: Of the rules once waived, those whose permission no longer holds.
        excess: For each of `blocking` how far its cells are over their limits.
        limit_price: Price of the placement that was tested, where some rule stops it only there.
        by_price: Those of `blocking` that stop the order only at that price.
        binding: False where it was made for the record alone: what was asked only took from the
            order, which keeps its place and its permissions whatever was found.
        warned: `rule@version` of each rule that warns: whoever releases the order acknowledges it.
        max_quantity: The most of what was tested that no rule stops; `None` is unlimited, or not
            told, as before it was recorded.
        binding_rule: Rule that sets it; empty where it is `None`.
    """

    order_id: str
    check_id: str
    stage: Stage
    action: CheckAction
    outcome: str
    blocking: tuple[str, ...]
    evidence: str
    needs_approval: bool
    lapsed: tuple[str, ...]
    at: datetime
    excess: tuple[tuple[CellExcess, ...], ...] = ()
    limit_price: Decimal | None = None
    by_price: tuple[str, ...] = ()
    binding: bool = True
    warned: tuple[str, ...] = ()
    max_quantity: Decimal | None = None
    binding_rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderApproved:
    """A second person approved the order."""

    order_id: str
    approved_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReleased:
    """The order went to the trading desk.

    `acknowledged` are the rules (`rule@version`) whose warnings the person who did it took note of.
    """

    order_id: str
    trader: str
    at: datetime
    acknowledged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderHeld:
    """A person stopped the order from being placed."""

    order_id: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAmendRequested:
    """New terms were asked for, and brokers must agree before they hold."""

    order_id: str
    quantity: Decimal
    legs: tuple[Leg, ...]
    limit_price: Decimal | None
    stop_price: Decimal | None
    instructions: str
    reason: str
    at: datetime
    sizing: Sized | None = None
    amended_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAmended:
    """The terms are now these; those that lessen it leave its permissions in force.

    Attributes:
        order_type: `None` as it was, in events of before it could be amended; so is
            `time_in_force`, with `expire_on`.
    """

    order_id: str
    quantity: Decimal
    legs: tuple[Leg, ...]
    limit_price: Decimal | None
    stop_price: Decimal | None
    instructions: str
    reason: str
    at: datetime
    sizing: Sized | None = None
    lessens: bool = False
    amended_by: str = ""
    order_type: OrderType | None = None
    time_in_force: TimeInForce | None = None
    expire_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAmendRefused:
    """A broker did not agree to the new terms; the old ones stay."""

    order_id: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelRequested:
    """Someone wants the order gone; brokers may still fill it until they confirm."""

    order_id: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelRefused:
    """Every broker answered, and one at least did not cancel; the order goes on as before."""

    order_id: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCanceled:
    """Nothing of the order is left in the market and nothing more will be placed."""

    order_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderExpired:
    """The order's time is over with a part not executed."""

    order_id: str
    at: datetime


@unique
class Assignment(StrEnum):
    """How an order came to its trader."""

    CLAIM = "claim"
    ASSIGN = "assign"
    HAND_OVER = "hand_over"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAssigned:
    """The order has another trader.

    Attributes:
        before: Who had it, empty for nobody.
        assigned_by: Who did it; for a hand-over another than `before` where he was away.
    """

    order_id: str
    how: Assignment
    trader: str
    before: str
    assigned_by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRolled:
    """The rest of a day order goes on in the trading day `trade_on`."""

    order_id: str
    trade_on: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReturned:
    """The rest of a day order went back to its portfolio manager at the close."""

    order_id: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCustomSet:
    """The order's custom fields have these values, all of them, by name; nothing else changed."""

    order_id: str
    custom: tuple[tuple[str, str], ...]
    set_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPaired:
    """The order is worked in step with another from now on; alone where `pair_id` is empty."""

    order_id: str
    pair_id: str
    at: datetime


OrderEvent = (
    OrderCreated
    | OrderChecked
    | OrderApproved
    | OrderReleased
    | OrderHeld
    | OrderAmendRequested
    | OrderAmended
    | OrderAmendRefused
    | OrderCancelRequested
    | OrderCancelRefused
    | OrderCanceled
    | OrderExpired
    | OrderAssigned
    | OrderRolled
    | OrderReturned
    | OrderCustomSet
    | OrderPaired
)
