"""Several orders tested together, for what-if: all fill (net), or any subset may (worst).

Exact and slow, by the reference. The scale is the largest common factor on the orders that worsen a
cell at which no cell blocks; a culprit is an order with a positive contribution to a breached cell.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from tradeoms.compliance.answer import verdicts_of, worst_action, worst_outcome
from tradeoms.compliance.evaluated import evaluated_all
from tradeoms.compliance.exact import decimal_of, exact_text
from tradeoms.compliance.facts import NOTHING, ONE, Facts
from tradeoms.compliance.kinds.scanned import SCANNED
from tradeoms.compliance.linear import Limit, LinearCell, bound_of, worst
from tradeoms.compliance.policy import LinearRule, Rule
from tradeoms.compliance.question import Question
from tradeoms.compliance.reference import RuleAnswer, answer_rule, cap, judge_cell, linear_cells
from tradeoms.compliance.schema.orders import OrderRule, RestrictRule
from tradeoms.domain.evaluation import BasketEvaluation, Candidate, Outcome

_BLOCKED: Final = frozenset({Outcome.BREACH, Outcome.UNKNOWN})


def evaluate_basket(
    facts: Facts, rules: tuple[Rule, ...], question: Question
) -> tuple[BasketEvaluation, list[RuleAnswer]]:
    """Return the answer to all candidates together, and the answers of every rule."""
    answers = [answer_rule(facts, rule, question) for rule in rules]
    limits = {
        one.order_id: largest_quantity(facts, rules, question, one) for one in question.candidates
    }
    culprits, scale = _blame(facts, rules, question)
    for answer in answers:
        if isinstance(answer.rule, RestrictRule | OrderRule):
            culprits.update(_alone(facts, answer, question))
            if answer.outcome in _BLOCKED:
                scale = NOTHING
    return BasketEvaluation(
        mode="worst" if question.any_subset else "net",
        outcome=worst_outcome(answer.outcome for answer in answers),
        action=worst_action(answers),
        verdicts=verdicts_of(answers),
        outcome_by_rule=tuple((answer.rule.id, answer.outcome) for answer in answers),
        max_quantity={
            order_id: None if most is None else decimal_of(most)
            for order_id, (most, _) in limits.items()
        },
        binding_rule={order_id: binding for order_id, (_, binding) in limits.items()},
        scale=exact_text(scale) or "0",
        culprits=tuple(one.order_id for one in question.candidates if one.order_id in culprits),
    ), answers


def largest_quantity(
    facts: Facts, rules: tuple[Rule, ...], question: Question, candidate: Candidate
) -> tuple[Fraction | None, str | None]:
    """Return the largest passing quantity of one order, and the first rule that sets it."""
    most, binding = None, None
    for rule in rules:
        limit = cap(facts, rule, question, candidate)
        if limit is not None and (most is None or limit < most):
            most, binding = limit, rule.id
    return most, binding


def _blame(facts: Facts, rules: tuple[Rule, ...], question: Question) -> tuple[set[str], Fraction]:
    """Return the orders that push a breached cell, and the scale over all linear cells."""
    culprits: set[str] = set()
    scale = ONE
    for rule in evaluated_all(rules, question.today):
        kind = SCANNED.get(type(rule))
        if kind is not None:
            pushers, most = kind.blame(facts, rule, question)
            culprits.update(pushers)
            scale = min(scale, most)
            continue
        if not isinstance(rule, LinearRule):
            continue  # rules about orders are blamed on each of them, and trades move no others
        for cell in linear_cells(facts, rule, question):
            outcome = judge_cell(rule, cell).outcome
            if outcome is Outcome.UNKNOWN:
                scale = NOTHING
            if outcome is not Outcome.BREACH or cell.limit is None:
                continue
            pushes = {
                one.order_id: _push(cell, cell.limit, one.order_id) for one in question.candidates
            }
            worse = {order_id: push for order_id, push in pushes.items() if push > 0}
            culprits.update(worse)
            scale = min(scale, _scale(cell, cell.limit, sum(worse.values(), NOTHING)))
    return culprits, scale


def _push(cell: LinearCell, limit: Limit, order_id: str) -> Fraction:
    """Excess that one order adds to the cell, the others filled."""
    assert cell.rebuild is not None
    without = limit.excess(*worst(cell.rebuild(order_id, NOTHING), limit))
    return limit.excess(*worst(cell.after, limit)) - without


def _scale(cell: LinearCell, limit: Limit, pushed: Fraction) -> Fraction:
    """Largest factor on the pushing orders at which the cell no longer blocks."""
    before = limit.excess(*worst(cell.before, limit))
    after = limit.excess(*worst(cell.after, limit))
    ceiling = before if limit.violated(before) else -bound_of(cell.maybe, limit)
    if pushed <= 0:
        return NOTHING
    return min(ONE, max(NOTHING, (ceiling - (after - pushed)) / pushed))


def _alone(facts: Facts, answer: RuleAnswer, question: Question) -> list[str]:
    """Orders that break a rule about orders by themselves."""
    found = []
    for candidate in question.candidates:
        one = Question(candidates=(candidate,), today=question.today, now=question.now)
        if answer_rule(facts, answer.rule, one).outcome is Outcome.BREACH:
            found.append(candidate.order_id)
    return found
