"""`cross`: orders of the house that could trade with each other.

An arranged cross between funds of one adviser is made at the current market price (Investment
Company Act rule 17a-7(b)); one with an account of the house needs consent (Advisers Act section
206(3)); an opposite order of the same fund is a wash. Open orders count whatever may be left of
them; so do the other orders tested together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from tradeoms.compliance.actions import stops
from tradeoms.compliance.facts import NOTHING, ONE, Facts
from tradeoms.compliance.kinds.membership import selected
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.question import Question, side_tested, subjects
from tradeoms.compliance.schema.dealings import CrossRule
from tradeoms.domain.evaluation import Candidate, FundFacts, Leg, OpenOrder, Outcome


@dataclass(frozen=True, slots=True)
class _Other:
    """A fund on the other side, and how much it trades."""

    fund_id: str
    quantity: Decimal


def stirs(facts: Facts, candidate: Candidate) -> bool:
    """True where any `cross` may say something: an arranged cross, or an opposite open order."""
    if candidate.cross_with is not None:
        return True
    orders = facts.open_by_security.get(candidate.security_id)
    if not orders:
        return False
    sign = candidate.side.sign
    return any(order.side.sign != sign for order in orders.values())


def wakes(facts: Facts, rule: CrossRule, candidate: Candidate, today: object) -> bool:  # noqa: ARG001  # the shape of a kind
    """True where the rule looks at the side of the order."""
    return side_tested(rule.sides, candidate.side)


def meeting(candidates: Iterable[Candidate]) -> frozenset[str]:
    """Return the securities that ``candidates`` trade on both sides: one may meet another."""
    signs: dict[str, set[int]] = {}
    for one in candidates:
        signs.setdefault(one.security_id, set()).add(one.side.sign)
    return frozenset(security_id for security_id, both in signs.items() if len(both) > 1)


def answer(facts: Facts, rule: CrossRule, question: Question) -> list[CellResult]:
    """Return one cell for every fund whose order meets another."""
    return [cell for _, cell in _results(facts, rule, question)]


def factors(
    facts: Facts, rule: CrossRule, question: Question, candidate: Candidate
) -> Iterator[tuple[Fraction | None, bool]]:
    """Yield nothing for an order that is forbidden; quantity does not matter."""
    for one, cell in _results(facts, rule, question):
        if one is candidate and stops(rule, cell.outcome):
            yield NOTHING, False


def state(facts: Facts, rule: CrossRule, fund: FundFacts, today: object) -> list[CellResult]:  # noqa: ARG001  # the shape of a kind
    """Return nothing: holdings do not cross, only orders do."""
    return []


def blame(facts: Facts, rule: CrossRule, question: Question) -> tuple[set[str], Fraction]:
    """Return the orders of forbidden crosses; no scale but nothing lets them out."""
    culprits, scale = set(), ONE
    for candidate, cell in _results(facts, rule, question):
        if cell.outcome is Outcome.BREACH:
            culprits.add(candidate.order_id)
        if stops(rule, cell.outcome):
            scale = NOTHING
    return culprits, scale


def asked(rule: CrossRule) -> set[str]:  # noqa: ARG001  # the shape of a kind
    """Return nothing beside the selection."""
    return set()


def _results(
    facts: Facts, rule: CrossRule, question: Question
) -> Iterator[tuple[Candidate, CellResult]]:
    for candidate, fund in subjects(facts, rule, question):
        if not side_tested(rule.sides, candidate.side):
            continue
        found = _verdict(facts, rule, question, candidate, fund)
        if found is None:
            continue
        security = facts.securities[candidate.security_id]
        inside = selected(rule.select, rule.exclude, security)
        if inside is None and found.outcome is not Outcome.PASS:
            reason = f"an attribute of {security.id} that the rule selects by is missing"
            found = CellResult(
                entity=fund.id, key=security.id, outcome=Outcome.UNKNOWN, reason=reason
            )
        if inside is not False:
            yield candidate, found


def _verdict(
    facts: Facts, rule: CrossRule, question: Question, candidate: Candidate, fund: FundFacts
) -> CellResult | None:
    """Judge one fund's part of an order; None where it meets nothing."""
    if rule.mode == "17a-7" and candidate.cross_with is not None:
        return _at_market(facts, candidate, fund)
    others = _others(facts, question, candidate)
    if rule.mode == "self_match":
        others = [one for one in others if one.fund_id == fund.id]
    elif rule.mode == "principal":
        others = [one for one in others if _is_principal(facts, fund, one.fund_id)]
    if not others:
        return None
    forbidden = rule.mode in ("self_match", "principal")
    return _met(candidate, fund, others, Outcome.BREACH if forbidden else Outcome.WARN)


def _at_market(facts: Facts, candidate: Candidate, fund: FundFacts) -> CellResult:
    """An arranged cross trades at its limit, which must be the mark; without one, at the mark."""
    mark = facts.price(candidate.security_id)
    if mark is None:
        return CellResult(
            entity=fund.id,
            key=candidate.security_id,
            outcome=Outcome.UNKNOWN,
            reason=facts.lack(
                candidate.security_id, f"the market price of {candidate.security_id} is not known"
            ),
        )
    price = mark if candidate.limit_price is None else candidate.limit_price
    return CellResult(
        entity=fund.id,
        key=candidate.security_id,
        outcome=Outcome.PASS if price == mark else Outcome.BREACH,
        num_after=Fraction(price),
        den_after=ONE,
        limit=Fraction(mark),
        bound="max",
        reason="" if price == mark else f"a cross with {candidate.cross_with} off the market price",
    )


def _others(facts: Facts, question: Question, candidate: Candidate) -> list[_Other]:
    """Funds on the other side: of the arranged cross, of open orders and of those tested with."""
    found = []
    if candidate.cross_with is not None:
        quantity = sum((leg.quantity for leg in candidate.legs), Decimal(0))
        found.append(_Other(candidate.cross_with, quantity))
    orders: list[Candidate | OpenOrder] = [
        order
        for order in facts.open_by_security.get(candidate.security_id, {}).values()
        if order.order_id not in question.order_ids
    ]
    orders += [one for one in question.candidates if one.security_id == candidate.security_id]
    legs: list[Leg] = [
        leg for order in orders if order.side.sign != candidate.side.sign for leg in order.legs
    ]
    return found + [_Other(leg.fund_id, leg.quantity) for leg in legs]


def _is_principal(facts: Facts, fund: FundFacts, other_id: str) -> bool:
    """True where one of two accounts is the house's own, or where that cannot be known."""
    other = facts.funds.get(other_id)
    return other is None or other.personal != fund.personal


def _met(
    candidate: Candidate, fund: FundFacts, others: list[_Other], outcome: Outcome
) -> CellResult:
    """Say whom the order meets, and how much of it could cross."""
    own = sum((Fraction(leg.quantity) for leg in candidate.legs if leg.fund_id == fund.id), NOTHING)
    theirs = sum((Fraction(one.quantity) for one in others), NOTHING)
    names = ", ".join(sorted({one.fund_id for one in others}))
    return CellResult(
        entity=fund.id,
        key=candidate.security_id,
        outcome=outcome,
        num_after=min(own, theirs),
        den_after=ONE,
        limit=NOTHING,
        bound="max",
        reason=f"could cross with an opposite order of {names}",
    )
