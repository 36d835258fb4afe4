"""The running sums: exact numbers in two int64 arrays, found by entity and key.

A value is `coarse * 10**-6 + fine * 10**-21` with 0 <= fine < 10**15: exact to 21 decimals and up
to 9.2 trillion, added by plain integer arithmetic. What does not fit is counted in `odd`, what has
no price in `missing`; a slot with either is left to the exact reference.
"""

from __future__ import annotations

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
#: Coarse values beyond this are not held (half of int64, so that one addition cannot overflow).
COARSE_MAX: Final = 2**61

#: Late keys of an entity beyond which they are sorted in.
LATE_MAX: Final = 256


class CellStore:
    """Growable arrays of slots, and for every entity its keys in sorted order."""

    def __init__(self) -> None:
        self.size = 0
        self.coarse: Int64s = np.zeros(1024, np.int64)
        self.fine: Int64s = np.zeros(1024, np.int64)
        self.missing: npt.NDArray[np.int32] = np.zeros(1024, np.int32)
        self.odd: npt.NDArray[np.int32] = np.zeros(1024, np.int32)
        self.marked = False
        self._late: list[dict[int, int]] = []
        self._keys: list[Int64s] = []
        self._slots: list[Int64s] = []

    def new_entity(self) -> int:
        """Add an entity without cells; return its row."""
        self._keys.append(np.empty(0, np.int64))
        self._slots.append(np.empty(0, np.int64))
        self._late.append({})
        return len(self._keys) - 1

    def find(self, entity: int, keys: Int64s) -> Int64s:
        """Return the slots of ``keys`` (int64 (K,)), making those that are not there.

        New keys are kept aside in a dict and merged into the sorted arrays when they are many.
        """
        known = self._keys[entity]
        if not len(known):
            found = np.zeros(len(keys), np.int64)
            unseen = np.arange(len(keys))
        else:
            at = known.searchsorted(keys)
            at[at == len(known)] = 0
            found = self._slots[entity][at]
            hit = known[at] == keys
            if hit.all():
                return found
            unseen = np.flatnonzero(~hit)
        late = self._late[entity]
        slots = []
        for key in keys[unseen].tolist():
            slot = late.get(key)
            if slot is None:
                slot = late[key] = self._new_slot()
            slots.append(slot)
        found[unseen] = slots
        if len(late) > LATE_MAX:
            self._merge(entity)
        return found

    def _merge(self, entity: int) -> None:
        """Sort the late keys of an entity in."""
        late = self._late[entity]
        keys = np.concatenate([self._keys[entity], np.fromiter(late, np.int64, len(late))])
        slots = np.concatenate([self._slots[entity],
                                np.fromiter(late.values(), np.int64, len(late))])
        order = np.argsort(keys)
        self._keys[entity], self._slots[entity] = keys[order], slots[order]
        late.clear()

    def mark_missing(self, slots: Int64s, sign: int) -> None:
        """Count holdings without a price or rate: one more (``sign`` 1) or one less (-1)."""
        self.missing[slots] += sign
        self.marked = True

    def mark_odd(self, slots: Int64s, sign: int) -> None:
        """Count holdings whose numbers do not fit: one more (``sign`` 1) or one less (-1)."""
        self.odd[slots] += sign
        self.marked = True

    def holds_marks(self, slots: Int64s) -> bool:
        """True where one of ``slots`` cannot be judged from its sum alone."""
        return self.marked and bool((self.missing[slots] != 0).any() or (self.odd[slots] != 0).any())

    def add(self, slots: Int64s, coarse: Int64s, fine: Int64s) -> None:
        """Add exact values to ``slots`` (repeats allowed; at most 9,000 to one slot)."""
        if not len(slots):
            return
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

    def exact(self, slot: int) -> int:
        """Return the value of a slot in units of 10**-21."""
        return int(self.coarse[slot]) * FINE + int(self.fine[slot])

    def _new_slot(self) -> int:
        slot = self.size
        self.size += 1
        if slot == len(self.coarse):
            for name in ("coarse", "fine", "missing", "odd"):
                old = getattr(self, name)
                setattr(self, name, np.concatenate([old, np.zeros_like(old)]))
        return slot


def as_floats(coarse: Int64s, fine: Int64s) -> Floats:
    """Return exact values as floats, within two units in the last place."""
    return np.asarray(coarse * 1e-6 + fine * 1e-21, np.float64)


def split(value: int) -> tuple[int, int] | None:
    """Split an exact value into coarse and fine; None where it does not fit."""
    coarse, fine = divmod(value, FINE)
    return (coarse, fine) if -COARSE_MAX < coarse < COARSE_MAX else None
