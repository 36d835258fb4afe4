"""Weights of many funds in many securities at once, in floats: for show, and to rule out work.

Arrays are (F, S), funds by securities. A line that is surely inside its tolerance needs no exact
look; the margin is a thousand times wider than what float64 can be off by. Everything that may
trade is decided in Fractions by `rebalance`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
MARGIN: Final = 1e-9


def weights(units_fs: Floats, unit_fs: Floats, nav_f: Floats) -> Floats:
    """Share of NAV (0 to 1) of every holding; NaN where a price is not known.

    Args:
        units_fs: Signed units.
        unit_fs: Value of one unit in the fund's currency; NaN unknown.
        nav_f: Net asset value, positive.
    """
    return units_fs * unit_fs / nav_f[:, None]


def surely_inside(
    weight_fs: Floats, target_fs: Floats, *, tolerance: float, relative: bool
) -> Bools:
    """True where the deviation is inside the tolerance whatever rounding did.

    Args:
        weight_fs: Share of NAV now.
        target_fs: Share of NAV wanted.
        tolerance: Share of NAV, or of the target where ``relative``.
        relative: See above.
    """
    limit_fs = tolerance * target_fs if relative else np.full_like(target_fs, tolerance)
    return np.asarray(np.abs(weight_fs - target_fs) < limit_fs - MARGIN, np.bool_)
