"""What a day of an order is charged: exact amounts, rounded once, to whole minor units.

An amount is `rate` times its basis, not below the minimum and not above the maximum, rounded as
the row says. Cents that are left when it is shared over funds are borne by one fund.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Decimal
from typing import Final

from tradeoms.domain.charge.state import Basis, Charge, ChargeKind, Per, Rounding
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import ZERO, minor_digits

_BPS: Final = Decimal(10_000)
_MODES: Final = {
    Rounding.HALF_EVEN: ROUND_HALF_EVEN,
    Rounding.HALF_UP: ROUND_HALF_UP,
    Rounding.UP: ROUND_UP,
    Rounding.DOWN: ROUND_DOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One execution as it is charged: the units of one order, and what they cost, in money."""

    destination: str
    quantity: Decimal
    notional: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What one charge comes to at one broker, minor units of the security's currency."""

    charge: str
    kind: ChargeKind
    destination: str
    minor: int


def charge_trades(
    charges: Sequence[Charge], trades: Sequence[Trade], *, security: Security, side: Side, on: date
) -> Iterator[Amount]:
    """What the executions of an order on a trading day are charged; nothing is left out at 0."""
    for destination in dict.fromkeys(trade.destination for trade in trades):
        own = [trade for trade in trades if trade.destination == destination]
        for charge in _fitting(charges, destination, security=security, side=side, on=on):
            minor = sum(_amount(charge, part, security.currency) for part in _parts(charge, own))
            if minor:
                yield Amount(
                    charge=charge.id, kind=charge.kind, destination=destination, minor=minor
                )


def share_minor(total: int, weights: Sequence[int], bearer: int) -> list[int]:
    """Share minor units by ``weights``, rounded down; what is left is borne by number ``bearer``.

    Args:
        total: Not negative.
        weights: Not negative, with a positive sum.
        bearer: Position of the fund that bears the rest.
    """
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    shares[bearer] += total - sum(shares)
    return shares


def _fitting(
    charges: Sequence[Charge], destination: str, *, security: Security, side: Side, on: date
) -> list[Charge]:
    """The row that counts of each charge; of all commissions only the first."""
    found: dict[str, Charge] = {}
    for charge in charges:
        if _fits(charge, destination, security=security, side=side, on=on):
            key = charge.kind if charge.kind is ChargeKind.COMMISSION else f"id {charge.id}"
            found.setdefault(key, charge)
    return list(found.values())


def _fits(charge: Charge, destination: str, *, security: Security, side: Side, on: date) -> bool:
    conditions: tuple[tuple[tuple[str, ...], str], ...] = (
        (charge.destinations, destination),
        (charge.asset_types, security.asset_type),
        (charge.mics, security.mic),
        (charge.countries, security.country),
        (charge.sides, side),
        ((charge.currency,) if charge.currency else (), security.currency),
    )
    if not all(not allowed or value in allowed for allowed, value in conditions):
        return False
    return (charge.since is None or charge.since <= on) and (
        charge.until is None or on <= charge.until
    )


def _parts(charge: Charge, trades: Sequence[Trade]) -> Iterable[Trade]:
    """What the charge is computed for: each execution, or all together."""
    if charge.per is Per.EXECUTION:
        return trades
    together = Trade(
        destination=trades[0].destination,
        quantity=sum((trade.quantity for trade in trades), ZERO),
        notional=sum((trade.notional for trade in trades), ZERO),
    )
    return (together,)


def _amount(charge: Charge, trade: Trade, currency: str) -> int:
    """Minor units of one charge for one part."""
    match charge.basis:
        case Basis.BPS:
            amount = trade.notional * charge.rate / _BPS
        case Basis.PER_UNIT:
            amount = trade.quantity * charge.rate
        case Basis.TICKET:
            amount = charge.rate
    if charge.minimum is not None:
        amount = max(amount, charge.minimum)
    if charge.maximum is not None:
        amount = min(amount, charge.maximum)
    scaled = amount.scaleb(minor_digits(currency))
    return int(scaled.quantize(Decimal(1), _MODES[charge.rounding]))
