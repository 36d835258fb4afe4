"""What all groups of a fund come to together, kept beside the running sums.

A rule about groups needs a few exact numbers of a fund: the sum in the bucket, the largest groups,
how many there are, the gross sum. They are its **standing**, taken from the cells of its cube in
one pass of numpy whenever a cell of the fund has changed, and kept until the next change. From it
follows how much any one group may move without a doubt, the **slack**: an order that moves less
passes after one comparison, whatever group it trades.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import numpy as np

from tradeoms.compliance.cells import FINE, PLACES, Bools, CellStore, Floats, Int64s, as_floats
from tradeoms.compliance.exact import exact_text
from tradeoms.compliance.plan import DENS, Plan
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
#: Units of an amount in one of the currency.
UNITS: Final = 10**PLACES
#: A row of slack that lets nothing pass.
NO_SLACK: Final = (-math.inf, math.inf, -1.0, -1.0)
#: Slack is given up to this share of the numbers behind it, far more than floats can lose.
MARGIN: Final = 2.0**-40


@dataclass(slots=True)
class Board:
    """The standings of one fund, by the plan's group tests; None where sums alone do not tell.

    `texts` has standings written out, by the tests that were asked for.
    """

    standings: list[Standing | None]
    texts: dict[bytes, str] = field(default_factory=dict)

    def text(self, plan: Plan, tests: Int64s) -> str:
        """Return some standings as JSON: amounts as decimal text, counts as numbers."""
        key = tests.tobytes()
        found = self.texts.get(key)
        if found is None:
            content = [_written(plan, at, self.standings[at]) for at in tests.tolist()]
            found = self.texts[key] = json.dumps(content, separators=(",", ":"))
        return found


def _written(plan: Plan, at: int, standing: Standing | None) -> list[object] | None:
    if standing is None:
        return None
    if isinstance(plan.rules[plan.groups[at].rule], CountRule):
        return list(standing)
    return [exact_text(Fraction(one, UNITS)) for one in standing]


def read_standing(raw: Sequence[Any] | None) -> Standing | None:  # parsed JSON
    """Read a standing as `Board.text` writes it."""
    if raw is None:
        return None
    return tuple(one if isinstance(one, int) else int(Fraction(one) * UNITS) for one in raw)


class Standings:
    """The boards of every fund that has been asked for, and how stale they are."""

    def __init__(self, plan: Plan, store: CellStore) -> None:
        self._plan = plan
        self._store = store
        self._kinds: Final = frozenset(
            kind for test in plan.groups for kind in (test.high, test.low) if kind is not None
        )
        self._slots: Final[dict[tuple[int, int], list[int]]] = {}
        self._boards: Final[dict[int, Board]] = {}
        self.way: Final[Floats] = np.array([float(test.way) for test in plan.groups])
        self.slack: Floats = np.zeros((0, len(plan.groups), 4))

    def enrol(self, entity: int, slot_type: int, slot: int) -> None:
        """Take a new cell into the standings of its entity."""
        if slot_type in self._kinds:
            self._slots.setdefault((entity, slot_type), []).append(slot)
            self._store.watch(slot, entity)
            self._boards.pop(entity, None)

    def forget(self, entity: int) -> None:
        """Drop the board of an entity, e.g. when its denominators change."""
        self._boards.pop(entity, None)

    def board(self, entity: int, den: list[Fraction | None]) -> Board:
        """Return the board of an entity; ``den`` are the denominators of all entities."""
        board = self._boards.get(entity)
        if board is None or self._store.changed(entity):
            board = self._boards[entity] = self._make(entity, den)
        return board

    def _make(self, entity: int, dens: list[Fraction | None]) -> Board:
        if entity >= len(self.slack):
            more = np.zeros((entity + 1024 - len(self.slack), len(self._plan.groups), 4))
            self.slack = np.concatenate([self.slack, more])
        standings: list[Standing | None] = []
        cells: dict[int, Cells | None] = {}
        for at, test in enumerate(self._plan.groups):
            rule = self._plan.rules[test.rule]
            assert isinstance(rule, GroupsRule)
            den = dens[entity * len(DENS) + DENS.index(rule.den)]
            high, low = (self._cells(entity, kind, cells) for kind in (test.high, test.low))
            standing = None
            if den is not None and den > 0 and high is not None and low is not None:
                standing = _standing(rule, high, low, den)
            standings.append(standing)
            self.slack[entity, at] = (
                NO_SLACK if standing is None else _slack(rule, standing, float(den or 0))
            )
        return Board(standings)

    def _cells(
        self, entity: int, slot_type: int | None, known: dict[int, Cells | None]
    ) -> Cells | None:
        """Return the cells of a cube in an entity; None where one cannot be read from its sum."""
        if slot_type is None:
            return NO_CELLS
        if slot_type not in known:
            slots = np.array(self._slots.get((entity, slot_type), ()), np.int64)
            marked = self._store.holds_marks(slots)
            known[slot_type] = None if marked else Cells.of(self._store, slots)
        return known[slot_type]


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

    def exact(self, at: Int64s) -> list[int]:
        """Return some cells exactly, units of 10**-21."""
        pairs = zip(self.coarse[at].tolist(), self.fine[at].tolist(), strict=True)
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


def _standing(rule: GroupsRule, high: Cells, low: Cells, den: Fraction) -> Standing | None:
    """Return the exact numbers of a rule from the upper and lower values of all groups.

    None where they are finer than the units.
    """
    match rule:
        case BucketRule():
            line = Fraction(rule.threshold) * den
            inside = high.above(line)
            total = high.total(inside)
            if rule.count == "excess":
                rest = total - int(inside.sum()) * line * UNITS
                return (rest.numerator,) if rest.denominator == 1 else None
            return (total,)
        case TopRule():
            return _largest(high, max(rule.max_by_n) + 1)
        case CountRule():
            line = Fraction(0) if rule.above is None else Fraction(rule.above) * den
            return int(high.above(line).sum()), int(low.above(line).sum())
        case GrossRule():
            every = np.arange(len(high.value))
            ends = zip(high.exact(every), low.exact(every), strict=True)
            return (sum(max(abs(one), abs(other)) for one, other in ends),)
        case IssuesRule():
            return _largest(high, 1)


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


def _slack(rule: GroupsRule, standing: Standing, den: float) -> tuple[float, float, float, float]:
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
