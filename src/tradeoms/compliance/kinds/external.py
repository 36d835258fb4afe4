"""`external`: a number that another system measured (value at risk) within bounds, and recent.

The order's own effect on the number is not known. So while the number is outside its bounds no
order passes, and while it is missing, or measured too far from the time of the check, nobody knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from fractions import Fraction

from tradeoms.compliance.actions import stops
from tradeoms.compliance.facts import NOTHING, ONE, Facts
from tradeoms.compliance.linear import CellResult, Limit
from tradeoms.compliance.outside import Figure
from tradeoms.compliance.question import Question, side_tested, subjects
from tradeoms.compliance.schema.figures import ExternalRule
from tradeoms.domain.evaluation import Candidate, FundFacts, Outcome


def answer(facts: Facts, rule: ExternalRule, question: Question) -> list[CellResult]:
    """Return the verdict on the number of every fund that the orders trade for."""
    funds = {
        fund.id: None
        for candidate, fund in subjects(facts, rule, question)
        if side_tested(rule.sides, candidate.side)
    }
    return [judge_figure(facts, rule, fund_id, question.now) for fund_id in funds]


def factors(
    facts: Facts, rule: ExternalRule, question: Question, candidate: Candidate
) -> Iterator[tuple[Fraction | None, bool]]:
    """Yield zero where the number stops ``candidate``."""
    alone = Question(candidates=(candidate,), today=question.today, now=question.now)
    for cell in answer(facts, rule, alone):
        if stops(rule, cell.outcome):
            yield NOTHING, False


def state(facts: Facts, rule: ExternalRule, fund: FundFacts, today: date) -> list[CellResult]:
    """Return the verdict on the number at the end of ``today``'s measurements."""
    figure = facts.outside.figures.get((rule.figure, fund.id))
    known = figure is not None and figure.at.date() == today
    at = figure.at if figure is not None and known else None
    return [judge_figure(facts, rule, fund.id, at)]


def blame(facts: Facts, rule: ExternalRule, question: Question) -> tuple[set[str], Fraction]:
    """Return the orders that trade for a fund whose number is out of bounds, and zero for them."""
    found = set()
    for candidate in question.candidates:
        if any(most == 0 for most, _ in factors(facts, rule, question, candidate)):
            found.add(candidate.order_id)
    breached = any(one.outcome is Outcome.BREACH for one in answer(facts, rule, question))
    return found if breached else set(), NOTHING if found else ONE


def asked(rule: ExternalRule) -> set[str]:
    """Return the attributes of a security that the kind reads: none."""
    del rule
    return set()


def is_clear(facts: Facts, rule: ExternalRule, fund_id: str, now: datetime | None) -> bool:
    """True where the number is known, recent and inside every bound and warning level."""
    figure = facts.outside.figures.get((rule.figure, fund_id))
    if figure is None or not recent(rule, figure, now):
        return False
    value = figure.value
    below = all(value < top for top in (rule.max, rule.warn) if top is not None)
    return below and (rule.min is None or value > rule.min)


def recent(rule: ExternalRule, figure: Figure, now: datetime | None) -> bool:
    """True where the number was measured near enough to ``now``, before or after."""
    return now is not None and abs(now - figure.at) <= timedelta(minutes=rule.max_age_minutes)


def judge_figure(
    facts: Facts, rule: ExternalRule, fund_id: str, now: datetime | None
) -> CellResult:
    """Return the verdict on the number of one fund."""
    figure = facts.outside.figures.get((rule.figure, fund_id))
    reason = ""
    if figure is None:
        reason = f"{rule.figure} is unknown"
    elif not recent(rule, figure, now):
        reason = f"{rule.figure} was not measured within {rule.max_age_minutes} minutes"
    if figure is None or reason:
        return CellResult(entity=fund_id, key=rule.figure, outcome=Outcome.UNKNOWN, reason=reason)
    value = Fraction(figure.value)
    limits = [
        Limit(bound=bound, at=Fraction(at), strict=rule.strict)
        for bound, at in (("max", rule.max), ("min", rule.min))
        if at is not None
    ]
    broken = [one for one in limits if one.violated(one.excess(value, ONE))]
    shown = (broken or limits)[0]
    outcome = Outcome.PASS
    if broken:
        outcome = Outcome.BREACH
    elif rule.warn is not None and value > rule.warn:
        outcome = Outcome.WARN
    return CellResult(
        entity=fund_id,
        key=rule.figure,
        outcome=outcome,
        num_before=value,
        den_before=ONE,
        num_after=value,
        den_after=ONE,
        limit=shown.at,
        bound=shown.bound,
    )
