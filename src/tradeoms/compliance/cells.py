"""The running sums: exact numbers in two int64 arrays, found by entity and key.

A value is `coarse * 10**-6 + fine * 10**-21` with 0 <= fine < 10**15: exact to 21 decimals and up
to 2.3 trillion, added by plain integer arithmetic. What does not fit is counted in `odd`, what has
no price in `missing`; a slot with either is left to the exact reference.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Final

import numpy as np
import numpy.typing as npt

Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Decimal places of an exact value held as one Python int.
PLACES: Final = 21
#: Fine units in a coarse one.
FINE: Final = 10**15
#: Coarse values beyond this are not held (a quarter of int64, so that additions cannot overflow).
COARSE_MAX: Final = 2**61


class CellStore:
    """Growable arrays of slots."""

    def __init__(self) -> None:
        # Both parts of a sum lie side by side, so that one look into memory finds them.
        self._sums: Int64s = np.zeros((1024, 2), np.int64)
        self.missing: npt.NDArray[np.int32] = np.zeros(1024, np.int32)
        self.odd: npt.NDArray[np.int32] = np.zeros(1024, np.int32)
        self._marks = 0
        # Slots whose changes are told to `listener` before they happen.
        self._watched: Bools = np.zeros(1024, np.bool_)
        self.listener: Callable[[Int64s], None] | None = None

    @property
    def coarse(self) -> Int64s:
        """Coarse part of every slot, a view."""
        return self._sums[:, 0]

    @property
    def fine(self) -> Int64s:
        """Fine part of every slot, a view."""
        return self._sums[:, 1]

    def reach(self, size: int) -> None:
        """Make room for ``size`` slots; new ones hold zero."""
        while size > len(self._sums):
            for name in ("_sums", "missing", "odd", "_watched"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.zeros_like(old)]))

    def watch(self, slot: int) -> None:
        """Tell the listener before the slot changes."""
        self._watched[slot] = True

    def mark_missing(self, slots: Int64s, sign: int) -> None:
        """Count holdings without a price or rate: one more (``sign`` 1) or one less (-1)."""
        self._mark(self.missing, slots, sign)

    def mark_odd(self, slots: Int64s, sign: int) -> None:
        """Count holdings whose numbers do not fit: one more (``sign`` 1) or one less (-1)."""
        self._mark(self.odd, slots, sign)

    def _mark(self, marks: npt.NDArray[np.int32], slots: Int64s, sign: int) -> None:
        once = np.unique(slots)
        before = np.count_nonzero(marks[once])
        marks[once] += sign
        self._marks += int(np.count_nonzero(marks[once]) - before)
        self._touch(slots)

    @property
    def marked(self) -> bool:
        """True where any slot cannot be judged from its sum alone."""
        return self._marks > 0

    def exact(self, slot: int) -> Fraction:
        """Return one sum as a Fraction."""
        whole = int(self.coarse[slot]) * FINE + int(self.fine[slot])
        return Fraction(whole, 10**PLACES)

    def _touch(self, slots: Int64s) -> None:
        if self.listener is not None:
            self.listener(slots[self._watched[slots]])

    def holds_marks(self, slots: Int64s) -> bool:
        """True where one of ``slots`` cannot be judged from its sum alone."""
        return self.marked and bool(
            (self.missing[slots] != 0).any() or (self.odd[slots] != 0).any()
        )

    def read(self, slots: Int64s) -> Int64s:
        """Return coarse and fine part of some slots, (K, 2)."""
        return self._sums.take(slots, axis=0)

    def add_each(self, slots: Int64s, parts: Int64s) -> None:
        """Add exact values, coarse and fine (K, 2), to ``slots``, each of them named once."""
        self._touch(slots)
        sums = self.read(slots) + parts
        carry = sums[:, 1] // FINE
        sums[:, 0] += carry
        sums[:, 1] -= carry * FINE
        self._sums[slots] = sums
        beyond = np.abs(sums[:, 0]) > COARSE_MAX
        if beyond.any():
            self.mark_odd(slots[beyond], 1)

    def add(self, slots: Int64s, coarse: Int64s, fine: Int64s) -> None:
        """Add exact values to ``slots`` (repeats allowed; at most 9,000 to one slot)."""
        if not len(slots):
            return
        self._touch(slots)
        np.add.at(self.coarse, slots, coarse)
        np.add.at(self.fine, slots, fine)
        fine = self.fine[slots]
        carry = fine // FINE
        if carry.any():
            # A repeated slot writes the same values again.
            coarse = self.coarse[slots] + carry
            self.fine[slots] = fine - carry * FINE
            self.coarse[slots] = coarse
        if np.abs(self.coarse[slots]).max() > COARSE_MAX:
            self.mark_odd(np.unique(slots[np.abs(self.coarse[slots]) > COARSE_MAX]), 1)


def as_floats(coarse: Int64s, fine: Int64s) -> Floats:
    """Return exact values as floats, within two units in the last place."""
    return np.asarray(coarse * 1e-6 + fine * 1e-21, np.float64)


def split(value: int) -> tuple[int, int] | None:
    """Split an exact value into coarse and fine; None where it does not fit."""
    coarse, fine = divmod(value, FINE)
    return (coarse, fine) if -COARSE_MAX < coarse < COARSE_MAX else None
