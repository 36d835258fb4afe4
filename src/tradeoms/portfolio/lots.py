"""Whole lots of exact numbers: the one place where a wish is rounded."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import floor, lcm

from tradeoms.domain.order.sizing import Rounding
from tradeoms.kernel.numbers import share_out


def whole_lots(units: Fraction, lot: Decimal, rounding: Rounding = Rounding.DOWN) -> int:
    """Lots of ``units``, which must not be negative; nearest takes the half up."""
    assert units >= 0
    exact = units / Fraction(lot)
    match rounding:
        case Rounding.DOWN:
            return floor(exact)
        case Rounding.NEAREST:
            return floor(exact + Fraction(1, 2))
        case Rounding.UP:
            return -floor(-exact)


def share_lots(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Split ``total`` lots in proportion to exact ``weights``, by largest remainder."""
    scale = lcm(*(weight.denominator for weight in weights))
    return share_out(total, [int(weight * scale) for weight in weights])
