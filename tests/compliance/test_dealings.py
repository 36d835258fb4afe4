"""Windows and crosses: an oracle that knows nothing of the product's code agrees cell by cell."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import chain, combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compliance.worlds import TODAY, make_book, make_candidate, make_dealing
from tradeoms.compliance import ComplianceBook, parse_rules
from tradeoms.compliance.policy import PolicyError, parse_rule
from tradeoms.compliance.question import Question
from tradeoms.compliance.reference import answer_rule
from tradeoms.domain.evaluation import Candidate, Leg
from tradeoms.kernel.enums import Side

DICE = st.integers(min_value=0, max_value=2**48).map(Random)
SHORT_MONTH_BACK = date(2026, 2, 2)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ({"rule": "reg_m_105", "days": 5}, "`days` is not evaluated by reg_m_105"),
        ({"rule": "personal_blackout"}, "personal_blackout needs `days`"),
        ({"rule": "short_swing"}, "short_swing needs `months`"),
        ({"rule": "min_holding", "days": 5, "level": "firm"}, "`level` is not evaluated"),
    ],
)
def test_a_window_says_what_it_does_not_evaluate(raw: dict[str, Any], problem: str) -> None:
    with pytest.raises(PolicyError, match=problem):
        parse_rule({"id": "R", "kind": "window", **raw})


def one_fund(dice: Random) -> tuple[ComplianceBook, dict[str, Any], Candidate]:
    """A world, a rule with no selection, and an order of one fund."""
    book = make_book(dice, gaps=False)
    rule = {**make_dealing(dice), "id": "R"}
    rule.pop("select", None)
    candidate = make_candidate(dice, "probe")
    leg = candidate.legs[0]
    candidate = Candidate(
        order_id="probe",
        security_id=candidate.security_id,
        side=candidate.side,
        legs=(leg,),
        limit_price=candidate.limit_price,
        venue=candidate.venue,
        cross_with=candidate.cross_with,
    )
    return book, rule, candidate


def oracle(book: ComplianceBook, rule: dict[str, Any], order: Candidate) -> str:
    """The outcome by brute force, on plain lists."""
    facts = book.facts
    trades = [t for many in facts.outside.trades.values() for t in many.values()]
    trades = [t for t in trades if t.security_id == order.security_id]
    fund = order.legs[0].fund_id
    if rule["kind"] == "cross":
        return crossed(book, rule, order)
    days_ago = {id(t): (TODAY - t.on).days for t in trades}
    if rule["rule"] == "personal_blackout":
        clients = {one.id for one in facts.funds.values() if not one.personal}
        hit = any(days_ago[id(t)] < rule["days"] and t.fund_id in clients for t in trades)
        return "breach" if hit and fund not in clients else "pass"
    if rule["rule"] == "min_holding":
        return held_too_briefly(book, rule, order)
    members = {
        "fund": {fund},
        "firm": set(facts.funds),
        "family": {fund}
        | {
            one.id
            for one in facts.funds.values()
            if one.family is not None and one.family == facts.funds[fund].family
        },
    }[rule.get("level", "fund")]
    trades = [t for t in trades if t.fund_id in members]
    buys = order.side in (Side.BUY, Side.BUY_TO_COVER)
    if rule["rule"] == "short_swing":
        recent = [t for t in trades if t.on > SHORT_MONTH_BACK]
        hit = any((t.side in (Side.BUY, Side.BUY_TO_COVER)) != buys for t in recent)
        if hit and "above" in rule:
            held = sum(facts.held(one).get(order.security_id, Decimal(0)) for one in members)
            issued = facts.securities[order.security_id].shares_outstanding
            assert issued is not None
            hit = held * 10 > issued
        return "breach" if hit else "pass"
    return bought_in_offering(book, order, trades, buys=buys)


def bought_in_offering(
    book: ComplianceBook, order: Candidate, trades: list[Any], *, buys: bool
) -> str:
    shorts = [t for t in trades if t.side is Side.SELL_SHORT]
    if order.venue != "offering" or not buys or not shorts:
        return "pass"
    offering = book.facts.outside.offerings.get(order.security_id)
    if offering is None:
        return "unknown"
    day, end, period = offering.restricted_from, offering.pricing_date, set()
    while day <= end:
        period.add(day)
        day += timedelta(days=1)
    shorts = [t for t in shorts if min(t.on, TODAY) in period]
    back = [
        t
        for t in trades
        if t.side in (Side.BUY, Side.BUY_TO_COVER)
        and t.regular_hours
        and all(min(t.on, TODAY) > min(one.on, TODAY) for one in shorts)
        and min(t.on, TODAY) < end
    ]
    return "pass" if sum(t.quantity for t in back) >= sum(t.quantity for t in shorts) else "breach"


def held_too_briefly(book: ComplianceBook, rule: dict[str, Any], order: Candidate) -> str:
    if order.side is not Side.SELL:
        return "pass"
    fund, security_id = order.legs[0].fund_id, order.security_id
    young = sum(
        t.quantity
        for t in book.facts.outside.trades.get(security_id, {}).values()
        if t.fund_id == fund and t.side is Side.BUY and (TODAY - t.on).days < rule["days"]
    )
    if not young:
        return "pass"
    held = book.facts.held(fund).get(security_id, Decimal(0))
    opens = [
        leg.quantity
        for one in book.facts.open_orders.values()
        for leg in one.legs
        if (one.security_id, one.side, leg.fund_id) == (security_id, Side.SELL, fund)
    ]
    subsets = list(chain(*(combinations(opens, n) for n in range(len(opens) + 1))))
    before = max(young - (held - sum(some)) for some in subsets)
    after = max(young - (held - sum(some) - order.legs[0].quantity) for some in subsets)
    if before > 0 and after <= before:
        return "reducing"
    return "breach" if after > 0 else "pass"


def crossed(book: ComplianceBook, rule: dict[str, Any], order: Candidate) -> str:
    facts, mode = book.facts, rule.get("mode", "warn")
    fund = order.legs[0].fund_id
    if mode == "17a-7" and order.cross_with:
        off = order.limit_price not in (None, facts.price(order.security_id))
        return "breach" if off else "pass"
    met = {order.cross_with} - {None}
    for one in facts.open_orders.values():
        if one.security_id == order.security_id and one.side.sign == -order.side.sign:
            met |= {leg.fund_id for leg in one.legs}
    if mode == "self_match":
        return "breach" if fund in met else "pass"
    if mode == "principal":
        own = facts.funds[fund].personal
        return "breach" if any(facts.funds[str(x)].personal != own for x in met) else "pass"
    return "warn" if met else "pass"


@settings(max_examples=600, deadline=None)
@given(DICE)
def test_a_dealing_is_judged_as_the_oracle_judges_it(dice: Random) -> None:
    book, raw, order = one_fund(dice)
    book.put_rules(parse_rules([raw]))
    expected = oracle(book, raw, order)
    found = answer_rule(book.facts, book.rules[0], Question(candidates=(order,), today=TODAY))
    assert found.outcome.value == expected
    assert book.check(order, today=TODAY).outcome.value == expected


@settings(max_examples=300, deadline=None)
@given(DICE)
def test_the_largest_quantity_is_the_last_that_the_oracle_lets_through(dice: Random) -> None:
    book, raw, order = one_fund(dice)
    book.put_rules(parse_rules([raw]))
    lot = book.facts.securities[order.security_id].lot
    most = book.check(order, today=TODAY).max_quantity

    def passes(quantity: Decimal) -> bool:
        leg = Leg(fund_id=order.legs[0].fund_id, quantity=quantity)
        scaled = Candidate(
            order_id="probe",
            security_id=order.security_id,
            side=order.side,
            legs=(leg,),
            limit_price=order.limit_price,
            venue=order.venue,
            cross_with=order.cross_with,
        )
        return oracle(book, raw, scaled) not in ("breach", "unknown")

    steps = range(1, int(Fraction(100) / Fraction(lot)))
    allowed = [step * lot for step in steps if passes(step * lot)]
    if most is None:
        assert len(allowed) == len(steps)
    else:
        assert most == max(allowed, default=Decimal(0))
