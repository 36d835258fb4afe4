"""`short`: how far a position may fall below zero: not at all, or to what is located or borrowed.

Regulation SHO 203(b)(1) (locate); Regulation (EU) 236/2012 art. 12 (covered short sales). The
amount located is the security's attribute `located`, the amount borrowed its attribute `borrowed`;
absent means none.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Final

from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds.membership import membership
from tradeoms.compliance.kinds.movement import Movement, movement_cell, standing_cell, unknown_cell
from tradeoms.compliance.linear import Limit, LinearCell
from tradeoms.compliance.question import Question
from tradeoms.compliance.schema.sums import ShortRule
from tradeoms.compliance.selector import attribute, number
from tradeoms.domain.evaluation import Candidate, FundFacts, OpenOrder, SecurityFacts

_COVER: Final = {"locate": "located", "covered": "borrowed"}


def cells(facts: Facts, rule: ShortRule, question: Question, fund: FundFacts) -> list[LinearCell]:
    """Return one cell for every security that the orders trade in ``fund``."""
    found = []
    for security_id in dict.fromkeys(one.security_id for one in question.candidates):
        news = _movements(question.candidates, security_id, fund)
        if not news:
            continue
        security = facts.securities[security_id]
        member = membership(rule, security, question.today)
        if member.inside is False:
            continue
        if member.inside is None:
            found.append(unknown_cell(fund.id, security_id, member.problem))
            continue
        orders = facts.open_in(fund.id, without=question.order_ids)
        found.append(
            movement_cell(
                entity=fund.id,
                key=security_id,
                limit=floor_of(rule, security),
                settled=Fraction(facts.held(fund.id).get(security_id, 0)),
                opens=_movements(orders, security_id, fund),
                news=news,
                pending=rule.pending,
                any_subset=question.any_subset,
            )
        )
    return found


def state_cells(
    facts: Facts,
    rule: ShortRule,
    fund: FundFacts,
    today: date,
    *,
    only: Iterable[str] | None = None,
) -> list[LinearCell]:
    """Return one cell for every security that ``fund`` holds, or holds of ``only``."""
    held = facts.held(fund.id)
    found = []
    for security_id in held if only is None else only:
        if not held.get(security_id):
            continue
        security = facts.securities[security_id]
        member = membership(rule, security, today)
        if member.inside is None:
            found.append(unknown_cell(fund.id, security_id, member.problem))
        elif member.inside:
            limit, settled = floor_of(rule, security), Fraction(held[security_id])
            found.append(
                standing_cell(entity=fund.id, key=security_id, limit=limit, settled=settled)
            )
    return found


def floor_of(rule: ShortRule, security: SecurityFacts) -> Limit:
    """Lowest position that the rule allows in ``security``, as a minimum."""
    cover = number(attribute(security, _COVER[rule.mode])) if rule.mode in _COVER else None
    return Limit(bound="min", at=-Fraction(cover or 0))


def _movements(
    orders: Iterable[Candidate | OpenOrder], security_id: str, fund: FundFacts
) -> list[Movement]:
    return [
        Movement(order_id=order.order_id, amount=order.side.sign * Fraction(leg.quantity))
        for order in orders
        if order.security_id == security_id
        for leg in order.legs
        if leg.fund_id == fund.id
    ]
