"""Checks by running sums: some orders screened in one pass, each answered with its evidence.

The screen settles the rows that pass without doubt. The others, and the rows that set the largest
quantity, are judged exactly; rules that running sums cannot serve go to the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from functools import partial
from typing import Final

import numpy as np

from tradeoms.compliance.amounts import STEPS
from tradeoms.compliance.answer import verdicts_of, waiting_for, worst_action, worst_outcome
from tradeoms.compliance.basket_check import BasketChecker
from tradeoms.compliance.cells import Bools, Floats, Int64s
from tradeoms.compliance.evidence import (
    Recorder,
    aggregates_of,
    pack,
    packed_text,
)
from tradeoms.compliance.exact import decimal_of
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.judge import NOTHING_FOUND, Findings, Judge, Stage
from tradeoms.compliance.legs import TESTED
from tradeoms.compliance.moves import tabulate
from tradeoms.compliance.plan import Plan
from tradeoms.compliance.prepared import Prepared, Preparer, open_order
from tradeoms.compliance.reference import RuleAnswer
from tradeoms.compliance.rowjudge import judge_row, quick_caps
from tradeoms.compliance.screen import Layouts, Screen, lay_out, reservations, screen
from tradeoms.compliance.sentences import name_in, passing_of
from tradeoms.compliance.single import Singles
from tradeoms.compliance.state import LiveState
from tradeoms.domain.evaluation import (
    Action,
    Candidate,
    Evaluation,
    Outcome,
)

#: Packed sums of an order that running sums cannot serve.
_NO_SUMS: Final = '[1,0,0,""]'


@dataclass(slots=True)
class Doubts:
    """What one screening left open, by order.

    `gate_cap` is the largest quantity that the passing rules about the order itself allow.
    """

    findings: list[Findings]
    gate_cap: Floats
    now: datetime | None


#: A quantity beyond all others.
_FAR: Final = 1e300


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
        self._layouts: Final = Layouts(self.preparer.bases)
        self._judge: Final = Judge(facts, plan, state, self.preparer, today)
        self.singles: Final = Singles(state, self.preparer)
        self.baskets: Final = BasketChecker(
            facts, plan, state, self.preparer, lambda some: self.stage(some, reserving=False)
        )

    def answer_single(
        self, candidate: Candidate, now: datetime | None, *, reserving: bool
    ) -> Evaluation | None:
        """Answer one order that clearly passes everywhere, as `answer` would; else None.

        Where ``reserving``, it counts for those behind it.
        """
        passed = self.singles.pass_one(candidate, reserving=reserving)
        if passed is None:
            return None
        prepared = passed.prepared
        applies = [leg.applies for leg in prepared.legs]
        if self.preparer.gates.unsettled(applies, prepared.candidate, now):
            return None
        caps = self._all_caps(prepared, NOTHING_FOUND, passed.caps, passed.gate_near)
        numbers = packed_text(*pack(passed.sums))
        evaluation = self._evaluation(prepared, NOTHING_FOUND, numbers, caps, now)
        if reserving:
            self.singles.reserve(passed)
            self._facts.reserve(open_order(prepared.candidate))
        return evaluation

    def answer(self, prepared: Sequence[Prepared], now: datetime | None) -> list[Evaluation]:
        """Answer orders that running sums can serve, each as if it were the only one."""
        stage = self.stage(prepared, reserving=False)
        seen = self.screen(stage, None)
        return self.answers(stage, seen, self.doubts(stage, seen, now))

    def stage(self, prepared: Sequence[Prepared], *, reserving: bool) -> Stage:
        """Lay out orders that running sums can serve."""
        legs = [leg for one in prepared for leg in one.legs]
        counts = np.array([len(one.legs) for one in prepared], np.int64)
        order_of_leg = np.repeat(np.arange(len(prepared)), counts)
        slots = [part for one in prepared for part in one.slots]
        if len(prepared) == 1:
            layout = self._layouts.lay_out(legs, slots)
        else:
            layout = lay_out(legs, slots, order_of_leg, self.preparer.bases)
        totals = np.array([one.total for one in prepared])[order_of_leg]
        own = np.array([abs(steps) / 10**STEPS for one in prepared for steps in one.steps])
        table = tabulate(
            [move for one in prepared for move in one.moves],
            own / totals,
            totals,
            self.preparer.bases,
        )
        first_leg = np.concatenate([[0], np.cumsum(counts)])
        reserved = reservations(layout, table) if reserving else None
        return Stage(prepared, layout, table, reserved, first_leg)

    def screen(self, stage: Stage, reserving: Bools | None) -> Screen:
        """Screen a stage; the orders of ``reserving`` (O,) count for those behind them."""
        reserved = None
        if reserving is not None and stage.reserved is not None:
            layout = stage.layout
            keep = reserving[layout.order_of_leg[layout.leg_of_entry]]
            reserved = (np.where(keep, stage.reserved[0], 0), np.where(keep, stage.reserved[1], 0))
        state, layout = self._state, stage.layout
        for entity in set(layout.entity_of_group.tolist()):
            state.standings.board(entity, state.den_exact)
        groups = (state.standings.slack, state.standings.way)
        return screen(state.store, state.den, layout, stage.table, reserved, groups)

    def doubts(self, stage: Stage, seen: Screen, now: datetime | None) -> Doubts:
        """Judge exactly what the screen left open."""
        layout = stage.layout
        rows: dict[int, list[int]] = {}
        doubtful = np.flatnonzero(~seen.clear)
        orders = layout.order_of_leg[layout.leg_of_row[doubtful]].tolist()
        for row, order in zip(doubtful.tolist(), orders, strict=True):
            rows.setdefault(order, []).append(row)
        unclear = np.flatnonzero(~seen.group_clear)
        groups: dict[int, list[int]] = {}
        orders = layout.order_of_leg[layout.leg_of_group[unclear]].tolist()
        for group, order in zip(unclear.tolist(), orders, strict=True):
            groups.setdefault(order, []).append(group)
        gates, uncertain = self.preparer.gates, bool(self._state.uncertain)
        findings, caps = [], []
        for order, prepared in enumerate(stage.prepared):
            forced, cap = gates.doubtful(prepared.gate, prepared.candidate, prepared.total)
            caps.append(cap)
            forced += gates.unsettled(
                [leg.applies for leg in prepared.legs], prepared.candidate, now
            )
            if (
                order in rows
                or order in groups
                or forced
                or prepared.scans
                or uncertain
                or any(leg.set.unknown for leg in prepared.legs)
            ):
                findings.append(
                    self._judge.findings(
                        stage,
                        seen,
                        order,
                        (rows.get(order, []), groups.get(order, []), forced),
                        now,
                    )
                )
            else:
                findings.append(NOTHING_FOUND)
        return Doubts(findings, np.array(caps), now)

    def answers(self, stage: Stage, seen: Screen, doubts: Doubts) -> list[Evaluation]:
        """Return the evaluation of every order of a stage."""
        layout = stage.layout
        order_of_row = layout.order_of_leg[layout.leg_of_row]
        best = doubts.gate_cap.copy()
        np.minimum.at(best, order_of_row, np.where(seen.clear, seen.cap, np.inf))
        for order, findings in enumerate(doubts.findings):
            if findings.caps:
                best[order] = min(best[order], *[float(most) for most, _ in findings.caps])
        lots = np.array(
            [float(self._facts.securities[one.candidate.security_id].lot) for one in stage.prepared]
        )
        near = np.full(len(best), -1.0)
        bound = np.isfinite(best)
        near[bound] = (best[bound] // lots[bound] + 2) * lots[bound]
        # What the reference judged alone may have been the tightest here, and bounds nothing.
        near[[order for order, one in enumerate(doubts.findings) if one.whole]] = _FAR
        caps = self._near(stage, seen, order_of_row, near)
        self._near_groups(stage, seen, near, caps)
        head, table = pack(np.stack([seen.coarse, seen.fine], axis=1))
        entry_start = layout.entry_start[stage.first_leg].tolist()
        gate_near = doubts.gate_cap <= near * (1 + 1e-9)
        return [
            self._evaluation(
                prepared,
                findings,
                packed_text(head, table[entry_start[order] : entry_start[order + 1]]),
                self._all_caps(
                    prepared,
                    findings,
                    caps.get(order, []),
                    float(near[order]) if gate_near[order] else None,
                ),
                doubts.now,
            )
            for order, (prepared, findings) in enumerate(
                zip(stage.prepared, doubts.findings, strict=True)
            )
        ]

    def by_reference(self, prepared: Prepared, now: datetime | None) -> Evaluation:
        """Answer one order whose numbers are too fine for the arrays, by the reference alone."""
        findings = Findings()
        for index, applies in enumerate(prepared.applies):
            if applies == TESTED:
                self._judge.whole(prepared, index, findings, now)
        return self._evaluation(prepared, findings, _NO_SUMS, findings.caps, now)

    def _near(
        self, stage: Stage, seen: Screen, order_of_row: Int64s, near: Floats
    ) -> dict[int, list[tuple[Fraction, int]]]:
        """Return by order the exact quantities of what may be the tightest passing bounds."""
        reach = near[order_of_row] * (1 + 1e-9)
        rows = np.flatnonzero(seen.clear & (seen.least <= reach))
        found: dict[int, list[tuple[Fraction, int]]] = {}
        for row, order in zip(rows.tolist(), order_of_row[rows].tolist(), strict=True):
            caps = found.setdefault(order, [])
            at, leg = self._judge.row(stage, row)
            straight = self._judge.straight(stage, seen, order, row)
            security = self._facts.securities[stage.prepared[order].candidate.security_id]
            if straight is not None:
                caps.extend(
                    quick_caps(
                        self._state,
                        leg,
                        at,
                        num=straight[0],
                        move=straight[1],
                        steps=straight[2],
                        lot=Fraction(security.lot),
                        near=float(near[order]),
                    )
                )
                continue
            numbers = self._judge.numbers(stage, seen, order, row)
            for one in judge_row(self._state, leg, at, numbers, near=float(near[order])):
                if one.cap is not None:
                    caps.append((one.cap, one.rule))
        return found

    def _near_groups(
        self,
        stage: Stage,
        seen: Screen,
        near: Floats,
        caps: dict[int, list[tuple[Fraction, int]]],
    ) -> None:
        """Add the exact quantities of rules about groups that may be the tightest to ``caps``."""
        layout = stage.layout
        order_of_group = layout.order_of_leg[layout.leg_of_group]
        reach = np.where(near < 0, np.inf, near * (1 + 1e-9))[order_of_group]
        close = seen.group_clear & np.isfinite(seen.group_cap) & (seen.group_cap <= reach)
        for group in np.flatnonzero(close).tolist():
            order = int(order_of_group[group])
            found = self._judge.group(stage, seen, order, group)
            if found is not None:
                most = found.cap()
                if most is not None:
                    caps.setdefault(order, []).append((most, found.rule))

    def _all_caps(
        self,
        prepared: Prepared,
        findings: Findings,
        rows: list[tuple[Fraction, int]],
        gate_near: float | None,
    ) -> list[tuple[Fraction, int]]:
        """Return every exact quantity that may bind; ``gate_near`` is None where gates do not."""
        caps = findings.caps + [one for one in rows if one[1] not in findings.whole]
        if gate_near is not None:
            gates = self.preparer.gates
            caps += [
                (quantity, index)
                for quantity, index in gates.near(prepared.gate, prepared.candidate, gate_near)
                if index not in findings.cells
            ]
        return caps

    def _evaluation(
        self,
        prepared: Prepared,
        findings: Findings,
        numbers: str,
        caps: Sequence[tuple[Fraction, int]],
        now: datetime | None,
    ) -> Evaluation:
        most, binding = min(caps, default=(None, None))
        evidence = self._recorder.write(
            prepared,
            today=self._day,
            numbers=numbers,
            now=now,
            whole=findings.whole,
            holdings=self._holdings(prepared),
            aggregates=aggregates_of(self._state, prepared),
            groups=self._groups(prepared),
            extra=findings.written,
        )
        quantity = None if most is None else decimal_of(most)
        rule = None if binding is None else self._plan.rules[binding].id
        tested = Outcome.PASS if prepared.tested else Outcome.NOT_TESTED
        if not findings.cells:
            return Evaluation(
                order_id=prepared.candidate.order_id,
                outcome=tested,
                action=Action.ALLOW,
                max_quantity=quantity,
                binding_rule=rule,
                evidence=evidence,
            )
        answers = [
            RuleAnswer(
                self._plan.written[index],
                worst_outcome([Outcome.PASS, *(cell.outcome for cell in cells)]),
                tuple(cells),
            )
            for index, cells in sorted(findings.cells.items())
        ]
        outcome = worst_outcome([tested, *(one.outcome for one in answers)])
        action = worst_action(answers)
        passing = passing_of(self._facts, prepared.candidate, most, rule)
        return Evaluation(
            order_id=prepared.candidate.order_id,
            outcome=outcome,
            action=action,
            verdicts=verdicts_of(answers, partial(name_in, self._facts), passing),
            max_quantity=quantity,
            binding_rule=rule,
            waiting_for=waiting_for(outcome, action),
            evidence=evidence,
        )

    def _holdings(self, prepared: Prepared) -> list[list[int]]:
        """Position, open purchases and open sales of every leg, where rules depend on them."""
        bad = self._state.bad_dens
        if not self._plan.curved and not (
            bad and any(not bad.isdisjoint(leg.den().tolist()) for leg in prepared.legs)
        ):
            return []
        return [self.preparer.holding(leg, prepared.candidate) for leg in prepared.legs]

    def _groups(self, prepared: Prepared) -> list[str]:
        """Standings behind the rules about groups, by leg, as JSON."""
        if not any(leg.set.groups for leg in prepared.legs):
            return []
        boards, dens = self._state.standings, self._state.den_exact
        return [
            boards.board(leg.place.entities[0], dens).text(self._plan, leg.set.group_test)
            for leg in prepared.legs
        ]
