"""What is asked of a rule: which orders, how they may fill, on which day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING, Facts
from tradeoms.compliance.policy import Rule
from tradeoms.domain.evaluation import Candidate, FundFacts
from tradeoms.kernel.enums import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One or more new orders tested together.

    Attributes:
        candidates: The new orders.
        today: Date of the evaluation.
        now: Instant, for rate and repetition limits; None where there is none.
        any_subset: True where any subset of the new orders may fill, False where all do.
    """

    candidates: tuple[Candidate, ...]
    today: date
    now: datetime | None = None
    any_subset: bool = False

    @property
    def order_ids(self) -> frozenset[str]:
        """Ids of the new orders; open orders of the same ids are left out."""
        return frozenset(candidate.order_id for candidate in self.candidates)


@dataclass(frozen=True, slots=True)
class NewMove:
    """One leg of a new order: signed quantity, and the cash one unit moves (None: unknown)."""

    order_id: str
    quantity: Fraction
    cash: Fraction | None


def subjects(facts: Facts, rule: Rule, question: Question) -> Iterator[tuple[Candidate, FundFacts]]:
    """Yield every candidate and fund that ``rule`` tests; none means "not tested"."""
    if rule.when == "post" or not effective(rule, question.today):
        return
    for candidate in question.candidates:
        if not order_tested(rule, candidate):
            continue
        for leg in candidate.legs:
            fund = facts.funds[leg.fund_id]
            if fund_tested(rule, fund, question.today):
                yield candidate, fund


def tested_part(
    facts: Facts, rule: Rule, question: Question
) -> tuple[Question, list[tuple[Candidate, FundFacts]]]:
    """Return ``question`` with the orders alone that ``rule`` looks at, and its subjects."""
    tested = [
        (candidate, fund)
        for candidate, fund in subjects(facts, rule, question)
        if side_tested(rule.sides, candidate.side)
    ]
    orders = tuple({candidate.order_id: candidate for candidate, _ in tested}.values())
    return replace(question, candidates=orders), tested


def effective(rule: Rule, today: date) -> bool:
    """True where the rule is in force on ``today``; both ends belong to the period."""
    after = rule.effective_from is None or today >= rule.effective_from
    return after and (rule.effective_to is None or today <= rule.effective_to)


def order_tested(rule: Rule, candidate: Candidate) -> bool:
    """True where the rule looks at orders of this type."""
    if candidate.order_type in rule.exempt_order_types:
        return False
    return not rule.order_types or candidate.order_type in rule.order_types


def side_tested(sides: Sequence[str], side: Side) -> bool:
    """True where a rule with ``sides`` looks at ``side``; "sell" includes short sales."""
    if not sides or side.value in sides:
        return True
    return ("buy" if side.sign > 0 else "sell") in sides


def fund_tested(rule: Rule, fund: FundFacts, today: date) -> bool:
    """True where the rule applies to the fund on ``today``."""
    if rule.exceptions and rule.lets_out(fund.id, today):
        return False
    return in_scope(rule, fund) and not in_grace(rule, fund, today)


def in_scope(rule: Rule, fund: FundFacts) -> bool:
    """True where the rule's scope includes the fund."""
    scope = rule.scope
    if fund.id in scope.exclude_funds or not set(scope.exclude_fund_groups).isdisjoint(fund.groups):
        return False
    if scope.funds and fund.id not in scope.funds:
        return False
    if scope.fund_groups and not set(scope.fund_groups) & set(fund.groups):
        return False
    return not scope.regimes or not set(fund.regimes).isdisjoint(scope.regimes)


def in_grace(rule: Rule, fund: FundFacts, today: date) -> bool:
    """True in the first months after authorisation, where the rule allows that grace."""
    months = rule.grace_months_after_authorisation
    if months is None or fund.authorised_on is None:
        return False
    return today < add_months(fund.authorised_on, months)


def add_months(start: date, months: int) -> date:
    """The same day of a later month; its last day where the month is too short."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, min(start.day, _days_in(year, month + 1)))


def _days_in(year: int, month: int) -> int:
    following = date(year + month // 12, month % 12 + 1, 1)
    return (following - date(year, month, 1)).days


def moves_of(
    facts: Facts, candidates: Iterable[Candidate], fund_id: str, currency: str, fee: Fraction
) -> dict[str, list[NewMove]]:
    """Return the new orders of one fund by security, signed, with the cash of one unit."""
    found: dict[str, list[NewMove]] = {}
    for candidate in candidates:
        total = sum(
            (Fraction(leg.quantity) for leg in candidate.legs if leg.fund_id == fund_id), NOTHING
        )
        if total:
            cost = facts.cost(candidate, currency)
            sign = candidate.side.sign
            move = NewMove(candidate.order_id, sign * total, cash_of(cost, sign, fee))
            found.setdefault(candidate.security_id, []).append(move)
    return found


def cash_of(cost: Fraction | None, sign: int, fee: Fraction) -> Fraction | None:
    """Cash that one unit bought or sold moves, fee included: negative is paid."""
    return None if cost is None else -cost * (sign + fee)
