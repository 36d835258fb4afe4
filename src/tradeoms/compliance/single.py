"""Single orders that pass everywhere, each screened alone in a few array operations.

What orders have in common is remembered: the **form** of their legs' sets of rows, the **line** of
security, side and funds with its limits in money. An order then costs a look at its sums and
one pass over its rows. What is not clearly inside every limit is answered by nobody here: the
screen judges it. Where it does answer, the answer is the screen's, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from tradeoms.compliance.amounts import TooFine, steps_of
from tradeoms.compliance.cells import FINE, Floats, Int64s
from tradeoms.compliance.gate import MARGIN, Gate
from tradeoms.compliance.legs import LegPlan
from tradeoms.compliance.moves import CLIP, MOVE_MAX, Bases, scaled, unit_moves
from tradeoms.compliance.plan import DENS
from tradeoms.compliance.prepared import Prepared, Preparer, merge_legs, union
from tradeoms.compliance.rowjudge import quick_caps
from tradeoms.compliance.rows import RowSet
from tradeoms.compliance.screen import ERROR, ERROR_FLAT
from tradeoms.compliance.state import ENTITY_SHIFT, LiveState
from tradeoms.domain.evaluation import Candidate

#: How the two parts of a sum become one float.
_WEIGHTS: Final = np.array([1e-6, 1e-21])
#: Half of the smallest sum above zero.
_LEAST: Final = 5e-22
#: A move towards a limit counts for so much, that no rounding hides that it goes beyond.
_SURELY: Final = 1 + 4 * ERROR
_NONE: Final = (0, 0)
#: Nearer to a limit than this share of it, rounding may decide which limit allows the least.
_CLOSE: Final = 2.0**-15


@dataclass(frozen=True, slots=True)
class Form:
    """What legs with the same sets of rows share. Axes: L legs, E entries, R rows, B bases.

    Limits are maxima all: a minimum is turned round. Shares of the denominator stand for money.

    Attributes:
        sets: The sets of rows; they stay alive, and so their ids.
        leg_of_entry: (E,).
        counted: Place of what an entry counts of an open order, (E,), in a table of the moves as
            they are, of those above zero, of those below it (L * B each), and of nothing.
        entry_of_row: (R,).
        move_of_row: Place of what brings a row nearer to its limit, (R,), in a table of the moves
            above zero and of those below it, turned round (L * B each).
        sign: 1 for a maximum, -1 for a minimum, (R,).
        leg_of_row, den: Leg, and the number of its denominator among a fund's, (R,).
        below, cap: The share below what a sum must stay, and the limit's own, (R,).
        zero: Rows whose limit is zero.
        named: Leg and index of every row.
    """

    sets: tuple[RowSet, ...]
    leg_of_entry: Int64s
    counted: Int64s
    entry_of_row: Int64s
    move_of_row: Int64s
    sign: Floats
    leg_of_row: Int64s
    den: Int64s
    below: Floats
    cap: Floats
    zero: Int64s
    named: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Line:
    """One security on one side in some funds: what orders on it share.

    Attributes:
        legs: One plan per fund.
        applies: Applicability of every rule.
        gate: Rules about the order itself.
        form: The form of the legs.
        entities: The funds' numbers, (L,).
        below, cap: Below what every row's sum must stay, and its limit, in money, (R,).
        slots: Where the sums are, (E,); None until all of them exist.
    """

    legs: list[LegPlan]
    applies: bytes
    gate: Gate
    form: Form
    entities: Int64s
    below: Floats
    cap: Floats
    slots: Int64s | None = None


@dataclass(slots=True)
class Passed:
    """An order that passes everywhere, before it is put into words.

    `sums` are its cells before it, coarse and fine (E, 2), at `slots`; `moves` is what it adds, by
    leg and base, units of 10**-21. `caps` are the quantities that may bind, `gate_near` is that up
    to which rules about the order itself may, None where they do not.
    """

    prepared: Prepared
    line: Line
    slots: Int64s
    sums: Int64s
    moves: list[int]
    caps: list[tuple[Fraction, int]]
    gate_near: float | None


class Singles:
    """Screens single orders of one day."""

    #: Lines and forms that are kept; beyond it all are dropped and made anew.
    KEPT: Final = 10_000

    def __init__(self, state: LiveState, preparer: Preparer) -> None:
        self._state = state
        self._preparer = preparer
        self._straight: Final = not preparer.bases.curved
        self._seldom: Final = bool(state.plan.scans or state.plan.sleeping)
        self._lines: Final[dict[tuple[object, ...], Line | None]] = {}
        self._forms: Final[dict[tuple[int, ...], Form | None]] = {}

    def forget(self) -> None:
        """Drop what holds limits in money: denominators have changed."""
        self._lines.clear()

    def pass_one(self, candidate: Candidate, *, reserving: bool) -> Passed | None:
        """Return the order where it clearly passes everywhere; None where the screen must look.

        Its cells are made where it is to be reserved.
        """
        if not self._straight:
            return None
        candidate = merge_legs(candidate)
        line = self._line(candidate)
        if line is None or self._state.uncertain:
            return None
        prepared = self._prepared(candidate, line)
        moves = None if prepared is None else self._moves(prepared)
        if prepared is None or moves is None:
            return None
        doubtful, gate_cap = self._preparer.gates.doubtful(line.gate, candidate, prepared.total)
        if doubtful:
            return None
        slots = self._slots(line, make=reserving)
        if self._state.store.holds_marks(slots):
            return None
        passed = Passed(prepared, line, slots, self._state.store.read(slots), moves, [], None)
        return passed if self._measure(passed, gate_cap) else None

    def reserve(self, passed: Passed) -> None:
        """Add an order that passed to the sums, as an open order."""
        parts = [divmod(move, FINE) for move in passed.moves]
        above = [part if part[0] >= 0 else _NONE for part in parts]
        below = [part if part[0] < 0 else _NONE for part in parts]
        table = np.array([*parts, *above, *below, _NONE], np.int64)
        self._state.store.add_each(passed.slots, table.take(passed.line.form.counted, axis=0))

    def _line(self, candidate: Candidate) -> Line | None:
        """Return what is known of the order's line; None where only the screen can judge it."""
        planner = self._preparer.planner
        funds = [leg.fund_id for leg in candidate.legs]
        key = (candidate.security_id, candidate.side, planner.word(candidate), *funds)
        if key in self._lines:
            return self._lines[key]
        if len(self._lines) >= self.KEPT:
            self._lines.clear()
        self._state.build(funds)
        legs = [planner.leg(candidate, fund_id) for fund_id in funds]
        form = self._form(legs)
        line = self._lines[key] = None if form is None else self._in_money(candidate, form, legs)
        return line

    def _slots(self, line: Line, *, make: bool) -> Int64s:
        """Return where the sums of a line are, 0 for a cell that does not exist."""
        if line.slots is not None:
            return line.slots
        keys = np.concatenate([leg.template.keys for leg in line.legs])
        funds = (line.entities << ENTITY_SHIFT).take(line.form.leg_of_entry)
        slots = self._state.find(keys + funds, make=make)
        if make or np.count_nonzero(slots) == len(slots):
            line.slots = slots
        return slots

    def _prepared(self, candidate: Candidate, line: Line) -> Prepared | None:
        """Return the order ready but for its moves; None where only the screen can judge it."""
        if self._seldom and self._preparer.scans(candidate, line.applies, line.legs):
            return None
        sign = candidate.side.sign
        try:
            steps = tuple([sign * steps_of(leg.quantity) for leg in candidate.legs])
        except TooFine:
            return None
        return Prepared(
            candidate=candidate,
            legs=line.legs,
            slots=[],
            moves=[],
            steps=steps,
            total=float(sum([leg.quantity for leg in candidate.legs])),
            applies=line.applies,
            gate=line.gate,
            scans=(),
        )

    def _moves(self, prepared: Prepared) -> list[int] | None:
        """Return what the order adds, by leg and base; None where that is unknown or too much."""
        valuer, bases = self._state.valuer, self._preparer.bases
        known: dict[tuple[object, ...], list[int | None]] = {}
        found: list[int] = []
        try:
            for leg, part in zip(prepared.legs, prepared.steps, strict=True):
                key = (leg.place.currencies, part)
                moves = known.get(key)
                if moves is None:
                    units = unit_moves(valuer, bases, leg.place, prepared.candidate)
                    moves = known[key] = scaled(units, abs(part))
                if None in moves:
                    return None
                found += moves  # type: ignore[arg-type]  # none is None
        except TooFine:
            return None
        if found and not (max(found) < MOVE_MAX and min(found) > -MOVE_MAX):
            return None
        return found

    def _measure(self, passed: Passed, gate_cap: float) -> bool:
        """Hold every row against its limit; fill in the quantities that may bind."""
        uses = self._uses(passed)
        if uses is None:
            return False
        most = uses.item(uses.argmax()) if len(uses) else 0.0
        total, lot = passed.prepared.total, float(passed.prepared.gate.lot)
        best = min(total / most if most else float("inf"), gate_cap)
        near = -1.0 if best == float("inf") else (best // lot + 2) * lot
        reach = near * (1 + MARGIN)
        if most and near >= 0:
            for row in (uses >= total / reach).nonzero()[0].tolist():
                passed.caps += self._caps(passed, row, near)
        passed.gate_near = near if gate_cap <= reach else None
        return True

    def _uses(self, passed: Passed) -> Floats | None:
        """Return the part of every row's room that the order takes up, (R,), less than 1.

        None where a row is not surely inside its limit.
        """
        line, form = passed.line, passed.line.form
        moves = [move * 1e-21 for move in passed.moves]
        above = [_SURELY * move if move > 0 else 0.0 for move in moves]
        below = [-_SURELY * move if move < 0 else 0.0 for move in moves]
        grows = np.array(above + below).take(form.move_of_row)
        nearness = passed.sums.dot(_WEIGHTS).take(form.entry_of_row) * form.sign
        inside = nearness + grows < line.below
        if len(inside) and not inside.item(inside.argmin()):
            return None
        return np.asarray(grows / (line.cap - nearness), np.float64)

    def _caps(self, passed: Passed, row: int, near: float) -> list[tuple[Fraction, int]]:
        """Return the exact quantities of one row that may bind."""
        leg, index = passed.line.form.named[row]
        plan, bases = passed.prepared.legs[leg], self._preparer.bases
        coarse, fine = passed.sums[int(passed.line.form.entry_of_row[row])].tolist()
        term = plan.template.shape.terms[plan.rows[index].at]
        return list(
            quick_caps(
                self._state,
                plan,
                index,
                num=coarse * FINE + fine,
                move=passed.moves[leg * len(bases.terms) + int(bases.of_term[term])],
                steps=sum(map(abs, passed.prepared.steps)),
                lot=passed.prepared.gate.lot,
                near=near,
            )
        )

    def _form(self, legs: list[LegPlan]) -> Form | None:
        """Return what the legs share; None where sums alone do not decide them."""
        key = tuple([id(leg.set) for leg in legs])
        if key not in self._forms:
            if len(self._forms) >= self.KEPT:
                self._forms.clear()
            self._forms[key] = _form_of(legs, self._preparer.bases)
        return self._forms[key]

    def _in_money(self, candidate: Candidate, form: Form, legs: list[LegPlan]) -> Line | None:
        """Return a line with its limits; None where a denominator is unknown or not positive."""
        entities = np.array([leg.place.entities[0] for leg in legs], np.int64)
        base = self._state.den.take((entities * len(DENS)).take(form.leg_of_row) + form.den)
        if len(base) and not base.item(base.argmin()) > 0:
            return None
        below = form.below * base - 2 * ERROR_FLAT
        below[form.zero] = _LEAST
        applies = union([leg.applies for leg in legs])
        gate = self._preparer.gates.gate(candidate.security_id, applies)
        return Line(legs, applies, gate, form, entities, below, form.cap * base + ERROR_FLAT)


def _form_of(legs: list[LegPlan], bases: Bases) -> Form | None:
    """Return what the legs share; None where sums alone do not decide them.

    What a sum must stay below has more than the bound of all roundings taken off: a sum inside is
    at most its distance and the limit, and the distance only shrinks. The room that remains is then
    known well enough to tell which limits allow the least. At a limit of zero the sign of the sum
    decides, which no rounding changes: all that is not above it is inside. A limit itself is set
    apart from a sum that is on it.
    """
    sets = tuple(leg.set for leg in legs)
    if any(one.dynamic or one.unknown or one.groups or one.unsure for one in sets):
        return None
    if any(len(leg.place.levels) > 1 for leg in legs):
        return None
    size = len(bases.terms)
    moves, nothing = len(legs) * size, 3 * len(legs) * size
    # `CLIP`: an entry counts a move whole (1), above zero (2) or below it (3).
    start_of_clip = np.array([0, 0, moves, 2 * moves])
    counted, leg_of_entry, entry_of_row, move_of_row, named = [], [], [], [], []
    entries = 0
    for number, leg in enumerate(legs):
        terms, rows = leg.template.shape.terms, leg.set
        places = bases.of_term[terms] + number * size
        clips = bases.clip[terms]
        counted.append(np.where(clips == CLIP["none"], nothing, start_of_clip[clips] + places))
        leg_of_entry.append(np.full(len(terms), number))
        entry_of_row.append(rows.at + entries)
        move_of_row.append(places[rows.at] + np.where(rows.sign > 0, 0, moves))
        named += [(number, index) for index in range(len(rows.rows))]
        entries += len(terms)
    limit = np.concatenate([one.sign * one.limit for one in sets])
    return Form(
        sets=sets,
        leg_of_entry=np.concatenate(leg_of_entry),
        counted=np.concatenate(counted),
        entry_of_row=np.concatenate(entry_of_row),
        move_of_row=np.concatenate(move_of_row),
        sign=np.concatenate([one.sign for one in sets]),
        leg_of_row=np.repeat(np.arange(len(legs)), [len(one.rows) for one in sets]),
        den=np.concatenate([one.den for one in sets]),
        below=limit - _CLOSE * np.abs(limit),
        cap=np.concatenate([one.sign * one.cap for one in sets]),
        zero=(limit == 0).nonzero()[0],
        named=tuple(named),
    )
