"""What destinations are paid in commissions, and how much of their budgets that uses.

Paid is what is booked and not reversed, by the month of the trading day, in the minor units that
were charged: exact. Where it is in another currency than the budget it counts at the rate as last
loaded; without a rate nobody knows how much is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from tradeoms.domain.booking.events import AllocationBooked, AllocationReversed
from tradeoms.domain.charge.state import ChargeKind
from tradeoms.domain.routing.state import CommissionBudget, Period
from tradeoms.kernel.numbers import ZERO, from_minor, plain

#: Destination, fund, currency and month (`2026-11`) of what was paid.
PaidKey = tuple[str, str, str, str]
#: Destination, fund (empty for all) and month to minor units by currency.
Paid = Mapping[tuple[str, str, str], Mapping[str, int]]
#: Units of the second currency for one of the first; `None` where it is not known.
Rate = Callable[[str, str], Decimal | None]
_HUNDRED: Final = Decimal(100)
_MONTHS: Final = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionPaid:
    """What a fund paid a destination in a month, minor units of one currency."""

    destination: str
    fund: str
    currency: str
    month: str
    minor: int

    @property
    def key(self) -> PaidKey:
        """All but the amount."""
        return (self.destination, self.fund, self.currency, self.month)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A budget, and what is paid of it.

    Attributes:
        of: The period: `2026`, `2026-Q4` or `2026-11`.
        paid: In the budget's currency; `None` where a rate is not known.
        without_rate: Currencies paid in of which the rate is not known.
    """

    budget: CommissionBudget
    of: str
    paid: Decimal | None
    without_rate: tuple[str, ...]

    def is_below(self, percent: Decimal) -> bool:
        """True where less than ``percent`` of the budget is used, as far as anyone knows."""
        return self.paid is not None and self.paid * _HUNDRED < percent * self.budget.amount

    @property
    def text(self) -> str:
        """The figure in words."""
        one = self.budget
        whose = f"fund {one.fund}" if one.fund else "the firm"
        paid = "an unknown part" if self.paid is None else plain(self.paid)
        gap = f" (no rate of {', '.join(self.without_rate)})" if self.without_rate else ""
        limit = f"{plain(one.amount)} {one.currency}"
        return f"{paid} of {limit} commissions of {self.of} paid to it by {whose}{gap}"


def commissions_of(event: AllocationBooked | AllocationReversed) -> list[CommissionPaid]:
    """What a booking pays, or its reversal takes back (negative), by broker and fund."""
    sign = 1 if isinstance(event, AllocationBooked) else -1
    month = _month(event.trade_on)
    return [
        CommissionPaid(
            destination=charge.destination,
            fund=leg.fund,
            currency=event.currency,
            month=month,
            minor=sign * charge.minor,
        )
        for leg in event.legs
        for charge in leg.charges
        if charge.kind is ChargeKind.COMMISSION
    ]


def usage(budget: CommissionBudget, *, on: date, paid: Paid, rate: Rate) -> Usage:
    """How much of ``budget`` is used in the period that ``on`` is in."""
    by_currency: dict[str, int] = {}
    for month in _months(budget.period, on):
        for currency, minor in paid.get((budget.destination, budget.fund, month), {}).items():
            by_currency[currency] = by_currency.get(currency, 0) + minor
    total, unknown = ZERO, []
    for currency, minor in sorted(by_currency.items()):
        factor = rate(currency, budget.currency) if minor else Decimal(1)
        if factor is None:
            unknown.append(currency)
        else:
            total += from_minor(minor, currency) * factor
    return Usage(
        budget=budget,
        of=_name(budget.period, on),
        paid=None if unknown else total,
        without_rate=tuple(unknown),
    )


def _months(period: Period, on: date) -> list[str]:
    """The months of the period that ``on`` is in."""
    count = _MONTHS[period]
    first = (on.month - 1) // count * count + 1
    return [_month(on.replace(month=first + number, day=1)) for number in range(count)]


def _month(on: date) -> str:
    return on.isoformat()[:7]


def _name(period: Period, on: date) -> str:
    match period:
        case Period.MONTH:
            return _month(on)
        case Period.QUARTER:
            return f"{on.year:04}-Q{(on.month + 2) // 3}"
        case Period.YEAR:
            return f"{on.year:04}"
