"""Every holding of an entity as one rule sees it, with its open and new orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING, Facts
from tradeoms.compliance.kinds.membership import Membership, membership
from tradeoms.compliance.question import NewMove, Question, cash_of, moves_of
from tradeoms.compliance.schema.figures import WavgRule
from tradeoms.compliance.schema.groups import GroupsRule
from tradeoms.compliance.schema.measures import DenSelect
from tradeoms.compliance.schema.sums import RatioRule
from tradeoms.compliance.selector import holds
from tradeoms.domain.evaluation import SecurityFacts


@dataclass(slots=True)
class Stake:
    """One fund's holding of one security as one rule sees it. Quantities are signed."""

    security: SecurityFacts
    member: Membership
    in_den: bool | None
    unit: Fraction | None
    settled: Fraction
    opens: list[NewMove]
    news: list[NewMove]


def value_of(measure: str, quantity: Fraction, unit: Fraction) -> Fraction:
    """Value of a position in a measure; `unit` is the value of one."""
    if measure == "mv_abs":
        return abs(quantity * unit)
    if measure == "mv_long":
        return max(quantity, NOTHING) * unit
    if measure == "exposure_pos":
        return max(quantity * unit, NOTHING)
    return quantity * unit


@dataclass(slots=True)
class Holding:
    """One fund's position in one security with its open and new orders. Quantities are signed."""

    security: SecurityFacts
    settled: Fraction
    opens: list[NewMove]
    news: list[NewMove]


def sold_share(held: Stake | Holding) -> Fraction:
    """Factor up to which new orders only sell what is held and not on sale already, else 0."""
    change = sum((one.quantity for one in held.news), NOTHING)
    left = held.settled + sum((one.quantity for one in held.opens if one.quantity < 0), NOTHING)
    return left / -change if change < 0 < left else NOTHING


def currency_of(
    facts: Facts, rule: RatioRule | WavgRule | GroupsRule, fund_ids: tuple[str, ...]
) -> str:
    """Currency in which ``rule`` measures the funds together."""
    said = None if isinstance(rule, WavgRule) else rule.currency
    return said or facts.currency_of(fund_ids)


def denominator_of(
    facts: Facts, rule: RatioRule | GroupsRule, fund_ids: tuple[str, ...]
) -> Fraction | None:
    """Return the scalar denominator of the funds together; None where it is not known.

    One is no denominator where nobody knows in which of several currencies the limit is.
    """
    assert isinstance(rule.den, str)
    if rule.unsaid_currency and not facts.share_currency(fund_ids):
        return None
    return facts.denominator(rule.den, fund_ids, currency_of(facts, rule, fund_ids))


def unknown_denominator(rule: RatioRule | GroupsRule) -> str:
    """Say why the scalar denominator of ``rule`` is not known."""
    if rule.den == "one":
        return "the limit names no currency, and the funds have several"
    return f"{rule.den} is unknown"


def holdings_of(
    facts: Facts, question: Question, fund_ids: tuple[str, ...], *, currency: str, pending: str
) -> Iterator[Holding]:
    """Yield every holding of the funds that is not idle, with open and new orders.

    Cash that orders move is in ``currency``.
    """
    for fund_id in fund_ids:
        news = moves_of(facts, question.candidates, fund_id, currency, NOTHING)
        opens: dict[str, list[NewMove]] = {}
        if pending != "none":
            for order in facts.open_in(fund_id, without=question.order_ids):
                for leg in order.legs:
                    if leg.fund_id == fund_id:
                        sign = order.side.sign
                        cash = cash_of(facts.cost(order, currency), sign, NOTHING)
                        move = NewMove(order.order_id, sign * Fraction(leg.quantity), cash)
                        opens.setdefault(order.security_id, []).append(move)
        held = facts.held(fund_id)
        for security_id in {**held, **opens, **news}:
            holding = Holding(
                security=facts.securities[security_id],
                settled=Fraction(held.get(security_id, 0)),
                opens=opens.get(security_id, []),
                news=news.get(security_id, []),
            )
            if holding.settled or holding.opens or holding.news:
                yield holding


def stakes_of(
    facts: Facts, rule: RatioRule | WavgRule, question: Question, fund_ids: tuple[str, ...]
) -> list[Stake]:
    """Return every holding of the funds as ``rule`` sees it."""
    currency = currency_of(facts, rule, fund_ids)
    den = rule.den if isinstance(rule, RatioRule) else None
    return [
        Stake(
            security=held.security,
            member=membership(rule, held.security, question.today),
            in_den=holds(den.select, held.security) if isinstance(den, DenSelect) else False,
            unit=facts.unit(rule.measure, held.security.id, currency),
            settled=held.settled,
            opens=held.opens,
            news=held.news,
        )
        for held in holdings_of(facts, question, fund_ids, currency=currency, pending=rule.pending)
    ]
