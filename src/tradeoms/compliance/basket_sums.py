"""A basket by running sums: all its orders added to the cells in one pass, each cell judged once.

What the exact reference in `basket` says of a linear rule, from the sums that are kept anyway: a
cell's sum before, what all orders together add (or, where any of them may fill alone, all that
worsen it), and for the largest quantity of one order the others as they are. Floats screen the
cells and quantities that are clear; the rest is settled in integers and Fractions. Rules that one
total per cell cannot serve are named in `whole` and left to the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Final

import numpy as np

from tradeoms.compliance.actions import lenient
from tradeoms.compliance.basket_rules import picks_orders
from tradeoms.compliance.cells import FINE, Bools, Floats, Int64s, as_floats
from tradeoms.compliance.exact import whole_lots
from tradeoms.compliance.facts import NOTHING, ONE, Facts
from tradeoms.compliance.judge import Stage
from tradeoms.compliance.kinds.cross import meeting
from tradeoms.compliance.legs import LegPlan
from tradeoms.compliance.linear import CellResult, Limit, LinearCell, Sums, scale_of
from tradeoms.compliance.moves import exact_fraction
from tradeoms.compliance.plan import DENS, Plan, Test
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.prepared import Prepared
from tradeoms.compliance.question import Question
from tradeoms.compliance.reference import judge_cell
from tradeoms.compliance.rowjudge import quick_caps
from tradeoms.compliance.schema.groups import GroupsRule
from tradeoms.compliance.screen import ERROR, ERROR_FLAT, rooms
from tradeoms.compliance.state import LiveState
from tradeoms.domain.evaluation import Outcome


@dataclass(slots=True)
class Found:
    """What running sums say of a basket.

    Attributes:
        whole: Rules that the reference must judge.
        cells: Cells that may not simply pass, by rule.
        caps: Exact quantities that may bind, by order: (quantity, rule).
        culprits: Orders that push a breached cell of a rule that stops them.
        scale: Largest common factor at which no cell judged here blocks.
    """

    whole: set[int] = field(default_factory=set)
    cells: dict[int, list[CellResult]] = field(default_factory=dict)
    caps: dict[int, list[tuple[Fraction, int]]] = field(default_factory=dict)
    culprits: set[int] = field(default_factory=set)
    scale: Fraction = ONE


@dataclass(frozen=True, slots=True)
class _Part:
    """What one order adds to one slot: units of 10**-21, exactly."""

    order: int
    move: int


def serves(facts: Facts, prepared: Sequence[Prepared]) -> bool:
    """True where running sums can serve the basket at all."""
    ids = {one.candidate.order_id for one in prepared}
    fresh = ids.isdisjoint(facts.open_orders)
    return fresh and len(ids) == len(prepared) and all(one.moves for one in prepared)


@dataclass(frozen=True, slots=True)
class _Near:
    """By row (R,): largest quantity at least, order, sum of all but it, the order's own part.

    `best` is the smallest quantity of every order, (O,).
    """

    caps: Floats
    best: Floats
    order: Int64s
    coarse: Int64s
    fine: Int64s
    own_coarse: Int64s
    own_fine: Int64s


class BasketSums:
    """One basket laid out over the running sums."""

    def __init__(
        self, facts: Facts, plan: Plan, state: LiveState, stage: Stage, question: Question
    ) -> None:
        self._facts = facts
        self._plan = plan
        self._state = state
        self._stage = stage
        self._any_subset: Final = question.any_subset
        layout, table = stage.layout, stage.table
        at = (layout.leg_of_entry, layout.base)
        self._value: Final[Floats] = table.value[at]
        self._coarse: Final[Int64s] = table.coarse[at]
        self._fine: Final[Int64s] = table.fine[at]
        self._order_of_entry: Final[Int64s] = layout.order_of_leg[layout.leg_of_entry]
        slots, inverse = np.unique(layout.slots, return_inverse=True)
        self._slots: Final[Int64s] = slots
        self._cell_of_entry: Final[Int64s] = np.asarray(inverse, np.int64)
        self._by_cell: Final[Int64s] = np.argsort(self._cell_of_entry, kind="stable")
        self._starts: Final[Int64s] = np.searchsorted(
            self._cell_of_entry[self._by_cell], np.arange(len(slots) + 1)
        )
        self._parts: dict[int, list[_Part]] = {}

    def find(self, best: Floats, beside: AbstractSet[int]) -> Found:
        """Judge every cell that the basket touches.

        Args:
            best: Largest quantity that other rules let every order have, (O,); lowered in place.
            beside: Rules that the reference must judge for another reason.
        """
        found = Found(whole=self._whole() | beside)
        layout, state = self._stage.layout, self._state
        entry = layout.entry_of_row
        cell = self._cell_of_entry[entry]
        before = state.store.coarse[self._slots], state.store.fine[self._slots]
        adverse = {sign: self._totals(sign) for sign in (1, -1)}
        up = layout.sign > 0
        total_c = np.where(up, adverse[1][0][cell], adverse[-1][0][cell])
        total_f = np.where(up, adverse[1][1][cell], adverse[-1][1][cell])
        num = as_floats(before[0][cell], before[1][cell])
        add = as_floats(total_c, total_f)
        base = state.den[layout.den]
        held = np.where(before[0] < 0, -1, (before[0] > 0) | (before[1] > 0))[cell]
        clear = self._clear(num, add, base, held)
        own_c, own_f, slope = self._own(entry, up)
        rest = as_floats(total_c - own_c, total_f - own_f)
        least, caps = self._caps(num, rest, slope, base, clear & self._served(found.whole))
        order_of_row = layout.order_of_leg[layout.leg_of_row]
        np.minimum.at(best, order_of_row, caps)
        self._judge(found, np.flatnonzero(~clear), cell)
        for order, quantities in found.caps.items():
            best[order] = min(best[order], *(float(most) for most, _ in quantities))
        coarse = before[0][cell] + total_c - own_c
        fine = before[1][cell] + total_f - own_f
        near = _Near(least, best, order_of_row, coarse, fine, own_c, own_f)
        self._exact_caps(found, near)
        return found

    def _whole(self) -> set[int]:
        """Return the rules that one total per cell cannot serve."""
        plan, state, layout = self._plan, self._state, self._stage.layout
        found = {index for index, rule in enumerate(plan.rules) if picks_orders(rule)}
        found |= {index for one in self._stage.prepared for index in one.scans}
        if plan.sleeping and meeting([one.candidate for one in self._stage.prepared]):
            found |= {index for _, rules in plan.sleeping for index, _ in rules}
        for one in self._stage.prepared:
            for leg in one.legs:
                found.update(leg.set.unknown)
                for entity, cube in state.uncertain:
                    if entity in leg.place.entities:
                        found.update(plan.rules_of_cube[cube])
        entry = layout.entry_of_row
        curved = np.array([term.curved for term in state.bases.terms], np.bool_)
        slots = layout.slots[entry]
        odd = (state.store.missing[slots] != 0) | (state.store.odd[slots] != 0)
        odd |= np.isnan(self._value[entry]) | (state.den[layout.den] <= 0)
        if len(curved):
            odd |= curved[layout.base[entry]]
        for row in np.flatnonzero(odd).tolist():
            at, leg = self._row(row)
            found.update(test.rule for test, _ in leg.rows[at].members)
        return found

    def _row(self, row: int) -> tuple[int, LegPlan]:
        layout, stage = self._stage.layout, self._stage
        leg = int(layout.leg_of_row[row])
        order = int(layout.order_of_leg[leg])
        plan = stage.prepared[order].legs[leg - int(stage.first_leg[order])]
        return row - int(layout.row_start[leg]), plan

    def _served(self, whole: set[int]) -> Bools:
        """Return the rows of which a rule is judged here, (R,)."""
        sets = [leg.set for one in self._stage.prepared for leg in one.legs]
        masks = {
            key: [any(test.rule not in whole for test, _ in row.members) for row in one.rows]
            for key, one in {id(one): one for one in sets}.items()
        }
        return np.concatenate([np.array(masks[id(one)], np.bool_) for one in sets])

    def _counted(self, sign: int) -> Bools:
        """Return the entries that count against a bound: all, or those that worsen it."""
        if not self._any_subset:
            return np.ones(len(self._value), np.bool_)
        return self._value * sign > 0

    def _totals(self, sign: int) -> tuple[Int64s, Int64s]:
        """Return what counts against bounds of ``sign`` by cell, coarse and fine (C,)."""
        keep = self._counted(sign)
        cells = self._cell_of_entry[keep]
        coarse = np.zeros(len(self._slots), np.int64)
        fine = np.zeros(len(self._slots), np.int64)
        np.add.at(coarse, cells, self._coarse[keep])
        np.add.at(fine, cells, self._fine[keep])
        carry = fine // FINE
        return coarse + carry, fine - carry * FINE

    def _clear(self, num: Floats, add: Floats, base: Floats, held: Int64s) -> Bools:
        """Return the rows that pass without doubt, before and after; ``held`` is num's sign."""
        layout = self._stage.layout
        share = layout.limit * base
        with np.errstate(invalid="ignore"):
            excess = layout.sign * (num - share)
            change = layout.sign * add
            band = ERROR * (np.abs(num) + np.abs(share) + np.abs(add)) + ERROR_FLAT
            clear: Bools = (excess < -band) & (excess + change < -band) & (base > 0)
            # Against a limit of zero the sign of the exact sum decides.
            clear |= (share == 0) & (layout.sign * held <= 0) & (change < 0) & (base > 0)
        return clear

    def _own(self, entry: Int64s, up: Bools) -> tuple[Int64s, Int64s, Floats]:
        """Return by row what its own order counts against it, and its slope by unit."""
        layout, table = self._stage.layout, self._stage.table
        slope = table.slope[layout.leg_of_entry, layout.base]
        coarse, fine = self._coarse, self._fine
        if layout.above:
            orders = len(self._stage.prepared)
            _, run = np.unique(
                self._cell_of_entry * orders + self._order_of_entry, return_inverse=True
            )
            joined = []
            for values in (coarse, fine, slope):
                sums = np.zeros(run.max(initial=0) + 1, values.dtype)
                np.add.at(sums, run, values)
                joined.append(sums[run])
            coarse, fine, slope = joined
        counts = np.ones(len(entry), np.bool_)
        if self._any_subset:
            counts = (self._value[entry] > 0) == up
        own_coarse = np.where(counts, coarse[entry], 0)
        return own_coarse, np.where(counts, fine[entry], 0), slope[entry]

    def _caps(
        self, num: Floats, rest: Floats, slope: Floats, base: Floats, clear: Bools
    ) -> tuple[Floats, Floats]:
        """Return the largest quantity by clear row, at least and at most.

        Infinite where unlimited or not clear. ``rest`` is what the other orders add to ``num``.
        """
        layout = self._stage.layout
        rate = layout.sign * slope
        with np.errstate(invalid="ignore", divide="ignore"):
            ends = rooms(layout, base, num + rest, np.abs(num) + np.abs(rest))
            least, most = (np.where((rate > 0) & clear, end / rate, np.inf) for end in ends)
        return least, most

    def _judge(self, found: Found, rows: Int64s, cell: Int64s) -> None:
        """Judge the cells of ``rows`` exactly, each bound once, and blame their orders."""
        seen: set[tuple[int, int, str]] = set()
        for row in rows.tolist():
            at, leg = self._row(row)
            spec = leg.rows[at]
            for test, limit in spec.members:
                key = (int(cell[row]), test.rule, test.bound)
                if key in seen or test.rule in found.whole:
                    continue
                seen.add(key)
                self._judge_cell(found, leg, at, (test, limit), int(cell[row]))

    def _judge_cell(
        self, found: Found, leg: LegPlan, at: int, bound: tuple[Test, Limit | None], cell: int
    ) -> None:
        test, limit = bound
        rule = self._plan.rules[test.rule]
        linear = self._cell(leg, at, limit, cell, test.bound)
        if isinstance(rule, GroupsRule):  # it goes by what its groups come to alone
            linear = replace(linear, changed=linear.before != linear.after)
        result = judge_cell(rule, linear)  # type: ignore[arg-type]  # tests belong to linear rules
        if not (result.outcome is Outcome.UNKNOWN and rule.on_missing == "disregard"):
            found.cells.setdefault(test.rule, []).append(result)
        parts = self._parts_of(cell)
        if not test.stops:
            return
        if limit is None:
            if linear.changed and not lenient(rule):
                found.scale = NOTHING
                for part in parts:
                    found.caps.setdefault(part.order, []).append((NOTHING, test.rule))
            return
        sign = 1 if test.bound == "max" else -1
        for part in parts:
            cap = self._cap_of(rule, linear, limit, part, sign)
            if cap is not None:
                found.caps.setdefault(part.order, []).append((cap, test.rule))
        if result.outcome is Outcome.BREACH:
            pushed = [part for part in parts if part.move * sign > 0]
            found.culprits.update(part.order for part in pushed)
            push = exact_fraction(sum(part.move * sign for part in pushed))
            found.scale = min(found.scale, scale_of(linear, limit, push, lenient=lenient(rule)))

    def _cell(
        self, leg: LegPlan, at: int, limit: Limit | None, cell: int, bound: str
    ) -> LinearCell:
        """Return one cell as the reference would see it, the basket's counted part in a sum."""
        state = self._state
        where = leg.den_at(at)
        den = state.den_exact[where]
        assert den is not None
        slot = int(self._slots[cell])
        num = int(state.store.coarse[slot]) * FINE + int(state.store.fine[slot])
        moves = [part.move for part in self._parts_of(cell)]
        sign = 1 if bound == "max" else -1
        counted = sum(one for one in moves if one * sign > 0 or not self._any_subset)
        changed = any(moves) if self._any_subset else sum(moves) != 0
        return LinearCell(
            entity=state.names[where // len(DENS)],
            key=state.templates.name(int(leg.template.keys[leg.rows[at].at])),
            limit=limit,
            before=Sums(exact_fraction(num), den),
            after=Sums(exact_fraction(num + counted), den),
            changed=changed,
        )

    def _parts_of(self, cell: int) -> list[_Part]:
        """Return what every order adds to a cell."""
        known = self._parts.get(cell)
        if known is None:
            moves: dict[int, int] = {}
            for entry in self._by_cell[self._starts[cell] : self._starts[cell + 1]].tolist():
                order = int(self._order_of_entry[entry])
                move = int(self._coarse[entry]) * FINE + int(self._fine[entry])
                moves[order] = moves.get(order, 0) + move
            known = self._parts[cell] = [_Part(*item) for item in moves.items()]
        return known

    def _cap_of(
        self, rule: Rule, cell: LinearCell, limit: Limit, part: _Part, sign: int
    ) -> Fraction | None:
        """Return the largest quantity of one order, the others as they are; None: unlimited."""
        prepared = self._stage.prepared[part.order]
        before = limit.excess(cell.before.num, cell.before.den)
        exceeded = limit.violated(before)
        if exceeded and part.move and getattr(rule, "reducing", "allow") == "deny":
            return NOTHING
        if part.move * sign <= 0:
            return None
        own = exact_fraction(part.move * sign)
        others = limit.excess(cell.after.num, cell.after.den) - own
        room = (before if exceeded else NOTHING) - others
        lot = Fraction(self._facts.securities[prepared.candidate.security_id].lot)
        total = Fraction(sum(leg.quantity for leg in prepared.candidate.legs))
        lots = room * total / (own * lot)
        whole = lots.__floor__()
        if limit.strict and not exceeded and whole == lots:
            whole -= 1
        return whole_lots(max(whole, 0), lot)

    def _exact_caps(self, found: Found, near: _Near) -> None:
        """Settle in integers the quantities of clear rows that may be an order's smallest."""
        stage = self._stage
        lots = [Fraction(self._facts.securities[one.candidate.security_id].lot)
                for one in stage.prepared]  # fmt: skip
        steps = np.array([float(lot) for lot in lots])
        with np.errstate(invalid="ignore"):
            reach = np.where(np.isfinite(near.best), (near.best // steps + 2) * steps, -1.0)
        reach *= 1 + 1e-9
        for row in np.flatnonzero(near.caps <= reach[near.order]).tolist():
            order = int(near.order[row])
            at, leg = self._row(row)
            others = int(near.coarse[row]) * FINE + int(near.fine[row])
            own = int(near.own_coarse[row]) * FINE + int(near.own_fine[row])
            caps = quick_caps(
                self._state,
                leg,
                at,
                num=others,
                move=own,
                steps=sum(map(abs, stage.prepared[order].steps)),
                lot=lots[order],
                near=float(reach[order]),
            )
            found.caps.setdefault(order, []).extend(
                one for one in caps if one[1] not in found.whole
            )
