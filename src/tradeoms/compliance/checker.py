"""Checks by running sums: some orders screened in one pass, each answered with its evidence.

The screen settles the rows that pass without doubt. The others, and the rows that set the largest
quantity, are judged exactly; rules that running sums cannot serve go to the reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import Final

import numpy as np

from tradeoms.compliance.amounts import STEPS
from tradeoms.compliance.answer import verdicts_of, waiting_for, worst_action, worst_outcome
from tradeoms.compliance.cells import FINE, Bools, Floats, Int64s
from tradeoms.compliance.evidence import Recorder, pack, packed_text
from tradeoms.compliance.exact import decimal_of, exact_text
from tradeoms.compliance.facts import NOTHING, Facts
from tradeoms.compliance.legs import TESTED, LegPlan
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.moves import MoveTable, exact_fraction, tabulate
from tradeoms.compliance.plan import DENS, Plan
from tradeoms.compliance.policy import OrderRule, RestrictRule
from tradeoms.compliance.prepared import Prepared, Preparer
from tradeoms.compliance.question import Question
from tradeoms.compliance.reference import RuleAnswer, answer_rule, cap
from tradeoms.compliance.rowjudge import RowNumbers, disregarded, judge_row, quick_caps
from tradeoms.compliance.screen import Layout, Screen, lay_out, reservations, screen
from tradeoms.compliance.state import LiveState
from tradeoms.domain.evaluation import Evaluation, Outcome, SecurityFacts


#: Packed sums of an order that running sums cannot serve.
_NO_SUMS: Final = '[1,0,0,""]'


@dataclass(slots=True)
class Stage:
    """Some orders laid out for screening; `first_leg` has one more element than orders."""

    prepared: Sequence[Prepared]
    layout: Layout
    table: MoveTable
    reserved: tuple[Int64s, Int64s]
    first_leg: Int64s


@dataclass(slots=True)
class Findings:
    """What was found of one order: cells by rule, quantities, and cells to write out."""

    cells: dict[int, list[CellResult]] = field(default_factory=dict)
    caps: list[tuple[Fraction, int]] = field(default_factory=list)
    written: list[tuple[int, CellResult]] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    gate_cap: float = float("inf")


class Checker:
    """Answers orders on one day from one compiled rule set and its running sums."""

    def __init__(
        self, facts: Facts, plan: Plan, state: LiveState, today: date, recorder: Recorder
    ) -> None:
        self._facts = facts
        self._plan = plan
        self._state = state
        self._recorder = recorder
        self.today: Final = today
        self._day: Final = today.isoformat()
        self.preparer: Final = Preparer(facts, plan, state, today)

    def stage(self, prepared: Sequence[Prepared]) -> Stage:
        """Lay out orders that running sums can serve."""
        legs = [leg for one in prepared for leg in one.legs]
        counts = np.array([len(one.legs) for one in prepared], np.int64)
        order_of_leg = np.repeat(np.arange(len(prepared)), counts)
        layout = lay_out(legs, order_of_leg, self.preparer.bases)
        totals = np.array([one.total for one in prepared])[order_of_leg]
        own = np.array([abs(steps) / 10**STEPS for one in prepared for steps in one.steps])
        table = tabulate([move for one in prepared for move in one.moves], own / totals, totals,
                         self.preparer.bases)
        first_leg = np.concatenate([[0], np.cumsum(counts)])
        return Stage(prepared, layout, table, reservations(layout, table), first_leg)

    def screen(self, stage: Stage, reserving: Bools | None) -> Screen:
        """Screen a stage; the orders of ``reserving`` (O,) count for those behind them."""
        reserved = None
        if reserving is not None:
            layout = stage.layout
            keep = reserving[layout.order_of_leg[layout.leg_of_entry]]
            reserved = (np.where(keep, stage.reserved[0], 0), np.where(keep, stage.reserved[1], 0))
        return screen(self._state.store, self._state.den, stage.layout, stage.table, reserved)

    def doubts(self, stage: Stage, seen: Screen, now: datetime | None) -> list[Findings]:
        """Judge exactly what the screen left open, by order."""
        layout = stage.layout
        order_of_row = layout.order_of_leg[layout.leg_of_row]
        rows: list[list[int]] = [[] for _ in stage.prepared]
        for row in np.flatnonzero(~seen.clear).tolist():
            rows[order_of_row[row]].append(row)
        return [
            self._findings(stage, seen, order, rows[order], now)
            for order in range(len(stage.prepared))
        ]

    def answers(self, stage: Stage, seen: Screen, found: Sequence[Findings]) -> list[Evaluation]:
        """Return the evaluation of every order of a stage."""
        layout = stage.layout
        best = np.full(len(stage.prepared), np.inf)
        if len(seen.cap):
            caps = np.where(seen.clear, seen.cap, np.inf)
            np.minimum.at(best, layout.order_of_leg[layout.leg_of_row], caps)
        head, table = pack(seen.coarse, seen.fine)
        entry_start = layout.entry_start[stage.first_leg].tolist()
        return [
            self._answer(
                stage, seen, order, findings, float(best[order]),
                packed_text(head, table[entry_start[order] : entry_start[order + 1]]),
            )
            for order, findings in enumerate(found)
        ]

    def by_reference(self, prepared: Prepared, now: datetime | None) -> Evaluation:
        """Answer one order whose numbers are too fine for the arrays, by the reference alone."""
        findings = Findings()
        for index, applies in enumerate(prepared.applies):
            if applies == TESTED:
                self._whole(prepared, index, findings, now)
        return self._evaluation(prepared, findings, _NO_SUMS)

    def _findings(
        self, stage: Stage, seen: Screen, order: int, rows: list[int], now: datetime | None
    ) -> Findings:
        prepared = stage.prepared[order]
        findings = Findings()
        whole = set(prepared.scans) | self._uncertain(prepared)
        for row in rows:
            leg, spec = self._row(stage, row)
            slot = stage.layout.slots[stage.layout.entry_of_row[row]]
            members = {test.rule for test, _ in spec.rows[leg].members}
            if self._state.store.odd[slot]:
                whole |= members
            elif self._state.store.missing[slot]:
                whole |= {index for index in members
                          if self._plan.rules[index].on_missing == "disregard"}
        for row in rows:
            self._judge(stage, seen, order, row, findings, whole)
        for leg_plan in prepared.legs:
            for index in leg_plan.set.unknown:
                self._own_unknown(prepared, leg_plan, index, findings)
        doubtful, findings.gate_cap = self.preparer.gates.doubtful(
            prepared.gate, prepared.candidate, prepared.total)
        for index in doubtful:
            self._gate(prepared, index, findings, now)
        for index in sorted(whole):
            self._whole(prepared, index, findings, now)
        return findings

    def _row(self, stage: Stage, row: int) -> tuple[int, LegPlan]:
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
        at, leg = self._row(stage, row)
        numbers = self._numbers(stage, seen, order, row)
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

    def _numbers(self, stage: Stage, seen: Screen, order: int, row: int) -> RowNumbers:
        """Return the exact numbers of a row."""
        layout, prepared = stage.layout, stage.prepared[order]
        entry = int(layout.entry_of_row[row])
        first = int(stage.first_leg[order])
        leg = int(layout.leg_of_row[row]) - first
        base, slot = int(layout.base[entry]), layout.slots[entry]
        term = self.preparer.bases.terms[base]
        move = prepared.moves[leg].move[base]
        total = Fraction(sum(abs(steps) for steps in prepared.steps), 10**STEPS)
        shift = NOTHING
        changed = prepared.moves[leg].changed[base]
        if term.level != "fund" and len(prepared.legs) > 1:
            move = self._joint_move(stage, order, slot)
            changed = move != 0
        if term.curved:
            share = Fraction(abs(prepared.steps[leg]), 10**STEPS) / total
            slope = exact_fraction(prepared.moves[leg].slope[base] or 0) * share
            shift = prepared.moves[leg].shift[base] / share
        else:
            slope = exact_fraction(move or 0) / total
        security = self._facts.securities[prepared.candidate.security_id]
        reduction = NOTHING
        if self._state.den[stage.layout.den[row]] <= 0:
            reduction = min(self.preparer.reduction(prepared, one)
                            for one in self._legs_of(stage, order, slot))
        return RowNumbers(
            num=int(seen.coarse[entry]) * FINE + int(seen.fine[entry]), move=move, slope=slope,
            shift=shift, changed=changed, missing=bool(self._state.store.missing[slot] > 0), reduction=reduction,
            total=total, lot=Fraction(security.lot),
        )

    def _legs_of(self, stage: Stage, order: int, slot: int) -> Iterator[int]:
        """Yield the legs of an order that touch a slot."""
        for leg, plan in enumerate(stage.prepared[order].legs):
            if (plan.slots == slot).any():
                yield leg

    def _joint_move(self, stage: Stage, order: int, slot: int) -> int | None:
        """Return what all legs of an order together add to one slot."""
        prepared, total = stage.prepared[order], 0
        for leg in self._legs_of(stage, order, slot):
            plan = prepared.legs[leg]
            at = int(np.flatnonzero(plan.slots == slot)[0])
            base = int(self.preparer.bases.of_term[plan.template.shape.terms[at]])
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
                    found |= {index for index in self._plan.rules_of_cube[cube]
                              if leg.applies[index] == TESTED and index not in leg.set.unknown}
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
        cell = CellResult(entity=entity, key=None, outcome=Outcome.UNKNOWN,
                          reason=f"an attribute of {security.id} that the rule asks for is missing")
        known = findings.cells.setdefault(index, [])
        if cell not in known:
            known.append(cell)
        findings.caps.append((NOTHING, index))

    def _question(self, prepared: Prepared, now: datetime | None) -> Question:
        return Question(candidates=(prepared.candidate,), today=self.today, now=now)

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

    def _whole(
        self, prepared: Prepared, index: int, findings: Findings, now: datetime | None
    ) -> None:
        """Judge a rule by the reference, and write its cells out."""
        self._gate(prepared, index, findings, now)
        findings.whole.append(index)
        if replayable(self._plan.rules[index]):
            findings.written.extend((index, cell) for cell in findings.cells[index])

    def _answer(
        self,
        stage: Stage,
        seen: Screen,
        order: int,
        findings: Findings,
        best: float,
        numbers: str,
    ) -> Evaluation:
        prepared = stage.prepared[order]
        caps = findings.caps
        best = min(best, findings.gate_cap, *(float(quantity) for quantity, _ in caps[:64]))
        if best != float("inf"):
            lot = float(self._facts.securities[prepared.candidate.security_id].lot)
            near = (best // lot + 2) * lot
            caps = caps + list(self._near(stage, seen, order, near, findings))
        return self._evaluation(prepared, findings, numbers, caps=caps)

    def _near(
        self, stage: Stage, seen: Screen, order: int, near: float, findings: Findings
    ) -> Iterator[tuple[Fraction, int]]:
        """Yield the exact quantities of what may be the tightest of the passing bounds."""
        prepared = stage.prepared[order]
        rows = stage.layout.row_start[stage.first_leg[order : order + 2]]
        start, stop = int(rows[0]), int(rows[1])
        close = seen.clear[start:stop] & (seen.cap[start:stop] <= near * (1 + 1e-9))
        lot = Fraction(self._facts.securities[prepared.candidate.security_id].lot)
        for offset in np.flatnonzero(close).tolist():
            row = start + offset
            at, leg = self._row(stage, row)
            straight = self._straight(stage, seen, order, row)
            if straight is not None:
                yield from quick_caps(self._state, leg, at, num=straight[0], move=straight[1],
                                      steps=straight[2], lot=lot, near=near)
                continue
            numbers = self._numbers(stage, seen, order, row)
            for one in judge_row(self._state, leg, at, numbers, near=near):
                if one.cap is not None:
                    yield one.cap, one.rule
        if findings.gate_cap <= near * (1 + 1e-9):
            gates = self.preparer.gates
            for quantity, index in gates.near(prepared.gate, prepared.candidate, near, lot):
                if index not in findings.cells:
                    yield quantity, index

    def _straight(
        self, stage: Stage, seen: Screen, order: int, row: int
    ) -> tuple[int, int, int] | None:
        """Return sum, move and steps of a row that one leg moves in a straight line, else None."""
        layout, prepared = stage.layout, stage.prepared[order]
        entry = int(layout.entry_of_row[row])
        base = int(layout.base[entry])
        term = self.preparer.bases.terms[base]
        if term.curved or (term.level != "fund" and len(prepared.legs) > 1):
            return None
        leg = int(layout.leg_of_row[row]) - int(stage.first_leg[order])
        move = prepared.moves[leg].move[base]
        assert move is not None
        num = int(seen.coarse[entry]) * FINE + int(seen.fine[entry])
        return num, move, sum(map(abs, prepared.steps))

    def _evaluation(
        self,
        prepared: Prepared,
        findings: Findings,
        numbers: str,
        *,
        caps: Sequence[tuple[Fraction, int]] | None = None,
    ) -> Evaluation:
        answers = [
            RuleAnswer(self._plan.rules[index],
                       worst_outcome([Outcome.PASS, *(cell.outcome for cell in cells)]),
                       tuple(cells))
            for index, cells in sorted(findings.cells.items())
        ]
        tested = [Outcome.PASS] if prepared.tested else []
        outcome = worst_outcome([*tested, *(one.outcome for one in answers)])
        action = worst_action(answers)
        most, binding = min(findings.caps if caps is None else caps, default=(None, None))
        return Evaluation(
            order_id=prepared.candidate.order_id, outcome=outcome, action=action,
            verdicts=verdicts_of(answers) if answers else (),
            max_quantity=None if most is None else decimal_of(most),
            binding_rule=None if binding is None else self._plan.rules[binding].id,
            waiting_for=waiting_for(outcome, action),
            evidence=self._recorder.write(
                prepared, today=self._day, numbers=numbers, whole=findings.whole,
                holdings=self._holdings(prepared), aggregates=self._aggregates(prepared),
                extra=findings.written,
            ),
        )

    def _holdings(self, prepared: Prepared) -> list[list[int]]:
        """Position, open purchases and open sales of every leg, where rules depend on them."""
        if not self._plan.curved and all(
            self._state.den[leg.den].min(initial=1.0) > 0 for leg in prepared.legs
        ):
            return []
        return [self.preparer.holding(leg, prepared.candidate) for leg in prepared.legs]

    def _aggregates(self, prepared: Prepared) -> list[object]:
        """Name, currency and denominators of every aggregate above the funds."""
        found: dict[str, object] = {}
        for leg in prepared.legs:
            place = leg.place
            for level, entity, currency in zip(
                place.levels[1:], place.entities[1:], place.currencies[1:], strict=True
            ):
                name = self._state.names[entity]
                dens = self._state.den_exact[entity * len(DENS) : (entity + 1) * len(DENS)]
                found[name] = [level, name, currency, *map(exact_text, dens)]
        return list(found.values())


def replayable(rule: object) -> bool:
    """True where evidence holds all that a rule about the order itself reads."""
    if isinstance(rule, OrderRule):
        return rule.max_messages is None and rule.duplicate_seconds is None
    return not (isinstance(rule, RestrictRule) and rule.through_underlying)
