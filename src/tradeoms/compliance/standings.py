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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import numpy as np

from tradeoms.compliance.cells import FINE, PLACES, Bools, CellStore, Floats, Int64s, as_floats
from tradeoms.compliance.plan import DENS, GroupTest, Plan
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
#: Entity, slot type and code of a cell.
Place = tuple[int, int, int]
#: Units of an amount in one of the currency.
UNITS: Final = 10**PLACES
#: A row of slack that lets nothing pass.
NO_SLACK: Final = (-math.inf, math.inf, -1.0, -1.0)
#: Slack is given up to this share of the numbers behind it, far more than floats can lose.
MARGIN: Final = 2.0**-40


@dataclass(slots=True)
class Board:
    """The standings of one fund, by the plan's group tests; None where sums alone do not tell.

    `bars` are the thresholds of the tests in whole units, rounded down; `texts` has standings written out, by the tests that were asked for; `before` what changed cells
    held when the standings were taken.
    """

    standings: list[Standing | None]
    bars: list[int]
    texts: dict[bytes, str] = field(default_factory=dict)
    before: dict[int, int] = field(default_factory=dict)

    def text(self, plan: Plan, tests: Int64s) -> str:
        """Return some standings as JSON: amounts as text in units, counts as numbers."""
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
    return [_short(one) for one in standing]


def _short(units: int) -> str:
    """Write an amount in units of 10**-21 with the zeros at its end counted."""
    text = str(units)
    bare = text.rstrip("0")
    return f"{bare}e{len(text) - len(bare)}" if units else "0e0"


def read_standing(raw: Sequence[Any] | None) -> Standing | None:  # parsed JSON
    """Read a standing as `Board.text` writes it."""
    if raw is None:
        return None
    return tuple(one if isinstance(one, int) else _long(one) for one in raw)


def _long(text: str) -> int:
    digits, zeros = text.split("e")
    return int(digits + "0" * int(zeros))


class Standings:
    """The boards of every fund that has been asked for, and how stale they are."""

    def __init__(self, plan: Plan, store: CellStore) -> None:
        self._plan = plan
        self._store = store
        self._kinds: Final = frozenset(
            kind for test in plan.groups for kind in (test.high, test.low) if kind is not None
        )
        self._slots: Final[dict[tuple[int, int], list[int]]] = {}
        self._places: Final[dict[int, Place]] = {}
        self._at: Final[dict[Place, int]] = {}
        store.listener = self._note
        self._boards: Final[dict[int, Board]] = {}
        self.way: Final[Floats] = np.array([float(test.way) for test in plan.groups])
        self.slack: Floats = np.zeros((0, len(plan.groups), 4))

    def enrol(self, place: Place, slot: int) -> None:
        """Take a new cell, which holds nothing yet, into the standings of its entity."""
        entity, slot_type, _ = place
        if slot_type in self._kinds:
            self._slots.setdefault((entity, slot_type), []).append(slot)
            self._places[slot] = place
            self._at[place] = slot
            self._store.watch(slot)

    def _note(self, slots: Int64s) -> None:
        """Keep what cells hold that are about to change."""
        if not self._boards or not len(slots):
            return
        values = zip(
            slots.tolist(),
            self._store.coarse[slots].tolist(),
            self._store.fine[slots].tolist(),
            strict=True,
        )
        for slot, coarse, fine in values:
            board = self._boards.get(self._places[slot][0])
            if board is not None:
                board.before.setdefault(slot, coarse * FINE + fine)

    def forget(self, entity: int) -> None:
        """Drop the board of an entity, e.g. when its denominators change."""
        self._boards.pop(entity, None)

    def board(self, entity: int, den: list[Fraction | None]) -> Board:
        """Return the board of an entity; ``den`` are the denominators of all entities."""
        board = self._boards.get(entity)
        if board is None:
            board = self._boards[entity] = self._make(entity, den)
        elif board.before:
            board = self._boards[entity] = self._update(entity, board, den)
        return board

    def _update(self, entity: int, board: Board, dens: list[Fraction | None]) -> Board:
        """Return the board brought up to date by the difference that the changed cells make."""
        slots = np.array(list(board.before), np.int64)
        if self._store.holds_marks(slots) or None in board.standings:
            return self._make(entity, dens)
        now = dict(zip(slots.tolist(), Cells.of(self._store, slots).exact(), strict=True))
        codes: dict[int | None, set[int]] = {}
        for slot in now:
            _, kind, code = self._places[slot]
            codes.setdefault(kind, set()).add(code)
        for at, test in enumerate(self._plan.groups):
            touched = codes.get(test.high, set()) | codes.get(test.low, set())
            standing = board.standings[at]
            assert standing is not None
            if touched:
                rule = self._plan.rules[test.rule]
                assert isinstance(rule, GroupsRule)
                den = dens[entity * len(DENS) + DENS.index(rule.den)]
                assert den is not None
                changes = [self._change(entity, test, code, board.before, now) for code in touched]
                moved = moved_standing(rule, standing, changes, board.bars[at])
                if moved is None:
                    moved = self._take(entity, test, den, {})
                if moved is None:
                    return self._make(entity, dens)
                board.standings[at] = moved
                self.slack[entity, at] = _slack(rule, moved, float(den))
        board.texts.clear()
        board.before.clear()
        return board

    def _change(
        self,
        entity: int,
        test: GroupTest,
        code: int,
        before: Mapping[int, int],
        now: Mapping[int, int],
    ) -> Change:
        """Return upper and lower value of one group before and now."""
        ends = []
        for kind in (test.high, test.low):
            if kind is None:
                ends.append((0, 0))
                continue
            slot = self._at[entity, kind, code]
            if slot in now:
                ends.append((before[slot], now[slot]))
            else:
                value = int(self._store.coarse[slot]) * FINE + int(self._store.fine[slot])
                ends.append((value, value))
        return ends[0][0], ends[1][0], ends[0][1], ends[1][1]

    def _make(self, entity: int, dens: list[Fraction | None]) -> Board:
        if entity >= len(self.slack):
            more = np.zeros((entity + 1024 - len(self.slack), len(self._plan.groups), 4))
            self.slack = np.concatenate([self.slack, more])
        standings: list[Standing | None] = []
        bars: list[int] = []
        cells: dict[int, Cells | None] = {}
        for at, test in enumerate(self._plan.groups):
            rule = self._plan.rules[test.rule]
            assert isinstance(rule, GroupsRule)
            den = dens[entity * len(DENS) + DENS.index(rule.den)]
            standing = self._take(entity, test, den, cells)
            standings.append(standing)
            bars.append(0 if den is None else math.floor(line_of(rule, den) * UNITS))
            self.slack[entity, at] = (
                NO_SLACK if standing is None else _slack(rule, standing, float(den or 0))
            )
        return Board(standings, bars)

    def _take(
        self, entity: int, test: GroupTest, den: Fraction | None, known: dict[int, Cells | None]
    ) -> Standing | None:
        """Return the standing of one test from its cells, None where they do not tell."""
        high, low = (self._cells(entity, kind, known) for kind in (test.high, test.low))
        if den is None or den <= 0 or high is None or low is None:
            return None
        rule = self._plan.rules[test.rule]
        assert isinstance(rule, GroupsRule)
        return _standing(rule, high, low, den)

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


def _standing(rule: GroupsRule, high: Cells, low: Cells, den: Fraction) -> Standing | None:
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
