"""A charge: a row of a schedule that says what is paid for an execution, or an order's day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.kernel.enums import Side


@unique
class ChargeKind(StrEnum):
    """What a charge is: of the broker, of a market or regulator, of a state."""

    COMMISSION = "commission"
    FEE = "fee"
    TAX = "tax"


@unique
class Basis(StrEnum):
    """What a rate is multiplied by: basis points of the notional, units, or nothing."""

    BPS = "bps"
    PER_UNIT = "per_unit"
    TICKET = "ticket"


@unique
class Per(StrEnum):
    """What a charge, with its minimum and maximum, is computed for."""

    EXECUTION = "execution"
    ORDER_DAY = "order_day"


@unique
class Rounding(StrEnum):
    """How an amount becomes whole minor units."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One row. Empty tuples and `None` fit everything.

    Rows with the same `id` are one charge under different conditions or on different days: the
    first that fits counts. Of commissions the first that fits counts, whatever its id.

    Attributes:
        id: `sec31`, `broker_a_equity`.
        currency: Of every amount in the row; it fits securities traded in it. Empty fits every
            currency, for rates in basis points without minimum and maximum.
        rate: Basis points, or an amount of money for a unit or ticket; not negative.
        minimum, maximum: Bounds of the amount, money; not negative.
        destinations: Brokers. `countries`: of the security, ISO 3166.
        since, until: First and last trading day.
    """

    id: str
    kind: ChargeKind
    basis: Basis
    rate: Decimal
    per: Per = Per.ORDER_DAY
    currency: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    rounding: Rounding = Rounding.HALF_EVEN
    destinations: tuple[str, ...] = ()
    asset_types: tuple[str, ...] = ()
    mics: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    sides: tuple[Side, ...] = ()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charges:
    """All rows in force, in the order in which they are tried; `version` 0 where none ever were."""

    version: int = 0
    rows: tuple[Charge, ...] = ()
