"""A size in words of portfolios: what was typed, and what it came to for each fund.

Both are kept with the order. Percentages are in points: `2.5` is 2.5 %. The arithmetic is in
`portfolio.sizing`; here are the values, and what can be refused without any figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum, unique
from typing import Final

from tradeoms.kernel.numbers import ZERO

HUNDRED: Final = Decimal(100)


@unique
class Measure(StrEnum):
    """What the typed value counts."""

    SHARES = "shares"
    NOTIONAL = "notional"
    NAV_PERCENT = "nav_percent"
    TARGET_WEIGHT = "target_weight"
    POSITION_PERCENT = "position_percent"
    BENCHMARK_PERCENT = "benchmark_percent"

    @property
    def is_total(self) -> bool:
        """True where one value is shared out over the funds; others size each fund alone."""
        return self in (Measure.SHARES, Measure.NOTIONAL)


@unique
class Scheme(StrEnum):
    """How the funds come to their parts."""

    EXPLICIT = "explicit"
    EQUAL = "equal"
    PRO_RATA_NAV = "pro_rata_nav"
    PRO_RATA_HOLDING = "pro_rata_holding"
    TO_TARGET = "to_target"
    CUSTOM = "custom"


@unique
class Rounding(StrEnum):
    """How a size becomes whole lots; nearest takes the half up."""

    DOWN = "down"
    NEAREST = "nearest"
    UP = "up"


@unique
class MoneyOf(StrEnum):
    """Whose currency a notional is in."""

    PRICE = "price"
    FUND = "fund"


@unique
class Limited(StrEnum):
    """Why a fund got less than its size says, or nothing."""

    HOLDING = "holding"
    AT_TARGET = "at_target"
    ROUNDING = "rounding"
    MINIMUM = "minimum"


@dataclass(frozen=True, slots=True, kw_only=True)
class SizingFund:
    """A fund that takes part.

    Attributes:
        value: Its own value of the measure (`explicit`), or its percentage (`custom`).
    """

    fund: str
    value: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """A size as it was typed.

    Attributes:
        value: Of the measure: units, money, or points of per cent; for all funds together where
            the measure is a total, else for each. `None` with the scheme `explicit`.
        currency: Of a notional.
        target: Weight in points of NAV that the scheme `to_target` fills up to.
        minimum: Fewest units worth trading for a fund.
    """

    measure: Measure
    scheme: Scheme
    funds: tuple[SizingFund, ...]
    value: Decimal | None = None
    currency: MoneyOf = MoneyOf.PRICE
    target: Decimal | None = None
    rounding: Rounding = Rounding.DOWN
    minimum: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class SizedFund:
    """What a size came to for one fund, and the figures that it rests on.

    Attributes:
        quantity: Units, whole lots; 0 where the fund has no part.
        price: Price it was valued at, in the security's currency; `None` where none was needed.
        nav: Net asset value, fund currency; `None` as above.
        held: Settled units, signed, without those of the order itself.
        open: Units of other open orders, signed.
        limited: Why it is less than the size says.
    """

    fund: str
    quantity: Decimal
    price: Decimal | None
    nav: Decimal | None
    held: Decimal
    open: Decimal
    limited: Limited | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """The size of an order: as typed, and what it came to."""

    intent: Sizing
    funds: tuple[SizedFund, ...]


@unique
class SizingRejection(StrEnum):
    """Why a size could not be turned into quantities. Declared in the order the checks run."""

    SIZING_AND_QUANTITY = "sizing_and_quantity"
    SIZING_FUNDS_MISSING = "sizing_funds_missing"
    SIZING_FUND_UNKNOWN = "sizing_fund_unknown"
    SIZING_FUND_TWICE = "sizing_fund_twice"
    SIZING_SECURITY_UNKNOWN = "sizing_security_unknown"
    SIZING_SCHEME_UNFIT = "sizing_scheme_unfit"
    SIZING_VALUE_MISSING = "sizing_value_missing"
    SIZING_VALUE_UNWANTED = "sizing_value_unwanted"
    SIZING_VALUE_RANGE = "sizing_value_range"
    SIZING_PERCENT_SUM = "sizing_percent_sum"
    SIZING_CURRENCY_MIXED = "sizing_currency_mixed"
    NAV_UNKNOWN = "nav_unknown"
    PRICE_UNKNOWN = "price_unknown"
    BENCHMARK_WEIGHT_UNKNOWN = "benchmark_weight_unknown"
    NOTHING_HELD = "nothing_held"
    SIZING_NOTHING_LEFT = "sizing_nothing_left"
