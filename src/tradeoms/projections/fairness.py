"""How evenly funds and portfolio managers were served: prices against those of the whole house.

A *market* is one security, side and trading day. The house price is what all its funds paid there
on average. A difference is in basis points of the house price, positive where it is worse: more
paid, or less received. All of it is exact but the square roots.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Final, TypeVar

from tradeoms.kernel.enums import Side

_BPS: Final = 10_000
#: Standard errors from zero beyond which a mean is marked.
_FAR: Final = 2
_DIGITS: Final = 50

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """What one fund got of one execution.

    Attributes:
        pool: What has one average price a day: an order, or the orders that share placements.
        on: Trading day. `at`: when it was executed.
        units, price: Positive; the price of the execution.
        factor: Money for one unit at price 1 (0.01 for pence), in `currency`.
    """

    order_id: str
    pool: str
    fund: str
    manager: str
    security_id: str
    side: Side
    on: date
    at: datetime
    units: Decimal
    price: Decimal
    currency: str
    factor: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What somebody got in one market.

    Attributes:
        price: Average price, each fill at the average of its pool.
        notional: Money.
        difference: From the house price, basis points, positive is worse.
        fills: How many.
    """

    units: Fraction
    price: Fraction
    notional: Fraction
    difference: Fraction
    fills: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """One security, side and trading day.

    Attributes:
        price: The house price, over all funds, seen or not.
        lines: By order, fund and manager. `funds`, `managers`: by name. Only what may be seen.
        funds_compared: True where more than one fund of the house traded. `managers_compared`: the
            same of managers.
    """

    security_id: str
    side: Side
    on: date
    currency: str
    price: Fraction
    lines: Mapping[tuple[str, str, str], Paid]
    funds: Mapping[str, Paid]
    managers: Mapping[str, Paid]
    funds_compared: bool
    managers_compared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The differences of a fund or manager over a period, in markets of one currency.

    One observation is a market in which somebody else traded as well, weighted by its notional.

    Attributes:
        fills: In all markets. `compared`: number of observations.
        mean: Weighted; `None` without observations.
        dispersion: Weighted population standard deviation.
        standard_error: Of the mean; `None` with fewer than two observations.
        unusual: True where the mean is more than two standard errors from zero.
    """

    name: str
    currency: str
    fills: int
    compared: int
    mean: Fraction | None
    dispersion: Decimal | None
    standard_error: Decimal | None
    unusual: bool


def compare(fills: Sequence[Fill], seen: frozenset[str] | None = None) -> list[Market]:
    """The markets of ``fills`` by day, security and side.

    Args:
        fills: Of all funds of the house.
        seen: The funds that may be shown, `None` for all. Markets without one are left out.
    """
    prices = {
        pool: _average((fill.units, Fraction(fill.price)) for fill in some)[1]
        for pool, some in _grouped(fills, _pool).items()
    }
    markets = _grouped(fills, lambda fill: (fill.on, fill.security_id, fill.side))
    found = (_market(some, prices, seen) for _, some in sorted(markets.items()))
    return [market for market in found if market.lines]


def first_day(side: Side, price: Fraction, mark: Decimal) -> Fraction:
    """Profit at the mark of the trading day, basis points of the price paid; a loss is negative."""
    return side.sign * (Fraction(mark) - price) / price * _BPS


def total_funds(markets: Iterable[Market]) -> list[Total]:
    """What each fund's differences come to, by name and currency."""
    return _totals(
        (name, market.currency, paid, market.funds_compared)
        for market in markets
        for name, paid in market.funds.items()
    )


def total_managers(markets: Iterable[Market]) -> list[Total]:
    """What each portfolio manager's differences come to, by name and currency."""
    return _totals(
        (name, market.currency, paid, market.managers_compared)
        for market in markets
        for name, paid in market.managers.items()
    )


def _pool(fill: Fill) -> tuple[str, date]:
    return fill.pool, fill.on


def _market(
    fills: Sequence[Fill],
    prices: Mapping[tuple[str, date], Fraction],
    seen: frozenset[str] | None,
) -> Market:
    first = fills[0]
    _, house = _average((fill.units, prices[_pool(fill)]) for fill in fills)
    mine = [fill for fill in fills if seen is None or fill.fund in seen]

    def paid(some: Sequence[Fill]) -> Paid:
        units, price = _average((fill.units, prices[_pool(fill)]) for fill in some)
        return Paid(
            units=units,
            price=price,
            notional=units * price * Fraction(first.factor),
            difference=first.side.sign * (price - house) / house * _BPS,
            fills=len(some),
            first_at=min(fill.at for fill in some),
            last_at=max(fill.at for fill in some),
        )

    def by(key: Callable[[Fill], K]) -> dict[K, Paid]:
        return {name: paid(some) for name, some in _grouped(mine, key).items()}

    return Market(
        security_id=first.security_id,
        side=first.side,
        on=first.on,
        currency=first.currency,
        price=house,
        lines=by(lambda fill: (fill.order_id, fill.fund, fill.manager)),
        funds=by(lambda fill: fill.fund),
        managers=by(lambda fill: fill.manager),
        funds_compared=len({fill.fund for fill in fills}) > 1,
        managers_compared=len({fill.manager for fill in fills}) > 1,
    )


def _totals(rows: Iterable[tuple[str, str, Paid, bool]]) -> list[Total]:
    groups = _grouped(rows, lambda row: row[:2])
    return [
        _total(
            name,
            currency,
            fills=sum(paid.fills for _, _, paid, _ in some),
            observed=[(p.notional, p.difference) for _, _, p, compared in some if compared],
        )
        for (name, currency), some in sorted(groups.items())
    ]


def _total(
    name: str, currency: str, *, fills: int, observed: Sequence[tuple[Fraction, Fraction]]
) -> Total:
    """The mean and how sure it is.

    Weights make n observations worth n' = (sum w)^2 / sum w^2 (Kish 1965). The standard error is
    the dispersion over the root of n' - 1, which for equal weights is that of the mean of a sample.
    """
    mean = variance = squared_error = None
    if observed:
        weight = sum((w for w, _ in observed), Fraction())
        mean = sum((w * d for w, d in observed), Fraction()) / weight
        variance = sum((w * (d - mean) ** 2 for w, d in observed), Fraction()) / weight
        worth = weight**2 / sum((w**2 for w, _ in observed), Fraction())
        squared_error = variance / (worth - 1) if worth > 1 else None
    return Total(
        name=name,
        currency=currency,
        fills=fills,
        compared=len(observed),
        mean=mean,
        dispersion=_root(variance),
        standard_error=_root(squared_error),
        unusual=mean is not None
        and squared_error is not None
        and mean**2 > _FAR**2 * squared_error,
    )


def _root(value: Fraction | None) -> Decimal | None:
    """The square root to 50 digits."""
    if value is None:
        return None
    with localcontext(prec=_DIGITS):
        return (Decimal(value.numerator) / Decimal(value.denominator)).sqrt()


def _average(parts: Iterable[tuple[Decimal, Fraction]]) -> tuple[Fraction, Fraction]:
    """Units, and their average price."""
    units = paid = Fraction()
    for quantity, price in parts:
        units += Fraction(quantity)
        paid += Fraction(quantity) * price
    return units, paid / units


T = TypeVar("T")


def _grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    groups: dict[K, list[T]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return groups
