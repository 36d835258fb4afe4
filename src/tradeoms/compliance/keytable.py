"""A hash table from int64 keys to row numbers that is asked for many keys at once.

Places lie in buckets of eight, one cache line each, filled from the left; what a full bucket cannot
take goes to the next. A lookup of a whole batch is a few array operations, and nearly always one
look at one bucket a key. Keys are not negative and never removed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tradeoms.compliance.cells import Int64s

_EMPTY: Final = np.int64(-1)
#: Places in a bucket.
_WIDTH: Final = 8
#: So many keys are looked for faster one by one.
_FEW: Final = 8
#: Odd constant of Fibonacci hashing: 2**64 over the golden ratio.
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)


class KeyTable:
    """Rows of keys; a new key gets the next row. Row 0 belongs to no key."""

    def __init__(self) -> None:
        self.count = 1
        self._bits = 9
        self._clear()

    def find(self, keys: Int64s, *, make: bool) -> Int64s:
        """Return the row of every key (int64 (K,)).

        Absent keys get new rows where ``make``, in ascending order of the keys; else row 0.
        """
        rows = self._look(keys, self._hash(keys))
        if make:
            absent = (rows == 0).nonzero()[0]
            if len(absent):
                made, inverse = np.unique(keys[absent], return_inverse=True)
                rows[absent] = self.count + inverse
                self._insert(made)
        return rows

    def _look(self, keys: Int64s, at: Int64s) -> Int64s:
        """Return the row of every key from bucket ``at`` on, 0 where it is absent."""
        found = self._table.take(at, axis=0)
        # The rows stand as far behind their keys as a bucket is wide.
        hit = (found[:, :_WIDTH] == keys[:, None]).ravel().nonzero()[0]
        who = hit // _WIDTH
        rows = np.zeros(len(keys), np.int64)
        rows[who] = found.ravel().take(hit + (who + 1) * _WIDTH)
        open_ = found[:, _WIDTH - 1] != _EMPTY
        open_[who] = False
        beyond = open_.nonzero()[0]
        if len(beyond) > _FEW:
            rows[beyond] = self._look(keys[beyond], (at[beyond] + 1) & self._mask)
        else:
            for one in beyond.tolist():
                rows[one] = self._look_on(keys.item(one), at.item(one) + 1)
        return rows

    def _look_on(self, key: int, at: int) -> int:
        """Return the row of one key from bucket ``at`` on, 0 where it is absent."""
        while True:
            bucket = self._table[at & self._mask].tolist()
            if key in bucket[:_WIDTH]:
                return int(bucket[bucket.index(key) + _WIDTH])
            if bucket[_WIDTH - 1] == _EMPTY:
                return 0
            at += 1

    def _insert(self, keys: Int64s) -> None:
        """Add distinct new keys, with the rows that follow."""
        rows = np.arange(self.count, self.count + len(keys), dtype=np.int64)
        self.count += len(keys)
        if self.count * 2 > self._keys.size:
            used = self._keys != _EMPTY
            keys = np.concatenate([self._keys[used], keys])
            rows = np.concatenate([self._rows[used], rows])
            while self.count * 3 > _WIDTH << self._bits:
                self._bits += 1
            self._clear()
        at = self._hash(keys)
        while len(keys):
            order = np.argsort(at, kind="stable")
            keys, rows, at = keys[order], rows[order], at[order]
            first = np.searchsorted(at, at)  # of the keys for one bucket, each takes the next place
            place = (self._keys[at] != _EMPTY).sum(axis=1) + np.arange(len(at)) - first
            fits = place < _WIDTH
            self._keys[at[fits], place[fits]] = keys[fits]
            self._rows[at[fits], place[fits]] = rows[fits]
            keys, rows, at = keys[~fits], rows[~fits], (at[~fits] + 1) & self._mask

    def _clear(self) -> None:
        self._mask = (1 << self._bits) - 1
        self._shift = np.uint64(64 - self._bits)
        # The rows of a bucket's keys lie beside them, so that one look into memory finds both.
        self._table = np.zeros((1 << self._bits, 2 * _WIDTH), np.int64)
        self._keys, self._rows = self._table[:, :_WIDTH], self._table[:, _WIDTH:]
        self._keys[:] = _EMPTY

    def _hash(self, keys: Int64s) -> Int64s:
        return ((keys.view(np.uint64) * _GOLDEN) >> self._shift).view(np.int64)
