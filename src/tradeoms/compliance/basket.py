"""Several orders tested together, for what-if: all fill (net), or any subset may (worst).

Exact and slow, by the reference. The scale is the largest common factor on the orders that worsen a
cell at which no rule stops them; a culprit is an order with a positive contribution to such a cell.
Rules that stop no order have no say in either (`actions.stops`).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import partial

from tradeoms.compliance.actions import lenient, stops
from tradeoms.compliance.answer import verdicts_of, worst_action, worst_outcome
from tradeoms.compliance.basket_sums import Found
from tradeoms.compliance.evaluated import evaluated
from tradeoms.compliance.exact import decimal_of, exact_text
from tradeoms.compliance.facts import NOTHING, ONE, Facts
from tradeoms.compliance.kinds.scanned import SCANNED
from tradeoms.compliance.linear import CellResult, Limit, LinearCell, scale_of, worst
from tradeoms.compliance.policy import LinearRule, Rule
from tradeoms.compliance.question import Question, subjects
from tradeoms.compliance.reference import (
    RuleAnswer,
    answer_rule,
    cap,
    judge_cell,
    linear_cells,
    on_acquisition,
)
from tradeoms.compliance.schema.orders import OrderRule, RestrictRule
from tradeoms.compliance.sentences import name_in
from tradeoms.domain.evaluation import BasketEvaluation, Candidate, Outcome


def evaluate_basket(
    facts: Facts, rules: tuple[Rule, ...], question: Question, known: Found | None = None
) -> tuple[BasketEvaluation, list[RuleAnswer]]:
    """Return the answer to all candidates together, and the answers of every rule.

    Args:
        facts: What is known.
        rules: The rule set.
        question: The orders.
        known: What running sums found; the reference judges the rules in `whole` alone. None
            leaves all to the reference.
    """
    found = Found(whole=set(range(len(rules)))) if known is None else known
    answers = []
    for index, rule in enumerate(rules):
        if index in found.whole:
            answers.append(answer_rule(facts, rule, question))
            _blame_whole(facts, answers[-1], question, found)
        else:
            answers.append(_answer_known(facts, rule, question, found.cells.get(index, ())))
    limits = [
        _largest(facts, rules, question, number, found)
        for number in range(len(question.candidates))
    ]
    ids = [one.order_id for one in question.candidates]
    return BasketEvaluation(
        mode="worst" if question.any_subset else "net",
        outcome=worst_outcome(answer.outcome for answer in answers),
        action=worst_action(answers),
        verdicts=verdicts_of(answers, partial(name_in, facts)),
        outcome_by_rule=tuple((answer.rule.id, answer.outcome) for answer in answers),
        max_quantity={
            name: None if most is None else decimal_of(most)
            for name, (most, _) in zip(ids, limits, strict=True)
        },
        binding_rule={
            name: None if index is None else rules[index].id
            for name, (_, index) in zip(ids, limits, strict=True)
        },
        scale=exact_text(found.scale) or "0",
        culprits=tuple(name for number, name in enumerate(ids) if number in found.culprits),
    ), answers


def _answer_known(
    facts: Facts, rule: Rule, question: Question, cells: Sequence[CellResult]
) -> RuleAnswer:
    """Return the answer of a rule whose cells are judged; those that simply pass are left out."""
    tested = next(iter(subjects(facts, rule, question)), None) is not None
    outcome = Outcome.PASS if tested else Outcome.NOT_TESTED
    return RuleAnswer(rule, worst_outcome([outcome, *(one.outcome for one in cells)]), tuple(cells))


def _largest(
    facts: Facts, rules: tuple[Rule, ...], question: Question, number: int, found: Found
) -> tuple[Fraction | None, int | None]:
    """Return the largest passing quantity of one order, and the first rule that sets it."""
    caps = list(found.caps.get(number, ()))
    for index in sorted(found.whole):
        limit = cap(facts, rules[index], question, question.candidates[number])
        if limit is not None:
            caps.append((limit, index))
    return min(caps, default=(None, None))


def largest_quantity(
    facts: Facts, rules: tuple[Rule, ...], question: Question, candidate: Candidate
) -> tuple[Fraction | None, str | None]:
    """Return the largest passing quantity of one order, and the first rule that sets it."""
    number = question.candidates.index(candidate)
    everything = Found(whole=set(range(len(rules))))
    most, index = _largest(facts, rules, question, number, everything)
    return most, None if index is None else rules[index].id


def _blame_whole(facts: Facts, answer: RuleAnswer, question: Question, found: Found) -> None:
    """Add the culprits of a rule that the reference judged, and lower the scale."""
    rule = evaluated(answer.rule, question.today)
    if not stops(rule, Outcome.BREACH):
        return
    kind = SCANNED.get(type(rule))
    if isinstance(rule, RestrictRule | OrderRule):
        culprits = set(_alone(facts, answer, question))
        scale = NOTHING if stops(rule, answer.outcome) else ONE
    elif kind is not None:
        culprits, scale = kind.blame(facts, rule, question)
    elif isinstance(rule, LinearRule):
        culprits, scale = _blame(facts, rule, question)
    else:
        return  # trades move no cell of the rule
    found.scale = min(found.scale, scale)
    found.culprits.update(
        number for number, one in enumerate(question.candidates) if one.order_id in culprits
    )


def _blame(facts: Facts, rule: LinearRule, question: Question) -> tuple[set[str], Fraction]:
    """Return the orders that push a breached cell of a linear rule, and the scale."""
    culprits: set[str] = set()
    scale = ONE
    for cell in linear_cells(facts, rule, question):
        outcome = judge_cell(rule, cell).outcome
        if outcome is Outcome.UNKNOWN and stops(rule, outcome):
            scale = NOTHING
        if outcome is not Outcome.BREACH or cell.limit is None:
            continue
        pushes = {
            one.order_id: _push(cell, cell.limit, one.order_id) for one in question.candidates
        }
        worse = {order_id: push for order_id, push in pushes.items() if push > 0}
        culprits.update(worse)
        pushed = sum(worse.values(), NOTHING)
        scale = min(
            scale,
            scale_of(
                cell,
                cell.limit,
                pushed,
                acquisition=on_acquisition(rule),
                lenient=lenient(rule),
            ),
        )
    return culprits, scale


def _push(cell: LinearCell, limit: Limit, order_id: str) -> Fraction:
    """Excess that one order adds to the cell, the others filled."""
    assert cell.rebuild is not None
    without = limit.excess(*worst(cell.rebuild(order_id, NOTHING), limit))
    return limit.excess(*worst(cell.after, limit)) - without


def _alone(facts: Facts, answer: RuleAnswer, question: Question) -> list[str]:
    """Orders that break a rule about orders by themselves."""
    found = []
    for candidate in question.candidates:
        one = Question(candidates=(candidate,), today=question.today, now=question.now)
        if answer_rule(facts, answer.rule, one).outcome is Outcome.BREACH:
            found.append(candidate.order_id)
    return found
