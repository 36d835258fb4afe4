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
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

import numpy as np

from tradeoms.compliance.cells import FINE, CellStore, Floats, Int64s
from tradeoms.compliance.plan import DENS, GroupTest, Plan
from tradeoms.compliance.schema.groups import GroupsRule
from tradeoms.compliance.standing import (
    NO_CELLS,
    NO_SLACK,
    UNITS,
    Cells,
    Change,
    Standing,
    line_of,
    moved_standing,
    slack_of,
    standing_of,
    write_standing,
)

#: Entity, slot type and code of a cell.
Place = tuple[int, int, int]


@dataclass(slots=True)
class Board:
    """The standings of one fund, by the plan's group tests; None where sums alone do not tell.

    `bars` are the thresholds of the tests in whole units, rounded down; `texts` has standings
    written out, by the tests that were asked for; `before` what changed cells held when the
    standings were taken.
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
            content = [
                write_standing(plan.rules[plan.groups[at].rule], self.standings[at])
                for at in tests.tolist()
            ]
            found = self.texts[key] = json.dumps(content, separators=(",", ":"))
        return found


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

    def slots_of(self, entity: int, slot_type: int) -> Int64s:
        """Return the cells of a cube in an entity."""
        return np.array(self._slots.get((entity, slot_type), ()), np.int64)

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
                self.slack[entity, at] = slack_of(rule, moved, float(den))
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
                NO_SLACK if standing is None else slack_of(rule, standing, float(den or 0))
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
        return standing_of(rule, high, low, den)

    def _cells(
        self, entity: int, slot_type: int | None, known: dict[int, Cells | None]
    ) -> Cells | None:
        """Return the cells of a cube in an entity; None where one cannot be read from its sum."""
        if slot_type is None:
            return NO_CELLS
        if slot_type not in known:
            slots = self.slots_of(entity, slot_type)
            marked = self._store.holds_marks(slots)
            known[slot_type] = None if marked else Cells.of(self._store, slots)
        return known[slot_type]
