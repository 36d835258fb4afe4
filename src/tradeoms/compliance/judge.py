"""What a screening leaves open, judged exactly: rows near a limit, gaps, rules about the order.

Rows are judged from the exact sums; what running sums cannot serve goes to the reference, and its
cells are written out in the evidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from fractions import Fraction
from typing import Final

import numpy as np

from tradeoms.compliance.actions import stops
from tradeoms.compliance.amounts import STEPS
from tradeoms.compliance.cells import FINE, Int64s
from tradeoms.compliance.facts import NOTHING, Facts
from tradeoms.compliance.groupjudge import GroupCase, group_case
from tradeoms.compliance.legs import TESTED, LegPlan
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.moves import MoveTable, exact_fraction
from tradeoms.compliance.plan import Plan, weights_index
from tradeoms.compliance.prepared import Prepared, Preparer
from tradeoms.compliance.question import Question
from tradeoms.compliance.reference import answer_rule, cap
from tradeoms.compliance.rowjudge import RowNumbers, disregarded, judge_row
from tradeoms.compliance.schema.groups import IssuesRule
from tradeoms.compliance.schema.measures import Weighted
from tradeoms.compliance.schema.orders import OrderRule, RestrictRule
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.compliance.screen import Layout, Screen
from tradeoms.compliance.state import LiveState
from tradeoms.domain.evaluation import Outcome, SecurityFacts


@dataclass(slots=True)
class Stage:
    """Some orders laid out for screening; `first_leg` has one more element than orders."""

    prepared: Sequence[Prepared]
    layout: Layout
    table: MoveTable
    reserved: tuple[Int64s, Int64s] | None
    first_leg: Int64s


@dataclass(slots=True)
class Findings:
    """What was found of one order: cells by rule, quantities, and cells to write out."""

    cells: dict[int, list[CellResult]] = field(default_factory=dict)
    caps: list[tuple[Fraction, int]] = field(default_factory=list)
    written: list[tuple[int, CellResult]] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)


#: What is found of an order that passes everywhere. Never changed.
NOTHING_FOUND: Final = Findings()


class Judge:
    """Judges rows and rules of staged orders on one day."""

    def __init__(
        self, facts: Facts, plan: Plan, state: LiveState, preparer: Preparer, today: date
    ) -> None:
        self._facts = facts
        self._plan = plan
        self._state = state
        self._preparer = preparer
        self._today = today

    def findings(
        self,
        stage: Stage,
        seen: Screen,
        order: int,
        doubtful: tuple[list[int], list[int], list[int]],
        now: datetime | None,
    ) -> Findings:
        """Return what is found of one order.

        Args:
            stage: Where the order is laid out.
            seen: What the screen saw.
            order: Index of the order.
            doubtful: Rows, rules about groups, and rules about the order, that are not clear.
            now: Instant, for rate and repetition limits.
        """
        rows, groups, forced = doubtful
        prepared = stage.prepared[order]
        findings = Findings()
        whole = set(prepared.scans) | self._uncertain(prepared)
        for row in rows:
            whole |= self._whole_of_row(stage, prepared, row)
        for case in self._cases(stage, seen, order, groups, whole):
            findings.cells.setdefault(case.rule, []).extend(case.cells())
            most = case.cap()
            if most is not None:
                findings.caps.append((most, case.rule))
        for row in rows:
            self._judge(stage, seen, order, row, findings, whole)
        for leg_plan in prepared.legs:
            for index in leg_plan.set.unknown:
                self._own_unknown(prepared, leg_plan, index, findings)
        for index in forced:
            self._gate(prepared, index, findings, now)
        for index in sorted(whole):
            self.whole(prepared, index, findings, now)
        return findings

    def _whole_of_row(self, stage: Stage, prepared: Prepared, row: int) -> set[int]:
        """Return the rules of a doubtful row that its sum cannot settle."""
        leg, spec = self.row(stage, row)
        slot = stage.layout.slots[stage.layout.entry_of_row[row]]
        members = {test.rule for test, _ in spec.rows[leg].members}
        if self._state.store.odd[slot]:
            return members
        rules = self._plan.rules
        found = {one for one in members if isinstance(rules[one], LadderRule)}
        if found:
            self._preparer.planner.own_limits.forget(
                spec.set, spec.place, prepared.candidate.security_id
            )
        if self._state.store.missing[slot]:
            found |= {one for one in members if rules[one].on_missing == "disregard"}
        return found

    def _cases(
        self, stage: Stage, seen: Screen, order: int, groups: list[int], whole: set[int]
    ) -> list[GroupCase]:
        """Return rules about groups to be judged; those that cannot be are added to ``whole``."""
        judged = [(at, self.group(stage, seen, order, at)) for at in groups]
        tests = stage.layout.test_of_group
        whole |= {self._plan.groups[int(tests[at])].rule for at, one in judged if one is None}
        return [one for _, one in judged if one is not None and one.rule not in whole]

    def row(self, stage: Stage, row: int) -> tuple[int, LegPlan]:
        """Return the index of a row within its leg, and the leg."""
        leg = int(stage.layout.leg_of_row[row])
        order = int(stage.layout.order_of_leg[leg])
        plan = stage.prepared[order].legs[leg - int(stage.first_leg[order])]
        return row - int(stage.layout.row_start[leg]), plan

    def _judge(
        self,
        stage: Stage,
        seen: Screen,
        order: int,
        row: int,
        findings: Findings,
        whole: set[int],
    ) -> None:
        at, leg = self.row(stage, row)
        numbers = self.numbers(stage, seen, order, row)
        for one in judge_row(self._state, leg, at, numbers):
            if one.rule in whole:
                continue
            missed = numbers.missing and one.cell.outcome is Outcome.UNKNOWN
            if missed and (one.rule, one.cell) not in findings.written:
                findings.written.append((one.rule, one.cell))
            if disregarded(self._plan.rules[one.rule], one.cell):
                continue
            known = findings.cells.setdefault(one.rule, [])
            if one.cell not in known:
                known.append(one.cell)
            if one.cap is not None:
                findings.caps.append((one.cap, one.rule))

    def numbers(self, stage: Stage, seen: Screen, order: int, row: int) -> RowNumbers:
        """Return the exact numbers of a row."""
        layout, prepared = stage.layout, stage.prepared[order]
        entry = int(layout.entry_of_row[row])
        first = int(stage.first_leg[order])
        leg = int(layout.leg_of_row[row]) - first
        base, slot = int(layout.base[entry]), layout.slots[entry]
        term = self._preparer.bases.terms[base]
        move = prepared.moves[leg].move[base]
        total = Fraction(sum(abs(steps) for steps in prepared.steps), 10**STEPS)
        shift = free = NOTHING
        changed = prepared.moves[leg].changes(base)
        if term.level != "fund" and len(prepared.legs) > 1:
            move = self._joint_move(stage, order, slot)
            changed = move != 0
        if term.curved:
            share = Fraction(abs(prepared.steps[leg]), 10**STEPS) / total
            slope = exact_fraction(prepared.moves[leg].slope[base] or 0) * share
            shift = prepared.moves[leg].shift[base] / share
            free = NOTHING if term.measure == "mv_abs" else shift
        else:
            slope = exact_fraction(move or 0) / total
        security = self._facts.securities[prepared.candidate.security_id]
        weights = (0, 0)
        if isinstance(term.measure, Weighted):
            weights = self._weights(stage, seen, order, row)
        reduction = NOTHING
        if self._state.den[stage.layout.den[row]] <= 0:
            at, leg_plan = self.row(stage, row)
            kind = leg_plan.template.shape.slot_types[leg_plan.rows[at].at]
            reduction = min(
                self._preparer.reduction(prepared, one, self._plan.slot_types[kind].mode)
                for one in self._legs_of(stage, order, slot)
            )
        return RowNumbers(
            num=int(seen.coarse[entry]) * FINE + int(seen.fine[entry]),
            move=move,
            slope=slope,
            shift=shift,
            free=free,
            changed=changed,
            missing=bool(self._state.store.missing[slot] > 0),
            reduction=reduction,
            total=total,
            lot=Fraction(security.lot),
            lack=self._facts.lack(security.id) if move is None else "",
            weights=weights,
        )

    def _weights(self, stage: Stage, seen: Screen, order: int, row: int) -> tuple[int, int]:
        """Return the weights beside the sum of an average, and what the order adds to them."""
        at, leg_plan = self.row(stage, row)
        own, beside = weights_at(self._plan, leg_plan, leg_plan.rows[at].at)
        entry = int(stage.layout.entry_of_row[row]) + beside - own
        prepared = stage.prepared[order]
        term = int(leg_plan.template.shape.terms[beside])
        if self._plan.terms[term].level != "fund" and len(prepared.legs) > 1:
            move = self._joint_move(stage, order, stage.layout.slots[entry])
        else:
            leg = int(stage.layout.leg_of_row[row]) - int(stage.first_leg[order])
            move = prepared.moves[leg].move[int(self._preparer.bases.of_term[term])]
        return int(seen.coarse[entry]) * FINE + int(seen.fine[entry]), move or 0

    def group(self, stage: Stage, seen: Screen, order: int, group: int) -> GroupCase | None:
        """Return one rule about groups with the group that the order touches.

        None where only the reference can judge it.
        """
        layout, prepared = stage.layout, stage.prepared[order]
        first = int(stage.first_leg[order])
        at = int(layout.leg_of_group[group])
        leg = prepared.legs[at - first]
        test = int(layout.test_of_group[group])
        row = next(one for one in leg.set.groups if one.test == test)
        entity = leg.place.entities[0]
        standing = self._state.standings.board(entity, self._state.den_exact).standings[test]
        start = int(layout.entry_start[at])
        sums = {
            position: int(seen.coarse[start + position]) * FINE + int(seen.fine[start + position])
            for position in (row.high, row.low, row.part)
            if position is not None
        }
        base = self._preparer.bases.of_term[leg.template.shape.terms[row.main]]
        case = group_case(
            self._state, leg, row, standing, sums, prepared.moves[at - first].move[base]
        )
        if case is None or (isinstance(case.judged, IssuesRule) and not seen.group_clear[group]):
            return None
        total = Fraction(sum(abs(steps) for steps in prepared.steps), 10**STEPS)
        security = self._facts.securities[prepared.candidate.security_id]
        question = self._question(prepared, None)
        return replace(
            case,
            total=total,
            lot=Fraction(security.lot),
            reference=lambda: cap(self._facts, case.judged, question, prepared.candidate),
        )

    def _legs_of(self, stage: Stage, order: int, slot: int) -> Iterator[int]:
        """Yield the legs of an order that touch a slot."""
        for leg, slots in enumerate(stage.prepared[order].slots):
            if (slots == slot).any():
                yield leg

    def _joint_move(self, stage: Stage, order: int, slot: int) -> int | None:
        """Return what all legs of an order together add to one slot."""
        prepared, total = stage.prepared[order], 0
        for leg in self._legs_of(stage, order, slot):
            at = int(np.flatnonzero(prepared.slots[leg] == slot)[0])
            terms = prepared.legs[leg].template.shape.terms
            base = int(self._preparer.bases.of_term[terms[at]])
            move = prepared.moves[leg].move[base]
            if move is None:
                return None
            total += move
        return total

    def _uncertain(self, prepared: Prepared) -> set[int]:
        """Return the rules on cubes in which a holding's place is unknown."""
        if not self._state.uncertain:
            return set()
        found = set()
        for leg in prepared.legs:
            for entity, cube in self._state.uncertain:
                if entity in leg.place.entities:
                    found |= {
                        index
                        for index in self._plan.rules_of_cube[cube]
                        if leg.applies[index] == TESTED and index not in leg.set.unknown
                    }
        return found

    def _own_unknown(
        self, prepared: Prepared, leg: LegPlan, index: int, findings: Findings
    ) -> None:
        rule = self._plan.rules[index]
        if rule.on_missing == "disregard":
            return
        security: SecurityFacts = self._facts.securities[prepared.candidate.security_id]
        cube = self._plan.cubes[self._plan.slot_types[self._plan.tests[index][0].slot_type].cube]
        entity = self._state.names[leg.place.entities[leg.place.levels.index(cube.level)]]
        cell = CellResult(
            entity=entity,
            key=None,
            outcome=Outcome.UNKNOWN,
            reason=missing_attribute(security.id),
        )
        known = findings.cells.setdefault(index, [])
        if cell not in known:
            known.append(cell)
        if stops(rule, Outcome.UNKNOWN):
            findings.caps.append((NOTHING, index))

    def _question(self, prepared: Prepared, now: datetime | None) -> Question:
        return Question(candidates=(prepared.candidate,), today=self._today, now=now)

    def _gate(
        self, prepared: Prepared, index: int, findings: Findings, now: datetime | None
    ) -> None:
        """Judge a rule about the order itself."""
        rule = self._plan.rules[index]
        question = self._question(prepared, now)
        cells = list(answer_rule(self._facts, rule, question).cells)
        findings.cells[index] = cells
        limit = cap(self._facts, rule, question, prepared.candidate)
        if limit is not None:
            findings.caps.append((limit, index))
        if not replayable(rule):
            findings.written.extend((index, cell) for cell in cells)

    def whole(
        self, prepared: Prepared, index: int, findings: Findings, now: datetime | None
    ) -> None:
        """Judge a rule by the reference, and write its cells out."""
        self._gate(prepared, index, findings, now)
        findings.whole.append(index)
        if replayable(self._plan.rules[index]):
            findings.written.extend((index, cell) for cell in findings.cells[index])

    def straight(
        self, stage: Stage, seen: Screen, order: int, row: int
    ) -> tuple[int, int, int] | None:
        """Return sum, move and steps of a row that one leg moves in a straight line, else None."""
        layout, prepared = stage.layout, stage.prepared[order]
        entry = int(layout.entry_of_row[row])
        base = int(layout.base[entry])
        term = self._preparer.bases.terms[base]
        if term.curved or (term.level != "fund" and len(prepared.legs) > 1):
            return None
        leg = int(layout.leg_of_row[row]) - int(stage.first_leg[order])
        move = prepared.moves[leg].move[base]
        assert move is not None
        num = int(seen.coarse[entry]) * FINE + int(seen.fine[entry])
        return num, move, sum(map(abs, prepared.steps))


def weights_at(plan: Plan, leg: LegPlan, at: int) -> tuple[int, int]:
    """Return ``at``, the position of an average's sum in a leg, and that of its weights."""
    kinds = leg.template.shape.slot_types
    own = plan.slot_types[kinds[at]]
    return at, kinds.index(weights_index(plan, own.cube, own.mode))


def missing_attribute(security_id: str) -> str:
    """Say that the ordered security lacks what a rule asks for."""
    return f"an attribute of {security_id} that the rule asks for is missing"


def replayable(rule: object) -> bool:
    """True where evidence holds all that a rule about the order itself reads."""
    if isinstance(rule, OrderRule):
        return rule.max_messages is None and rule.duplicate_seconds is None
    return not (isinstance(rule, RestrictRule) and rule.through_underlying)
