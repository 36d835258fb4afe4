"""What all groups of a fund come to together for one rule, and what follows from it.

A few exact numbers: the sum in a bucket, the largest groups, how many there are, the gross sum.
They are taken from the cells of a cube in one pass of numpy, or moved by the difference that a
changed group makes. The slack is how far any one group may move without a doubt.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from tradeoms.compliance.cells import FINE, PLACES, Bools, CellStore, Floats, Int64s, as_floats
from tradeoms.compliance.schema.groups import (
    BucketRule,
    CountRule,
    GrossRule,
    GroupsRule,
    IssuesRule,
    TopRule,
)

#: Exact numbers of one rule in one fund; amounts in units of 10**-21.
Standing = tuple[int, ...]
#: Upper and lower value of a group, before and after it changed; units.
Change = tuple[int, int, int, int]
#: Units of an amount in one of the currency.
UNITS: Final = 10**PLACES
#: A row of slack that lets nothing pass.
NO_SLACK: Final = (-math.inf, math.inf, -1.0, -1.0)
#: Slack is given up to this share of the numbers behind it, far more than floats can lose.
MARGIN: Final = 2.0**-40


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one cube in one entity: exact sums in two parts, and as floats."""

    coarse: Int64s
    fine: Int64s
    value: Floats

    @classmethod
    def of(cls, store: CellStore, slots: Int64s) -> Cells:
        """Read the cells of ``slots``."""
        coarse, fine = store.coarse[slots], store.fine[slots]
        return cls(coarse, fine, as_floats(coarse, fine))

    def exact(self, at: Int64s | None = None) -> list[int]:
        """Return some cells, or all, exactly, units of 10**-21."""
        coarse, fine = (self.coarse, self.fine) if at is None else (self.coarse[at], self.fine[at])
        pairs = zip(coarse.tolist(), fine.tolist(), strict=True)
        return [coarse * FINE + fine for coarse, fine in pairs]

    def above(self, line: Fraction) -> Bools:
        """Return which cells are above ``line``, exactly."""
        edge = float(line)
        band = MARGIN * (np.abs(self.value) + abs(edge))
        found = self.value > edge
        near = np.flatnonzero(np.abs(self.value - edge) <= band)
        if len(near):
            bar = line * UNITS
            found[near] = [one > bar for one in self.exact(near)]
        return np.asarray(found, np.bool_)

    def total(self, chosen: Bools) -> int:
        """Return the sum of some cells, exactly."""
        if np.abs(self.value).sum() < 1e12:  # the coarse parts add up within int64
            return int(self.coarse[chosen].sum()) * FINE + int(self.fine[chosen].sum())
        return sum(self.exact(np.flatnonzero(chosen)))


_EMPTY: Final = np.zeros(0, np.int64)
NO_CELLS: Final = Cells(_EMPTY, _EMPTY, np.zeros(0))


def standing_of(rule: GroupsRule, high: Cells, low: Cells, den: Fraction) -> Standing | None:
    """Return the exact numbers of a rule from the upper and lower values of all groups.

    None where they are finer than the units.
    """
    match rule:
        case BucketRule():
            line = line_of(rule, den)
            inside = high.above(line)
            total = high.total(inside)
            if rule.count == "excess":
                rest = total - int(inside.sum()) * line * UNITS
                return (rest.numerator,) if rest.denominator == 1 else None
            return (total,)
        case TopRule():
            return _largest(high, max(rule.max_by_n) + 1)
        case CountRule():
            line = line_of(rule, den)
            return int(high.above(line).sum()), int(low.above(line).sum())
        case GrossRule():
            ends = zip(high.exact(), low.exact(), strict=True)
            return (sum(max(abs(one), abs(other)) for one, other in ends),)
        case IssuesRule():
            return _largest(high, 1)


def line_of(rule: GroupsRule, den: Fraction) -> Fraction:
    """Return the value above which a group is in the bucket or counts; 0 where all do."""
    share = rule.threshold if isinstance(rule, BucketRule) else None
    if isinstance(rule, CountRule):
        share = rule.above
    return Fraction(share or 0) * den


