"""Looks at an approved order once more before its next step."""

from __future__ import annotations

from decimal import Decimal

from tradeoms.app.handlers.checking import (
    AtPrice,
    blocking_rules,
    blocking_verdicts,
    record_check,
    rule_name,
)
from tradeoms.app.handlers.sharing import withdraw
from tradeoms.app.turn import Turn
from tradeoms.domain.evaluation import Evaluation
from tradeoms.domain.order.events import Stage
from tradeoms.domain.order.rejection import OrderRejection
from tradeoms.domain.order.state import Order, Phase
from tradeoms.kernel.decider import Refusal, Rejected, reject


def recheck(
    turn: Turn,
    order: Order,
    stage: Stage,
    *,
    limit_price: Decimal | None = None,
    binding: bool = True,
) -> Rejected | None:
    """Check an approved order again; where it fails, it goes back and the step is refused.

    ``limit_price`` is the one that is sent to the broker, where it is not the order's own.
    Where it is not ``binding`` it is made for the record, and nothing is refused.
    In a trial nothing goes back, and who tries it out looks for himself.
    """
    if turn.trial:
        return None
    evaluation = turn.pretrade.check(order, now=turn.at, limit_price=limit_price)
    at_price = _at_price(turn, order, evaluation, limit_price)
    after = record_check(turn, order, evaluation, stage, at_price=at_price, binding=binding)
    if not binding or after.phase in (Phase.APPROVED, Phase.RELEASED):
        return None
    withdraw(turn, after)
    return compliance_refusal(evaluation, after.unwaived)


def _at_price(
    turn: Turn, order: Order, evaluation: Evaluation, limit_price: Decimal | None
) -> AtPrice | None:
    """The rules that stop the order only at the price that is sent; None where no rule does."""
    stopping = blocking_rules(evaluation)
    if not stopping or limit_price is None or limit_price == order.limit_price:
        return None
    own = blocking_rules(turn.pretrade.check(order, now=turn.at))
    rules = tuple(rule for rule in stopping if rule not in own)
    return AtPrice(limit_price, rules) if rules else None


def compliance_refusal(evaluation: Evaluation, rules: tuple[str, ...]) -> Rejected:
    """The refusal that tells which rules are in the way, with their arithmetic in words."""
    refusals = [
        Refusal(
            code=OrderRejection.COMPLIANCE_BLOCK,
            detail=verdict.explanation or f"{rule_name(verdict)}: {verdict.outcome}",
            field="order",
            value=rule_name(verdict),
        )
        for verdict in blocking_verdicts(evaluation)
        if rule_name(verdict) in rules
    ]
    if not refusals:
        return reject(OrderRejection.COMPLIANCE_BLOCK, "the order waits for a person")
    return Rejected(refusals=tuple(refusals))
