"""`cash`: what must remain in a fund after its orders have settled at their worst.

Open and new purchases are paid at their limit price, or at the mark where they have none; fees are
a share of the notional on both sides. Open sales do not count until they fill.
"""

from __future__ import annotations

from fractions import Fraction

from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds.movement import Movement, movement_cell, standing_cell, unknown_cell
from tradeoms.compliance.linear import Limit, LinearCell
from tradeoms.compliance.question import Question, cash_of
from tradeoms.compliance.schema.sums import CashRule
from tradeoms.domain.evaluation import Candidate, FundFacts, OpenOrder


def cells(facts: Facts, rule: CashRule, question: Question, fund: FundFacts) -> list[LinearCell]:
    """Return the cash cell of ``fund``: all its cash in base currency, or one currency's."""
    currency = rule.currency or fund.currency
    news = [one for one in question.candidates if _moves(facts, rule, one, fund)]
    if not news:
        return []
    settled = settled_cash(facts, rule, fund)
    opens = [
        order
        for order in facts.open_in(fund.id, without=question.order_ids)
        if _moves(facts, rule, order, fund)
    ]
    new_moves = [_movement(facts, rule, order, fund, currency) for order in news]
    open_moves = [_movement(facts, rule, order, fund, currency) for order in opens]
    if settled is None:
        return [unknown_cell(fund.id, rule.currency, f"the cash of {fund.id} is unknown")]
    known_news = [one for one in new_moves if one is not None]
    known_opens = [one for one in open_moves if one is not None]
    missing_open = rule.pending != "none" and len(known_opens) < len(open_moves)
    if len(known_news) < len(new_moves) or missing_open:
        return [unknown_cell(fund.id, rule.currency, "a price or rate of an order is missing")]
    return [
        movement_cell(
            entity=fund.id,
            key=rule.currency,
            limit=Limit(bound="min", at=Fraction(rule.min)),
            settled=settled,
            opens=known_opens,
            news=known_news,
            pending=rule.pending,
            any_subset=question.any_subset,
        )
    ]


def state_cells(facts: Facts, rule: CashRule, fund: FundFacts) -> list[LinearCell]:
    """Return the cash cell of ``fund`` as it stands."""
    settled = settled_cash(facts, rule, fund)
    if settled is None:
        return [unknown_cell(fund.id, rule.currency, f"the cash of {fund.id} is unknown")]
    limit = Limit(bound="min", at=Fraction(rule.min))
    return [standing_cell(entity=fund.id, key=rule.currency, limit=limit, settled=settled)]


def settled_cash(facts: Facts, rule: CashRule, fund: FundFacts) -> Fraction | None:
    """Cash that the rule counts, settled; None where unknown."""
    if rule.currency is None:
        return facts.cash_in((fund.id,), fund.currency)
    held = facts.cash.get(fund.id)
    return None if held is None else Fraction(held.get(rule.currency, 0))


def _moves(facts: Facts, rule: CashRule, order: Candidate | OpenOrder, fund: FundFacts) -> bool:
    """True where the order moves the cash that the rule counts."""
    if all(leg.fund_id != fund.id for leg in order.legs):
        return False
    return rule.currency in (None, facts.securities[order.security_id].currency)


def _movement(
    facts: Facts, rule: CashRule, order: Candidate | OpenOrder, fund: FundFacts, currency: str
) -> Movement | None:
    cash = cash_of(facts.cost(order, currency), order.side.sign, Fraction(rule.fee))
    if cash is None:
        return None
    quantity = sum(Fraction(leg.quantity) for leg in order.legs if leg.fund_id == fund.id)
    return Movement(order_id=order.order_id, amount=quantity * cash)
