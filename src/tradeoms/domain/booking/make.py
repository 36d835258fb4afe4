"""Makes the legs of a booking: units as shared, gross at the day's price, charges, net.

All sums are equal to the minor unit: gross to what the day cost, every charge to its amount.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tradeoms.domain.allocation.methods import whole
from tradeoms.domain.allocation.policy import Residual
from tradeoms.domain.allocation.state import Allocation, Day
from tradeoms.domain.booking.events import BookedCharge, BookedExecution, FundBooking
from tradeoms.domain.charge.amounts import Amount, Trade, charge_trades, share_minor
from tradeoms.domain.charge.state import Charge
from tradeoms.domain.cross.decide import INTERNAL
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a booking is made from.

    Attributes:
        executions: Those of the day that count, as they are shared now.
        charges: The rows in force.
    """

    allocation: Allocation
    day: Day
    executions: tuple[BookedExecution, ...]
    security: Security
    side: Side
    charges: tuple[Charge, ...]
    residual: Residual


def make_legs(facts: Facts) -> tuple[FundBooking, ...]:
    """One leg for each fund that got something, in the order of the statement."""
    shares = [facts.day.of(leg.fund) for leg in facts.allocation.stated]
    shares = [share for share in shares if share.quantity]
    executed = sum((each.quantity for each in facts.executions), ZERO)
    assert executed == facts.day.quantity
    charged = _charges(facts, [share.fund for share in shares])
    return tuple(
        FundBooking(
            fund=share.fund,
            quantity=share.quantity,
            gross_minor=share.cost_minor,
            charges=(mine := tuple(charged[share.fund])),
            net_minor=share.cost_minor + facts.side.sign * sum(charge.minor for charge in mine),
        )
        for share in shares
    )


def _charges(facts: Facts, funds: Sequence[str]) -> Mapping[str, list[BookedCharge]]:
    """Each fund's part of every charge, by its units at the broker that is charged for.

    A cross is charged nothing (Investment Company Act rule 17a-7(d)).
    """
    factor = facts.security.factor
    trades = [
        Trade(
            destination=each.destination,
            quantity=each.quantity,
            notional=each.quantity * each.price * factor,
        )
        for each in facts.executions
        if each.destination != INTERNAL
    ]
    found: dict[str, list[BookedCharge]] = {fund: [] for fund in funds}
    for amount in charge_trades(
        facts.charges, trades, security=facts.security, side=facts.side, on=facts.day.on
    ):
        units = _units_at(facts.executions, amount.destination, funds)
        parts = share_minor(amount.minor, whole(units), _bearer(facts, units))
        for fund, minor in zip(funds, parts, strict=True):
            if minor:
                found[fund].append(_part(amount, minor))
    return found


def _units_at(
    executions: Sequence[BookedExecution], destination: str, funds: Sequence[str]
) -> list[Decimal]:
    """Units of each fund that one broker executed."""
    units = dict.fromkeys(funds, ZERO)
    for each in executions:
        if each.destination == destination:
            for leg in each.legs:
                units[leg.fund] += leg.quantity
    return list(units.values())


def _bearer(facts: Facts, units: Sequence[Decimal]) -> int:
    """Position of the fund that bears the cents left over, among those that got something."""
    holders = [number for number, quantity in enumerate(units) if quantity]
    match facts.residual:
        case Residual.FIRST:
            return holders[0]
        case Residual.ROTATION:
            return holders[facts.day.on.toordinal() % len(holders)]
        case Residual.LARGEST_FUND:
            return max(holders, key=lambda number: (units[number], -number))


def _part(amount: Amount, minor: int) -> BookedCharge:
    return BookedCharge(
        charge=amount.charge, kind=amount.kind, destination=amount.destination, minor=minor
    )
