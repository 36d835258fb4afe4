"""What a holding adds to each term, in whole units of 10**-21: integers, no rounding.

Quantities and prices enter at 10 decimals. A product that is not whole at 21 decimals raises
`TooFine`, and the holding is left to the exact reference. A missing price or rate is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tradeoms.compliance.cells import PLACES
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.plan import Term
from tradeoms.compliance.schema.measures import Weighted
from tradeoms.domain.evaluation import Candidate, OpenOrder

#: Decimal places of quantities, prices and fees.
STEPS: Final = 10
_STEP: Final = 10**STEPS
_TENS: Final[tuple[int, ...]] = tuple(10**places for places in range(PLACES + 1))


#: What one unit of an order adds to a size: a float (-1 where unknown, None where not measured),
#: and exactly as a ratio of whole numbers, None where unknown or nothing.
Measure = tuple[float | None, tuple[int, int] | None]


class TooFine(ArithmeticError):
    """A number needs more decimals than the arrays hold."""


@dataclass(frozen=True, slots=True)
class Loose:
    """An open order's part in one holding: signed quantity at 10 decimals, and the order."""

    steps: int
    order: OpenOrder | Candidate


def steps_of(value: Decimal | Fraction) -> int:
    """Return ``value`` in units of 10**-10.

    Raises:
        TooFine: If it has more decimals.
    """
    return _whole(value, STEPS)


def times(value: int, steps: int) -> int:
    """Return ``value`` (10**-21) times ``steps`` (10**-10), in 10**-21.

    Raises:
        TooFine: If the product has more decimals.
    """
    product, rest = divmod(value * steps, _STEP)
    if rest:
        raise TooFine
    return product


def _whole(value: Decimal | Fraction, places: int) -> int:
    numerator: int
    numerator, denominator = value.as_integer_ratio()
    if denominator == 1:
        return numerator * _TENS[places]
    whole, rest = divmod(numerator * _TENS[places], denominator)
    if rest:
        raise TooFine
    return whole


class Valuer:
    """Unit values of securities as integers, remembered until a price or rate changes."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._units: dict[str, dict[tuple[str | Weighted, str], int | None]] = {}
        self._scales: dict[str, dict[str, tuple[int, int] | None]] = {}
        #: Moves of one unit, by security; kept here because a price change ends them.
        self.unit_moves: Final[dict[str, dict[tuple[object, ...], tuple[int | None, ...]]]] = {}
        #: Sizes of one unit, by security; likewise.
        self.measures: Final[dict[str, dict[tuple[object, ...], dict[str, Measure]]]] = {}

    def forget(self, security_id: str) -> None:
        """Drop the unit values of a security that has changed."""
        self._units.pop(security_id, None)
        self._scales.pop(security_id, None)
        self.unit_moves.pop(security_id, None)
        self.measures.pop(security_id, None)

    def unit(self, measure: str | Weighted, security_id: str, currency: str) -> int | None:
        """Value of one unit in ``measure``; None where unknown."""
        known = self._units.get(security_id)
        if known is None:
            known = self._units[security_id] = {}
        key = (measure, currency)
        if key not in known:
            value = self._facts.unit(measure, security_id, currency)
            known[key] = None if value is None else _whole(value, PLACES)
        return known[key]

    def cost(self, order: OpenOrder | Candidate, currency: str) -> int | None:
        """Cash of one unit at the order's limit, or at the mark; None where unknown."""
        if order.limit_price is None:
            return self.unit("mv", order.security_id, currency)
        known = self._scales.setdefault(order.security_id, {})
        if currency not in known:
            security = self._facts.securities[order.security_id]
            rate = self._facts.rate(security.currency, currency)
            known[currency] = (
                None
                if rate is None
                else (_whole(rate * Fraction(security.factor), PLACES), steps_of(security.accrued))
            )
        scale = known[currency]
        if scale is None:
            return None
        return times(scale[0], steps_of(order.limit_price) + scale[1])

    def cash(self, one: Loose, term: Term, currency: str) -> int | None:
        """Cash that the order moves when it fills: negative is paid; None where unknown."""
        cost = self.cost(one.order, currency)
        if cost is None:
            return None
        fee = 0 if not term.fee else times(cost, steps_of(term.fee))
        gross = times(cost, one.steps)
        return -gross - times(fee, abs(one.steps))


def value_of(measure: str | Weighted, unit: int, steps: int) -> int:
    """Value of a position in a measure, as `kinds.ratio.value_of` in integers."""
    if measure == "mv_abs":
        return abs(times(unit, steps))
    if measure == "mv_long":
        return times(unit, max(steps, 0))
    if measure == "exposure_pos":
        return max(times(unit, steps), 0)
    return times(unit, steps)


def holding_amount(
    valuer: Valuer,
    term: Term,
    security_id: str,
    currency: str,
    *,
    settled: int,
    loose: Sequence[Loose],
) -> int | None:
    """Return what a holding and its open orders add to ``term``; None where unknown.

    Args:
        valuer: Unit values.
        term: The term.
        security_id: The security held.
        currency: Currency of the term's entity.
        settled: Settled quantity, signed, in steps.
        loose: Open orders in the security.
    """
    if term.mode == "none" and not settled:
        return 0
    unit = 0
    if term.measure is not None:
        found = valuer.unit(term.measure, security_id, currency)
        if found is None:
            return None
        unit = found
        if term.curved:
            return curved_value(term, unit, settled, [one.steps for one in loose])
    total = times(unit, settled)
    if term.mode == "none":
        return total
    for one in loose:
        move = move_of(valuer, term, unit, one, currency)
        if move is None:
            return None
        total += clip(term.mode, move)
    return total


def move_of(valuer: Valuer, term: Term, unit: int, one: Loose, currency: str) -> int | None:
    """Return what one order adds to a linear term when it fills whole; None where unknown."""
    move = times(unit, one.steps)
    if not term.cash:
        return move
    cash = valuer.cash(one, term, currency)
    return None if cash is None else move + cash


def clip(mode: str, move: int) -> int:
    """Return the part of an open order's move that a slot of ``mode`` counts."""
    if mode == "hi":
        return max(move, 0)
    if mode == "lo":
        return min(move, 0)
    return move if mode == "net" else 0


def curved_value(term: Term, unit: int, settled: int, loose: Iterable[int]) -> int:
    """Return the largest value that a curved measure can take while orders fill."""
    assert term.measure is not None
    low, high = ends(term, settled, loose)
    return max(value_of(term.measure, unit, low), value_of(term.measure, unit, high))


def ends(term: Term, settled: int, loose: Iterable[int]) -> tuple[int, int]:
    """Return the lowest and highest quantity that open orders can lead to, in steps."""
    if term.mode == "none":
        return settled, settled
    moves = list(loose)
    if term.mode == "net":
        settled += sum(moves)
        return settled, settled
    return settled + sum(min(one, 0) for one in moves), settled + sum(max(one, 0) for one in moves)
