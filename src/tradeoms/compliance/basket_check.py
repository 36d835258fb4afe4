"""Orders that are meant together: running sums first, the rules about each order, the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from tradeoms.compliance.actions import stops
from tradeoms.compliance.basket import evaluate_basket
from tradeoms.compliance.basket_groups import BasketGroups
from tradeoms.compliance.basket_sums import BasketSums, Found, serves
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.judge import Stage
from tradeoms.compliance.plan import Plan
from tradeoms.compliance.prepared import Prepared, Preparer
from tradeoms.compliance.question import Question
from tradeoms.compliance.reference import answer_rule, cap
from tradeoms.compliance.state import LiveState
from tradeoms.domain.evaluation import BasketEvaluation, Outcome


@dataclass(frozen=True, slots=True)
class BasketChecker:
    """Answers baskets on one day; `stage` lays prepared orders out."""

    facts: Facts
    plan: Plan
    state: LiveState
    preparer: Preparer
    stage: Callable[[Sequence[Prepared]], Stage]

    def answer(self, question: Question) -> BasketEvaluation:
        """Answer the orders of ``question``."""
        facts, rules = self.facts, self.plan.written
        prepared = self.preparer.prepare(question.candidates, reserving=True)
        merged = replace(question, candidates=tuple(one.candidate for one in prepared))
        if not serves(facts, prepared):
            return evaluate_basket(facts, rules, merged)[0]
        stage = self.stage(prepared)
        best = np.full(len(prepared), np.inf)
        forced: list[list[int]] = []
        for number, one in enumerate(prepared):
            doubtful, best[number] = self.preparer.gates.doubtful(
                one.gate, one.candidate, one.total
            )
            forced.append(doubtful)
        groups = BasketGroups(facts, self.plan, self.state, stage, merged)
        sums = BasketSums(facts, self.plan, self.state, stage, merged)
        found = sums.find(best, groups.whole)
        groups.judge(found)
        for number, one in enumerate(prepared):
            self._gate(found, (number, one), forced[number], float(best[number]), question)
        return evaluate_basket(facts, rules, merged, found)[0]

    def _gate(
        self,
        found: Found,
        order: tuple[int, Prepared],
        forced: Sequence[int],
        best: float,
        question: Question,
    ) -> None:
        """Judge the rules about one order of a basket itself."""
        number, prepared = order
        alone = replace(question, candidates=(prepared.candidate,)) if forced else question
        for index in forced:
            rule = self.plan.rules[index]
            cells = answer_rule(self.facts, rule, alone).cells
            found.cells.setdefault(index, []).extend(cells)
            limit = cap(self.facts, rule, alone, prepared.candidate)
            if limit is not None:
                found.caps.setdefault(number, []).append((limit, index))
            stopping = {cell.outcome for cell in cells if stops(rule, cell.outcome)}
            if Outcome.BREACH in stopping:
                found.culprits.add(number)
            if stopping:
                found.scale = Fraction(0)
        if best < np.inf:
            near = best + 2 * float(prepared.gate.lot)
            found.caps.setdefault(number, []).extend(
                one
                for one in self.preparer.gates.near(prepared.gate, prepared.candidate, near)
                if one[1] not in forced
            )
