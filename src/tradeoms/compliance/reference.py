"""Every rule against one or more orders, exactly and one by one: what the fast path must equal.

`answer_rule` judges one rule; `cap` is the largest quantity it lets one order have. Slow on
purpose: it walks holdings and adds Fractions. The engine uses it where the arrays decline: for
rules with a moving denominator, look-through or missing data, and in what-if baskets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from tradeoms.compliance.actions import lenient, stops
from tradeoms.compliance.evaluated import evaluated
from tradeoms.compliance.facts import NOTHING, Facts
from tradeoms.compliance.kinds import cash, ladder, order, ratio, restrict, short, wavg
from tradeoms.compliance.kinds.scanned import SCANNED
from tradeoms.compliance.linear import (
    CellResult,
    LinearCell,
    floor_to_lot,
    judge,
    largest_factor,
)
from tradeoms.compliance.policy import LinearRule, Rule
from tradeoms.compliance.question import Question, subjects, tested_part
from tradeoms.compliance.schema.figures import WavgRule
from tradeoms.compliance.schema.orders import OrderRule, RestrictRule
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.compliance.schema.sums import CashRule, RatioRule, ShortRule
from tradeoms.domain.evaluation import Candidate, Outcome


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """What one rule says: outcome, and the cells that the orders change."""

    rule: Rule
    outcome: Outcome
    cells: tuple[CellResult, ...]


def answer_rule(facts: Facts, written: Rule, question: Question) -> RuleAnswer:
    """Judge ``question`` by one rule, as it stands on the day of the question."""
    rule = evaluated(written, question.today)
    tested = list(subjects(facts, rule, question))
    if not tested:
        return RuleAnswer(written, Outcome.NOT_TESTED, ())
    kind = SCANNED.get(type(rule))
    if kind is not None:
        cells = kind.answer(facts, rule, question)
    elif isinstance(rule, RestrictRule | OrderRule):
        candidates = {candidate.order_id: candidate for candidate, _ in tested}
        cells = [
            cell
            for candidate in candidates.values()
            for cell in _order_cells(facts, rule, question, candidate)
        ]
    elif isinstance(rule, LinearRule):
        cells = [judge_cell(rule, cell) for cell in linear_cells(facts, rule, question)]
    else:
        cells = []  # a trade moves no cell of the rule
    if rule.on_missing == "disregard":
        cells = [cell for cell in cells if cell.outcome is not Outcome.UNKNOWN]
    outcome = max(
        (cell.outcome for cell in cells), key=lambda one: one.badness, default=Outcome.PASS
    )
    return RuleAnswer(written, outcome, tuple(cells))


def judge_cell(rule: LinearRule, cell: LinearCell) -> CellResult:
    """Judge one cell the way its rule asks for."""
    return judge(cell, acquisition=on_acquisition(rule), deny=rule.reducing == "deny")


def on_acquisition(rule: LinearRule) -> bool:
    """True where the rule tests only cells that orders make worse."""
    return not isinstance(rule, ShortRule) and rule.test == "acquisition"


def linear_cells(facts: Facts, rule: LinearRule, question: Question) -> Iterator[LinearCell]:
    """Yield the cells of a linear rule as it is evaluated, every aggregate once."""
    seen: set[str] = set()
    asked, tested = tested_part(facts, rule, question)
    for _, fund in tested:
        if isinstance(rule, RatioRule | WavgRule):
            place = facts.level_of(fund, rule.level)
            entity = None if place is None else place[0]
        else:
            entity = fund.id
        if entity is None or entity in seen:
            continue
        seen.add(entity)
        match rule:
            case RatioRule():
                yield from ratio.cells(facts, rule, asked, fund)
            case WavgRule():
                yield from wavg.cells(facts, rule, asked, fund)
            case CashRule():
                yield from cash.cells(facts, rule, asked, fund)
            case ShortRule():
                yield from short.cells(facts, rule, asked, fund)


def _order_cells(
    facts: Facts, rule: RestrictRule | OrderRule, question: Question, candidate: Candidate
) -> Iterator[CellResult]:
    if isinstance(rule, RestrictRule):
        outcome, reason = restrict.answer(facts, rule, candidate)
        yield CellResult(entity=None, key=candidate.security_id, outcome=outcome, reason=reason)
        return
    for part in order.parts(facts, rule, question, candidate):
        yield CellResult(
            entity=None,
            key=part.name,
            outcome=part.outcome,
            reason=part.reason,
            num_after=part.value,
            den_after=Fraction(1),
            limit=part.limit,
            bound="max",
        )


def cap(facts: Facts, written: Rule, question: Question, candidate: Candidate) -> Fraction | None:
    """Return the largest quantity of ``candidate`` that a rule does not stop; None: unlimited.

    A multiple of the lot. Other candidates and open orders stay as they are. A rule that stops no
    order sets none, whatever it says.
    """
    rule = evaluated(written, question.today)
    if not stops(rule, Outcome.BREACH):
        return None
    return _smallest(facts, candidate, _factors(facts, rule, question, candidate))


def undisclosed(
    facts: Facts, written: Rule, question: Question, candidate: Candidate
) -> Fraction | None:
    """Return the largest quantity of ``candidate`` at which a rule has nothing to disclose.

    A multiple of the lot; None: unlimited, or the rule is no ladder.
    """
    rule = evaluated(written, question.today)
    if not isinstance(rule, LadderRule):
        return None
    return _smallest(facts, candidate, ladder.silent_factors(facts, rule, question, candidate))


def _smallest(
    facts: Facts, candidate: Candidate, factors: Iterator[tuple[Fraction | None, bool]]
) -> Fraction | None:
    """Return the quantity, a multiple of the lot, at the smallest factor; None: unlimited."""
    lot = Fraction(facts.securities[candidate.security_id].lot)
    total = sum((Fraction(leg.quantity) for leg in candidate.legs), NOTHING)
    caps = [
        floor_to_lot(factor, excluded=excluded, total=total, lot=lot)
        for factor, excluded in factors
    ]
    return min((one for one in caps if one is not None), default=None)


def _factors(
    facts: Facts, rule: Rule, question: Question, candidate: Candidate
) -> Iterator[tuple[Fraction | None, bool]]:
    if not any(one is candidate for one, _ in subjects(facts, rule, question)):
        return
    kind = SCANNED.get(type(rule))
    if kind is not None:
        yield from kind.factors(facts, rule, question, candidate)
    elif isinstance(rule, RestrictRule | OrderRule):
        for factor in _order_factors(facts, rule, question, candidate):
            yield factor, False
    elif isinstance(rule, LinearRule):
        yield from _linear_factors(facts, rule, question, candidate)


def _order_factors(
    facts: Facts,
    rule: RestrictRule | OrderRule,
    question: Question,
    candidate: Candidate,
) -> Iterator[Fraction | None]:
    if isinstance(rule, RestrictRule):
        outcome, _ = restrict.answer(facts, rule, candidate)
        if stops(rule, outcome):
            yield NOTHING
        return
    total = sum((Fraction(leg.quantity) for leg in candidate.legs), NOTHING)
    for part in order.parts(facts, rule, question, candidate):
        if part.outcome is Outcome.UNKNOWN and lenient(rule):
            continue
        limit = part.max_quantity
        yield None if limit is None else limit / total


def _linear_factors(
    facts: Facts, rule: LinearRule, question: Question, candidate: Candidate
) -> Iterator[tuple[Fraction | None, bool]]:
    for cell in linear_cells(facts, rule, question):
        yield largest_factor(
            cell,
            candidate.order_id,
            acquisition=on_acquisition(rule),
            deny=rule.reducing == "deny",
            lenient=lenient(rule),
        )
