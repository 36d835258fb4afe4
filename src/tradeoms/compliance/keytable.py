"""A hash table from int64 keys to row numbers that is asked for many keys at once.

Open addressing with linear probing, in two numpy arrays: a lookup of a whole batch is a few array
operations, and a key costs 24 bytes at most loads. Keys are not negative and never removed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tradeoms.compliance.cells import Int64s

_EMPTY: Final = np.int64(-1)
#: Keys below which a loop is faster than array operations.
FEW: Final = 128
#: Odd constant of Fibonacci hashing: 2**64 over the golden ratio.
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)


class KeyTable:
    """Rows of keys; a new key gets the next row. Row 0 belongs to no key."""

    def __init__(self) -> None:
        self.count = 1
        self._bits = 12
        self._clear()

    def find(self, keys: Int64s, *, make: bool) -> Int64s:
        """Return the row of every key (int64 (K,)).

        Absent keys get new rows where ``make``, in ascending order of the keys; else row 0.
        """
        at = self._hash(keys)
        known = self._keys[at]
        rows = self._rows[at]
        open_ = np.flatnonzero(known != keys)
        fresh: list[Int64s] = []
        if len(open_) < FEW:
            fresh = self._probe(keys, at, rows, open_)
            open_ = open_[:0]
        while len(open_):
            empty = known[open_] == _EMPTY
            if empty.any():
                fresh.append(open_[empty])
                open_ = open_[~empty]
            at[open_] = (at[open_] + 1) & self._mask
            known[open_] = self._keys[at[open_]]
            rows[open_] = self._rows[at[open_]]
            open_ = open_[known[open_] != keys[open_]]
        if fresh:
            absent = np.concatenate(fresh)
            if not make:
                rows[absent] = 0
                return rows
            made, inverse = np.unique(keys[absent], return_inverse=True)
            rows[absent] = self.count + inverse
            self._insert(made)
        return rows

    def _probe(self, keys: Int64s, at: Int64s, rows: Int64s, open_: Int64s) -> list[Int64s]:
        """Follow a few keys one by one, which is faster; return which are absent."""
        known, mask = self._keys, self._mask
        absent = []
        for index, key, place in zip(
            open_.tolist(), keys[open_].tolist(), at[open_].tolist(), strict=True
        ):
            found = known.item(place)
            while found not in (key, -1):
                place = (place + 1) & mask  # noqa: PLW2901  # it walks on
                found = known.item(place)
            if found == key:
                rows[index] = self._rows.item(place)
            else:
                absent.append(index)
        return [np.array(absent, np.int64)] if absent else []

    def _insert(self, keys: Int64s) -> None:
        """Add distinct new keys, with the rows that follow."""
        rows = np.arange(self.count, self.count + len(keys), dtype=np.int64)
        self.count += len(keys)
        if self.count * 2 > self._mask:
            used = self._keys != _EMPTY
            keys = np.concatenate([self._keys[used], keys])
            rows = np.concatenate([self._rows[used], rows])
            while self.count * 3 > 1 << self._bits:
                self._bits += 1
            self._clear()
        at = self._hash(keys)
        while len(keys):
            free = self._keys[at] == _EMPTY
            self._keys[at[free]] = keys[free]  # of several keys for one place the last one wins
            won = self._keys[at] == keys
            self._rows[at[won]] = rows[won]
            lost = ~won
            keys, rows, at = keys[lost], rows[lost], (at[lost] + 1) & self._mask

    def _clear(self) -> None:
        self._mask = (1 << self._bits) - 1
        self._shift = np.uint64(64 - self._bits)
        # Key and row lie side by side, so that one look into memory finds them.
        table = np.zeros((1 << self._bits, 2), np.int64)
        self._keys, self._rows = table[:, 0], table[:, 1]
        self._keys[:] = _EMPTY

    def _hash(self, keys: Int64s) -> Int64s:
        return ((keys.view(np.uint64) * _GOLDEN) >> self._shift).view(np.int64)
