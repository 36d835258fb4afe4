"""Asks compliance about what was executed, with its real quantities and average price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from tradeoms.app.known import candidate_of
from tradeoms.app.pretrade import Pretrade
from tradeoms.compliance.book import ComplianceBook
from tradeoms.domain.allocation.state import Allocation, Share
from tradeoms.domain.evaluation import Evaluation, Leg
from tradeoms.domain.order.state import Order
from tradeoms.kernel.enums import OrderType
from tradeoms.kernel.numbers import from_minor


def evaluate_booking(
    pretrade: Pretrade, order: Order, allocation: Allocation, *, on: date, now: datetime
) -> Evaluation:
    """Test what an order got on a day as if it were about to trade, at the price that was paid.

    What the funds have of it is taken out of their books for the question, so that it is not
    counted twice, and put back.
    """
    day = allocation.day(on)
    shares = [share for share in day.shares if share.quantity]
    legs = tuple(Leg(fund_id=share.fund, quantity=share.quantity) for share in shares)
    candidate = replace(
        candidate_of(order, legs),
        order_type=OrderType.LIMIT.value,
        limit_price=day.notional / day.quantity,
        submitted_at=order.submitted_at,
    )
    money = allocation.currency
    _put(pretrade.compliance, shares, order.security_id, money, sign=-order.side.sign)
    try:
        return pretrade.check_candidate(candidate, now=now)
    finally:
        _put(pretrade.compliance, shares, order.security_id, money, sign=order.side.sign)


def _put(
    compliance: ComplianceBook,
    shares: Sequence[Share],
    security_id: str,
    currency: str,
    *,
    sign: int,
) -> None:
    for share in shares:
        compliance.add_position(share.fund, security_id, sign * share.quantity)
        money = from_minor(-sign * share.cost_minor, currency)
        compliance.add_cash(share.fund, currency, money)
