"""Whatever moved between two runs, the shares of the causes add up to the whole change, exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tradeoms.compliance import parse_rules
from tradeoms.compliance.base import read_base, write_base
from tradeoms.compliance.classify import Past, attribute
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.statecheck import excess_of, state_of, worst_by_cell
from tradeoms.domain.case.findings import BreachKind
from tradeoms.domain.evaluation import FundFacts, Outcome, SecurityFacts

TODAY = date(2026, 3, 2)
RULES = parse_rules(
    [
        {"id": "issuer", "kind": "ratio", "group_by": "issuer", "max": "0.1"},
        {"id": "floor", "kind": "ratio", "min": "0.9", "select": [["type", "==", "equity"]]},
        {"id": "cash in", "kind": "ratio", "include_cash": True, "max": "0.5", "measure": "mv",
         "select": [["type", "==", "equity"]]},
        {"id": "sleeve", "kind": "ratio", "group_by": "issuer", "max": "0.25", "measure": "mv_abs",
         "den": {"select": [["type", "==", "equity"]]}},
        {"id": "cash", "kind": "cash", "min": "50000"},
        {"id": "cash usd", "kind": "cash", "min": "50000", "currency": "USD"},
        {"id": "short", "kind": "short"},
        {"id": "list", "kind": "restrict", "list": ["S1"]},
    ]
)  # fmt: skip
AMOUNT = st.integers(-300, 3000)


@st.composite
def states(draw: st.DrawFn) -> Facts:
    """One fund and three securities; every number drawn, with awkward decimals."""
    facts = Facts()
    cents = st.decimals("0.01", "99.99", places=3)
    facts.fx["USD", "EUR"] = draw(st.decimals("0.5", "2", places=3))
    for number in range(3):
        name = f"S{number}"
        facts.securities[name] = SecurityFacts(
            id=name, currency=draw(st.sampled_from(("EUR", "USD"))), issuer=f"I{number % 2}",
            asset_type=draw(st.sampled_from(("equity", "bond"))),
            factor=draw(st.sampled_from((D(1), D("0.01")))),
        )  # fmt: skip
        facts.prices[name] = (draw(cents), TODAY)
        facts.set_position("F", name, D(draw(AMOUNT)))
    facts.cash["F"] = {"EUR": D(draw(AMOUNT)), "USD": D(draw(AMOUNT))}
    nav = D(draw(st.integers(3_000_000, 5_000_000)))  # more than any holding can gain or lose
    facts.funds["F"] = FundFacts(id="F", currency="EUR", nav=nav, total_assets=nav)
    return facts


def past_of(then: Facts, now: Facts) -> Past:
    """What the journal and the record of the run would give."""
    changed = {n: s for n, s in then.securities.items() if now.securities[n] != s}
    return Past(base=read_base(write_base(then, ("F",))), rule=None, securities=changed, funds={})


@settings(max_examples=40, deadline=None)
@given(then=states(), now=states())
def test_the_shares_add_up_to_the_change(then: Facts, now: Facts) -> None:
    past = past_of(then, now)
    fund = now.funds["F"]
    for rule in RULES:
        known = replace(past, rule=rule)
        for verdict in worst_by_cell(rule, state_of(now, rule, fund, TODAY)):
            if verdict.result.outcome is Outcome.BREACH:
                found = attribute(
                    now, known, rule, fund, TODAY, now=verdict.result, base_run="run_1"
                )
                assert not found.note
                total = sum(Fraction(share.amount) for share in found.shares)
                excess = excess_of(verdict.result)
                assert excess is not None
                assert total == excess - Fraction(found.base_excess)


@settings(max_examples=40, deadline=None)
@given(state=states())
def test_where_nothing_was_traded_a_breach_is_passive_and_no_trade_has_a_share(
    state: Facts,
) -> None:
    past = past_of(state, state)
    moved = replace(
        state, prices={n: ((p or D(0)) * 2, on) for n, (p, on) in state.prices.items()}, _units={}
    )
    fund = moved.funds["F"]
    for rule in RULES:
        known = replace(past, rule=rule)
        for verdict in worst_by_cell(rule, state_of(moved, rule, fund, TODAY)):
            if verdict.result.outcome is Outcome.BREACH:
                found = attribute(
                    moved, known, rule, fund, TODAY, now=verdict.result, base_run="run_1"
                )
                assert found.kind is BreachKind.PASSIVE
                assert {s.cause.value: s.amount for s in found.shares}["trade"] == "0"


@given(state=states())
def test_a_base_says_what_it_was_told(state: Facts) -> None:
    base = read_base(write_base(state, ("F",)))
    assert base.positions["F"] == {s: q for s, q in state.held("F").items() if q}
    assert all(base.prices[s] == state.price(s) for s in base.positions["F"])
    assert base.cash["F"] == state.cash["F"]
    assert base.nav["F"] == state.funds["F"].nav
    assert base.fx == state.fx
