"""`order`: limits on the order itself, whatever the fund holds.

Value, quantity, share of daily volume, price collar, message rate and repetition: Regulation (EU)
2017/589 art. 15, SEC rule 15c3-5. Value is taken at the worse of mark and limit, in the rule's
currency or in the base currency of the order's first fund. Sizes are those of the whole order,
with what it got before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING, Facts, Sent
from tradeoms.compliance.kinds.membership import selected
from tradeoms.compliance.question import Question, side_tested
from tradeoms.compliance.schema.orders import OrderRule
from tradeoms.domain.evaluation import Candidate, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One limit of the rule: `value` may be at most `limit`; None where unknown.

    `per_unit` is what one unit of quantity adds to the value, 0 where quantity does not matter;
    `done` are the units in the value that the order got before.
    """

    name: str
    value: Fraction | None
    limit: Fraction | None
    per_unit: Fraction = NOTHING
    done: Fraction = NOTHING
    reason: str = ""

    @property
    def outcome(self) -> Outcome:
        """BREACH above the limit, UNKNOWN where a number is missing."""
        if self.value is None or self.limit is None:
            return Outcome.UNKNOWN
        return Outcome.BREACH if self.value > self.limit else Outcome.PASS

    @property
    def max_quantity(self) -> Fraction | None:
        """Largest quantity within the limit, beside what is done; None is unlimited."""
        if self.value is None or self.limit is None:
            return NOTHING
        if self.per_unit <= 0:
            return None if self.value <= self.limit else NOTHING
        return max(self.limit / self.per_unit - self.done, NOTHING)


def parts(
    facts: Facts, rule: OrderRule, question: Question, candidate: Candidate
) -> Iterator[Part]:
    """Yield every limit of ``rule`` that ``candidate`` is measured against."""
    security = facts.securities[candidate.security_id]
    inside = selected(rule.select, rule.exclude, security)
    if inside is False or not side_tested(rule.sides, candidate.side):
        return
    if inside is None:
        yield Part(
            name="select",
            value=None,
            limit=None,
            reason=f"an attribute of {security.id} is missing",
        )
        return
    yield from _size_parts(facts, rule, candidate)
    if rule.collar is not None and candidate.limit_price is not None:
        yield _collar(facts, rule, candidate)
    if rule.max_messages is not None and rule.per_seconds is not None:
        yield _messages(facts, rule, question, candidate)
    if rule.duplicate_seconds is not None:
        yield _duplicates(facts, rule, question, candidate)


def _size_parts(facts: Facts, rule: OrderRule, candidate: Candidate) -> Iterator[Part]:
    security = facts.securities[candidate.security_id]
    done = Fraction(candidate.done)
    total = sum((Fraction(leg.quantity) for leg in candidate.legs), done)
    if rule.max_value is not None:
        unit = unit_cost(facts, rule, candidate)
        yield Part(
            name="max_value",
            value=None if unit is None else total * unit,
            limit=Fraction(rule.max_value),
            per_unit=unit or NOTHING,
            done=done,
            reason="value of the order" if unit else facts.lack(security.id, "value of the order"),
        )
    if rule.max_qty is not None:
        yield Part(
            name="max_qty",
            value=total,
            limit=Fraction(rule.max_qty),
            per_unit=Fraction(1),
            done=done,
            reason="quantity of the order",
        )
    if rule.max_adv is not None:
        volume = None if security.adv is None else Fraction(security.adv)
        yield Part(
            name="max_adv",
            value=total,
            limit=None if volume is None else volume * Fraction(rule.max_adv),
            per_unit=Fraction(1),
            done=done,
            reason="quantity against average daily volume",
        )


def unit_cost(facts: Facts, rule: OrderRule, candidate: Candidate) -> Fraction | None:
    """Value of one unit at the worse of mark and limit; None where there is no mark."""
    security = facts.securities[candidate.security_id]
    currency = rule.currency or facts.funds[candidate.legs[0].fund_id].currency
    mark = facts.price(security.id)
    if mark is None:
        return None
    limit = candidate.limit_price
    price = mark if limit is None else max(mark, limit)
    return facts.value_at(price, security, currency)


def _collar(facts: Facts, rule: OrderRule, candidate: Candidate) -> Part:
    """Distance of the limit from the mark; where aggressive, only on the costly side."""
    mark = facts.price(candidate.security_id)
    assert rule.collar is not None
    assert candidate.limit_price is not None
    if mark is None:
        reason = facts.lack(candidate.security_id, "there is no reference price")
        return Part(name="collar", value=None, limit=None, reason=reason)
    distance = Fraction(candidate.limit_price) - Fraction(mark)
    if rule.collar_side == "aggressive":
        distance *= candidate.side.sign
    else:
        distance = abs(distance)
    return Part(
        name="collar",
        value=distance,
        limit=Fraction(rule.collar) * Fraction(mark),
        reason="distance of the limit price from the mark",
    )


def _messages(facts: Facts, rule: OrderRule, question: Question, candidate: Candidate) -> Part:
    """Messages of anyone within the window (now - seconds, now], the order's own included."""
    assert rule.max_messages is not None
    assert rule.per_seconds is not None
    limit = Fraction(rule.max_messages)
    if question.now is None:
        return Part(name="max_messages", value=None, limit=limit, reason="the time is unknown")
    start = question.now - timedelta(seconds=rule.per_seconds)
    before = facts.sent_before(candidate, start=start, now=question.now)
    return Part(
        name="max_messages",
        value=Fraction(_count(one for one in before if one.at > start) + 1),
        limit=limit,
        reason="messages in the window, with this",
    )


def _count(sent: Iterable[Sent]) -> int:
    """How many messages the legs are of."""
    ids = [one.order_id for one in sent]
    return ids.count("") + len({order_id for order_id in ids if order_id})


def _duplicates(facts: Facts, rule: OrderRule, question: Question, candidate: Candidate) -> Part:
    """Messages of the same fund, security, side and quantity within the window."""
    assert rule.duplicate_seconds is not None
    if question.now is None:
        return Part(name="duplicate_seconds", value=None, limit=None, reason="the time is unknown")
    start = question.now - timedelta(seconds=rule.duplicate_seconds)
    same = _count(
        one
        for one in facts.sent_before(candidate, start=start, now=question.now)
        if one.security_id == candidate.security_id
        and one.side == candidate.side
        and any(
            (leg.fund_id, leg.quantity) == (one.fund_id, one.quantity) for leg in candidate.legs
        )
    )
    return Part(
        name="duplicate_seconds",
        value=Fraction(same),
        limit=NOTHING,
        reason="the same order sent a moment ago",
    )
