"""What a proposal is asked to do, and the lines it comes to. Percentages are in points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.kernel.enums import OrderType, Side
from tradeoms.kernel.numbers import ZERO


@unique
class Mode(StrEnum):
    """Which trades are wanted."""

    FULL = "full"
    RAISE_CASH = "raise_cash"
    SPEND_CASH = "spend_cash"
    SELL_ONLY = "sell_only"


@unique
class Band(StrEnum):
    """What a tolerance is measured in: points of NAV, or per cent of the target weight."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"


@unique
class LeftOut(StrEnum):
    """Why a line trades less than it takes to its target, or nothing."""

    WITHIN_TOLERANCE = "within_tolerance"
    DO_NOT_TRADE = "do_not_trade"
    MODE = "mode"
    PRICE_UNKNOWN = "price_unknown"
    INACTIVE = "inactive"
    SHORT = "short"
    HOLDING = "holding"
    CASH = "cash"
    ROUNDING = "rounding"
    MINIMUM = "minimum"
    COMPLIANCE = "compliance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Cash that comes into a fund, or leaves it (negative), in its base currency."""

    fund: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a proposal is asked to do.

    Attributes:
        model: Model in use and `model_version`; empty and 0 for the funds' own benchmarks.
        tolerance: Deviation that is left alone, in the unit of `band`; for full and sell_only.
        cash_buffer: Points of NAV that stay cash. `minimum_trade`: in each fund's base currency.
        do_not_trade: Ids of securities that are left as they are.
        flows: Subscriptions and redemptions to be invested or raised.
        fit: Cut what compliance stops to the largest quantities that pass.
        order_type: Of the orders it becomes: one that needs no price.
        trade_on: Trading day on which it was computed; it can be approved on that day alone.
    """

    funds: tuple[str, ...]
    model: str
    model_version: int
    mode: Mode
    trade_on: date
    tolerance: Decimal = ZERO
    band: Band = Band.ABSOLUTE
    cash_buffer: Decimal = ZERO
    minimum_trade: Decimal = ZERO
    do_not_trade: tuple[str, ...] = ()
    flows: tuple[Flow, ...] = ()
    fit: bool = False
    order_type: OrderType = OrderType.MARKET


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One fund and security of a proposal.

    Attributes:
        side: `None` where nothing is traded. `quantity`: units, whole lots.
        weight: Points of NAV now, with open orders filled, at 6 decimals; `None` without a price.
        target: Points of NAV wanted. `after`: once the line has filled.
        left_out: Why it stops short of its target.
    """

    fund: str
    security_id: str
    side: Side | None
    quantity: Decimal
    weight: Decimal | None
    target: Decimal
    after: Decimal | None
    left_out: LeftOut | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedOrder:
    """The lines of one security and side as one order, and what compliance says to it.

    Attributes:
        action: What it would do to the order alone.
        max_quantity: The most that passes beside the other orders; `None`: no rule limits it.
        culprit: True where it pushes a breached cell of the whole set further over.
    """

    security_id: str
    side: Side
    quantity: Decimal
    action: str
    max_quantity: Decimal | None
    binding_rule: str
    culprit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A cell of a rule that stops the whole set, with its arithmetic in words."""

    rule: str
    fund: str
    cell: str
    outcome: str
    explanation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Compliance of the whole set as one end state: every order filled.

    Attributes:
        scale: Largest common factor on the culprits at which nothing stops the set, exact text.
    """

    outcome: str
    action: str
    scale: str
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FundCash:
    """Cash of a fund in its base currency: now with open orders and flow, and after its lines."""

    fund: str
    before: Decimal
    after: Decimal
