"""Single orders that pass everywhere, answered in whole numbers from what is remembered of a line.

A **line** is one security on one side in some funds. Its cells and limits stay until prices, rules
or denominators change, so an order on it costs a look at its sums and one or two integer operations
a row. What is not clearly inside every limit is answered by nobody here: the screen judges it.
Where it does answer, the answer is the screen's, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from tradeoms.compliance.amounts import TooFine, steps_of
from tradeoms.compliance.cells import FINE, PLACES, Int64s
from tradeoms.compliance.gate import Gate
from tradeoms.compliance.legs import LegPlan
from tradeoms.compliance.moves import AS_IS, MOVE_MAX, scaled, unit_moves
from tradeoms.compliance.prepared import Prepared, Preparer, merge_legs, union
from tradeoms.compliance.rowjudge import quick_caps
from tradeoms.compliance.rows import Row, RowSet
from tradeoms.compliance.state import LiveState, global_keys
from tradeoms.domain.evaluation import Candidate

_UNITS: Final = 10**PLACES
#: Sums of open orders count a move whole, only above zero, only below it (`moves.CLIP`).
_ABOVE: Final = 2
_BELOW: Final = 3


@dataclass(frozen=True, slots=True)
class Edge:
    """One row as exact ratios, on the side of a maximum (minima are negated).

    Attributes:
        at: Position of its slot in the leg.
        sign: 1 for a maximum, -1 for a minimum.
        limit: Tightest limit or warning level, as a share of the denominator, times ``sign``.
        cap: Tightest limit, likewise.
        may_touch: True where a sum at a limit of zero passes while it moves away.
    """

    at: int
    sign: int
    limit: Fraction
    cap: Fraction
    may_touch: bool


@dataclass(frozen=True, slots=True)
class Line:
    """What is remembered of a security, a side and funds; E entries over all legs.

    Attributes:
        legs: One plan per fund.
        slots: Where the sums are, int64 (E,).
        bases: By leg, the base of every entry.
        clips: What an entry's sum counts of an open order, (E,).
        rows: Entry, sign, and in units of 10**-21: what a sum that grows worse, one that grows
            better, must stay below, and the limit that bounds a quantity.
        named: Leg and index of every row.
        applies: Applicability of every rule.
        gate: Rules about the order itself.
    """

    legs: list[LegPlan]
    slots: Int64s
    bases: tuple[tuple[int, ...], ...]
    clips: tuple[int, ...]
    rows: tuple[tuple[int, int, int, int, int], ...]
    named: tuple[tuple[int, int], ...]
    applies: bytes
    gate: Gate


@dataclass(slots=True)
class Passed:
    """An order that passes everywhere, before it is put into words.

    `sums` are the cells before it in two parts, `values` in one, `changes` what it adds to them;
    `caps` are the quantities that may bind, `gate_near` is that up to which rules about the order
    itself may, None where they do not.
    """

    line: Line
    prepared: Prepared
    sums: list[list[int]]
    values: list[int]
    changes: list[int]
    caps: list[tuple[Fraction, int]]
    gate_near: float | None


class Lines:
    """Remembers the lines of one day."""

    #: Rows kept over all lines; beyond it all lines are dropped and made when asked for.
    ROWS_KEPT: Final = 400_000
    #: A line of more rows, or one only asked about, is made when it is asked for again.
    ROWS_AT_ONCE: Final = 48
    #: Lines asked for once; beyond it all are forgotten.
    SEEN_KEPT: Final = 50_000

    def __init__(self, state: LiveState, preparer: Preparer) -> None:
        self._state = state
        self._preparer = preparer
        self._straight: Final = not preparer.bases.curved
        self._seldom: Final = bool(state.plan.scans or state.plan.sleeping)
        self._kept: dict[tuple[object, ...], Line | None] = {}
        self._edges: dict[int, tuple[RowSet, tuple[Edge, ...] | None]] = {}
        self._seen: set[tuple[object, ...]] = set()
        self._rows = 0

    def forget(self) -> None:
        """Drop all lines: denominators have changed."""
        self._kept.clear()
        self._rows = 0

    def pass_one(self, candidate: Candidate, *, reserving: bool) -> Passed | None:
        """Return the order where it clearly passes everywhere; None where the screen must look."""
        if not self._straight:
            return None
        state, preparer = self._state, self._preparer
        candidate = merge_legs(candidate)
        line = self._line(candidate, reserving=reserving)
        if line is None or state.uncertain or state.store.holds_marks(line.slots):
            return None
        sign = candidate.side.sign
        try:
            steps = tuple([sign * steps_of(leg.quantity) for leg in candidate.legs])
            changes = self._changes(line, candidate, steps)
        except TooFine:
            return None
        if changes is None or (self._seldom and preparer.scans(candidate, line.applies, line.legs)):
            return None
        total = float(sum([leg.quantity for leg in candidate.legs]))
        doubtful, gate_cap = preparer.gates.doubtful(line.gate, candidate, total)
        if doubtful:
            return None
        prepared = Prepared(
            candidate=candidate,
            legs=line.legs,
            slots=[],
            moves=[],
            steps=steps,
            total=total,
            applies=line.applies,
            gate=line.gate,
            scans=(),
        )
        return self._measure(line, prepared, changes, gate_cap)

    def reserve(self, passed: Passed) -> None:
        """Add an order that passed to the sums, as an open order."""
        after = []
        for value, change, clip in zip(
            passed.values, passed.changes, passed.line.clips, strict=True
        ):
            counts = clip in (AS_IS, _ABOVE if change > 0 else _BELOW)
            after.append(divmod(value + change if counts else value, FINE))
        self._state.store.put(passed.line.slots, after)

    def _changes(
        self, line: Line, candidate: Candidate, steps: tuple[int, ...]
    ) -> list[int] | None:
        """Return what the order adds to every entry; None where one is unknown or too large.

        Raises:
            TooFine: If a number has more decimals than the sums hold.
        """
        valuer, bases = self._state.valuer, self._preparer.bases
        known: dict[tuple[object, ...], list[int | None]] = {}
        found: list[int] = []
        for leg, own, part in zip(line.legs, line.bases, steps, strict=True):
            key = (leg.place.currencies, part)
            moves = known.get(key)
            if moves is None:
                units = unit_moves(valuer, bases, leg.place, candidate)
                moves = known[key] = scaled(units, abs(part))
            if None in moves:
                return None
            found += [moves[base] for base in own]  # type: ignore[misc]  # none is None
        if found and not (max(found) < MOVE_MAX and min(found) > -MOVE_MAX):
            return None
        return found

    def _measure(
        self, line: Line, prepared: Prepared, changes: list[int], gate_cap: float
    ) -> Passed | None:
        """Hold every row of the line against its limit."""
        sums = self._state.store.read(line.slots)
        values = [coarse * FINE + fine for coarse, fine in sums]
        best, rooms = gate_cap, []
        for row, (entry, sign, worse, better, cap) in enumerate(line.rows):
            value, change = sign * values[entry], sign * changes[entry]
            if change > 0:
                if value + change >= worse:
                    return None
                room = (cap - value) / change * prepared.total
                rooms.append((room, row))
                if room < best:  # noqa: PLR1730  # a call of min costs as much as the row
                    best = room
            elif change and value >= better:
                return None
        lot = float(line.gate.lot)
        near = -1.0 if best == float("inf") else (best // lot + 2) * lot
        reach = near * (1 + 1e-9)
        caps: list[tuple[Fraction, int]] = []
        for room, row in rooms:
            if room <= reach:
                (leg, at), entry = line.named[row], line.rows[row][0]
                caps += quick_caps(
                    self._state,
                    line.legs[leg],
                    at,
                    num=values[entry],
                    move=changes[entry],
                    steps=sum(map(abs, prepared.steps)),
                    lot=line.gate.lot,
                    near=near,
                )
        gate_near = near if gate_cap <= reach else None
        return Passed(line, prepared, sums, values, changes, caps, gate_near)

    def _line(self, candidate: Candidate, *, reserving: bool) -> Line | None:
        planner = self._preparer.planner
        funds = [leg.fund_id for leg in candidate.legs]
        key = (candidate.security_id, candidate.side, planner.word(candidate), *funds)
        if key in self._kept:
            return self._kept[key]
        self._state.build(funds)
        legs = [planner.leg(candidate, fund_id) for fund_id in funds]
        many = sum([len(leg.rows) for leg in legs]) > self.ROWS_AT_ONCE
        if (many or not reserving) and key not in self._seen:
            if len(self._seen) >= self.SEEN_KEPT:
                self._seen.clear()
            self._seen.add(key)
            return None
        line = self._make(candidate.security_id, legs)
        self._rows += 1 if line is None else len(line.rows) + 1
        if self._rows > self.ROWS_KEPT:
            self.forget()
        self._kept[key] = line
        return line

    def _make(self, security_id: str, legs: list[LegPlan]) -> Line | None:
        """Look a line up, its cells made; None where only the screen can judge its orders."""
        state = self._state
        edges = [self._edges_of(leg.set) for leg in legs]
        if any(len(leg.place.levels) > 1 for leg in legs):
            return None
        keys = [
            global_keys(leg.place, leg.template.shape.levels, leg.template.keys) for leg in legs
        ]
        slots = state.find(np.concatenate(keys), make=True)
        terms = [leg.template.shape.terms for leg in legs]
        rows: list[tuple[int, int, int, int, int]] = []
        named: list[tuple[int, int]] = []
        start = 0
        for number, (leg, own) in enumerate(zip(legs, edges, strict=True)):
            if own is None:
                return None
            for index, edge in enumerate(own):
                den = state.den_exact[leg.den_at(index)]
                if den is None or den <= 0:
                    return None
                worse, cap = _units(edge.limit, den), _units(edge.cap, den)
                better = 1 if edge.may_touch else worse
                rows.append((start + edge.at, edge.sign, worse, better, cap))
                named.append((number, index))
            start += len(keys[number])
        applies = union([leg.applies for leg in legs])
        bases = self._preparer.bases
        return Line(
            legs=legs,
            slots=slots,
            bases=tuple(tuple(bases.of_term[own].tolist()) for own in terms),
            clips=tuple(bases.clip[np.concatenate(terms)].tolist()),
            rows=tuple(rows),
            named=tuple(named),
            applies=applies,
            gate=self._preparer.gates.gate(security_id, applies),
        )

    def _edges_of(self, rows: RowSet) -> tuple[Edge, ...] | None:
        """Return the rows of a set as exact ratios; None where sums alone do not decide them."""
        known = self._edges.get(id(rows))
        if known is None:
            plain = not (rows.dynamic or rows.unknown or rows.groups or rows.unsure)
            edges = tuple(map(_edge, rows.rows)) if plain else None
            known = self._edges[id(rows)] = (rows, edges)  # the set stays alive, and so its id
        return known[1]


def _edge(row: Row) -> Edge:
    limits = [limit for _, limit in row.members if limit is not None]
    assert len(limits) == len(row.members), "a fixed limit is known"
    sign = 1 if row.bound == "max" else -1
    at = min(sign * one.at for one in limits)
    tightest = min([at, *(sign * one.warn for one in limits if one.warn is not None)])
    may_touch = tightest == 0 and not any(one.strict for one in limits)
    return Edge(row.at, sign, tightest, at, may_touch)


def _units(share: Fraction, den: Fraction) -> int:
    """Return ``share`` of ``den`` in units of 10**-21, rounded down."""
    return share.numerator * den.numerator * _UNITS // (share.denominator * den.denominator)