def moved_standing(
    rule: GroupsRule, standing: Standing, changes: Sequence[Change], bar: int
) -> Standing | None:
    """Return a standing after some groups have changed; None where it must be taken anew.

    Args:
        rule: The rule.
        standing: Its numbers before.
        changes: The groups that have changed, each once.
        bar: Threshold in whole units, rounded down: a whole number above it is above the threshold.
    """
    match rule:
        case BucketRule():
            if rule.count == "excess":
                return None  # the threshold may have more decimals than the units
            total = standing[0]
            for old, _, new, _ in changes:
                total += (new if new > bar else 0) - (old if old > bar else 0)
            return (total,)
        case CountRule():
            most, least = standing
            for old, old_low, new, new_low in changes:
                most += (new > bar) - (old > bar)
                least += (new_low > bar) - (old_low > bar)
            return most, least
        case GrossRule():
            total = standing[0]
            for old, old_low, new, new_low in changes:
                total += max(abs(new), abs(new_low)) - max(abs(old), abs(old_low))
            return (total,)
        case _:
            return _moved_largest(standing, changes)


def _moved_largest(standing: Standing, changes: Sequence[Change]) -> Standing | None:
    """Return the largest groups after changes; None where one fell out and another must come in."""
    found = list(standing)
    for old, _, new, _ in changes:
        least = found[-1]
        if old > 0 and old >= least:
            if new < least or old not in found:
                return None
            found.remove(old)
            found.append(new)
        elif new > least:
            found[-1] = new
        found.sort(reverse=True)
    return tuple(found)


def _largest(cells: Cells, count: int) -> Standing:
    """Return the ``count`` largest positive cells, the largest first, filled up with zeros."""
    value = cells.value
    if len(value) > count:
        line = np.partition(value, len(value) - count)[-count]
        chosen = np.flatnonzero(value >= line - MARGIN * abs(line))
    else:
        chosen = np.arange(len(value))
    found = sorted((one for one in cells.exact(chosen) if one > 0), reverse=True)[:count]
    return tuple(found) + (0,) * (count - len(found))


def slack_of(rule: GroupsRule, standing: Standing, den: float) -> tuple[float, float, float, float]:
    """Return how far any one group may surely move, as a row of `Standings.slack`.

    The row says what is surely outside and surely inside the threshold, and how far a group inside
    and one outside may move; negative where nothing is sure. A group that crosses the threshold of
    a bucket brings all of it in: its slack is less by that.
    """
    amounts = [one / UNITS for one in standing]
    outside, inside = -math.inf, -math.inf
    match rule:
        case BucketRule():
            line = float(rule.threshold) * den
            outside, inside = line * (1 - MARGIN), line * (1 + MARGIN)
            within = _less(float(rule.bucket_max) * den, amounts[0])
            return outside, inside, within, within - (inside if rule.count == "whole" else 0.0)
        case TopRule():
            within = min(
                _less(float(share) * den, sum(amounts[:count]))
                for count, share in rule.max_by_n.items()
            )
        case CountRule():
            room = rule.max is None or standing[0] < rule.max
            within = math.inf if room and (rule.min is None or standing[1] > rule.min) else -1.0
            if rule.min is None:
                line = float(rule.above or 0) * den
                outside, inside = line * (1 - MARGIN), line * (1 + MARGIN)
                assert rule.max is not None
                return outside, inside, math.inf if standing[0] <= rule.max else -1.0, within
        case GrossRule():
            limit = min(float(one) for one in (rule.max, rule.warn) if one is not None)
            within = _less(limit * den, amounts[0])
        case IssuesRule():
            within = _less(float(rule.when_above) * den, amounts[0])
    return outside, inside, within, within


def _less(limit: float, amount: float) -> float:
    return limit - amount - MARGIN * (abs(limit) + abs(amount))


def write_standing(rule: object, standing: Standing | None) -> list[object] | None:
    """Return a standing as JSON: amounts as text in units, counts as numbers."""
    if standing is None:
        return None
    if isinstance(rule, CountRule):
        return list(standing)
    return [_short(one) for one in standing]


def _short(units: int) -> str:
    """Write an amount in units of 10**-21 with the zeros at its end counted."""
    text = str(units)
    bare = text.rstrip("0")
    return f"{bare}e{len(text) - len(bare)}" if units else "0e0"


def read_standing(raw: Sequence[Any] | None) -> Standing | None:  # parsed JSON
    """Read a standing as `write_standing` writes it."""
    if raw is None:
        return None
    return tuple(one if isinstance(one, int) else _long(one) for one in raw)


def _long(text: str) -> int:
    digits, zeros = text.split("e")
    return int(digits + "0" * int(zeros))
