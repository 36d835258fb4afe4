"""Facts from outside and trades of the past: taken over, kept, and asked by rules."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import House, buy, facts, fill, fits, opened, said
from tradeoms import bootstrap
from tradeoms.app.replica import Replica
from tradeoms.compliance.rulepacks import load_pack
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.outside.commands import LoadOutside
from tradeoms.domain.outside.state import (
    Benchmark,
    Figure,
    IssuerAmount,
    Offering,
    ReportedShare,
)
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.reference.commands import LoadFunds, LoadPrices, LoadSecurities
from tradeoms.domain.reference.state import Fund, Price, Security
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.kernel.enums import OrderType, Side
from tradeoms.settings import Settings

DAY = date(2010, 1, 4)
AT = datetime(2010, 1, 4, 6, tzinfo=UTC)


def put_rule(house: House, **said_: Any) -> None:
    text = json.dumps({"id": "r", "version": 1, "severity": "hard", **said_})
    rule = RuleText(rule_id="r", version=1, definition=text, cases=fits())
    house.get(DefineRules(rules=(rule,)), user="ada")
    house.get(ActivateRule(rule_id="r", version=1), user="cora")


def make_personal(house: House, code: str) -> None:
    fund = Fund(code=code, name=code, currency="USD", personal=True, authorised_on=DAY)
    house.get(LoadFunds(funds=(fund,)), user="olga")


def own(number: str) -> Any:
    """An order of the personal account alone, in the security that the client traded."""
    return buy(
        number, 10, legs=(Leg(fund="B", quantity=D(10)),), limit_price=None,
        order_type=OrderType.MARKET,
    )  # fmt: skip


def traded(house: House, number: int = 1, at: datetime = AT) -> None:
    """The client alone buys 1,000, all of it executed."""
    placement = house.placed(number, legs=(Leg(fund="A", quantity=D(1000)),))
    house.hear(said(placement["cl_ord_id"], "new"))
    house.hear(fill(placement["cl_ord_id"], f"E{number}", 1000, transact_time=at))


def test_facts_from_outside_are_kept_and_reach_the_rules(data: Path) -> None:
    loaded = LoadOutside(
        issuers=(IssuerAmount(issuer="ACME", name="votes_out", amount=D(1000), as_of=DAY),),
        figures=(Figure(name="var99", fund="A", value=D("0.12"), at=AT),),
        reported=(ReportedShare(rule="r", cell="ACME", share=D("0.05"), on=DAY),),
        benchmarks=(Benchmark(fund="A", weights=(("tech", D("0.3")),), as_of=DAY),),
    )
    with opened(data) as house:
        security_id = next(iter(house.book.securities))
        offering = Offering(security_id=security_id, pricing_date=DAY, restricted_from=DAY)
        house.get(loaded, user="olga")
        house.get(LoadOutside(offerings=(offering,)), user="system")
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book)["outside"] == before["outside"]
        known = house.engine.pretrade.compliance.facts
        assert known.outside.issuers == {"ACME": {"votes_out": D(1000)}}
        assert known.outside.figures["var99", "A"].value == D("0.12")
        assert known.outside.reported == {("r", "ACME"): D("0.05")}
        assert known.outside.offerings[security_id].pricing_date == DAY
        assert known.funds["A"].benchmark == {"tech": D("0.3")}
    assert bootstrap.replay(Settings(data=data)).differing == ()


def test_an_amount_of_a_company_counts_for_the_shares_and_derivatives_on_it(house: House) -> None:
    """A share, and an option of a bank on it, name the company as their underlying."""
    for symbol, more in (("SHARE", ()), ("CALL", (("votes", "100"), ("mult", "100")))):
        security = Security(
            id="", symbol=symbol, mic="XLON", name="", currency="USD", identifiers=(),
            asset_type="option" if more else "equity", issuer="BANK" if more else "ACME",
            attributes=(("market", "uk"), ("underlying", "ACME"), *more),
        )  # fmt: skip
        house.get(LoadSecurities(securities=(security,)), user="system")
        known = house.book.identifiers["ticker_mic", f"{symbol}.XLON"]
        price = Price(security_id=known, price=D(1), as_of=DAY)
        house.get(LoadPrices(prices=(price,)), user="system")
    pack = {one.rule.id: one.definition for one in load_pack("disclosure")}
    put_rule(house, **{**pack["disclosure.uk.dtr5.instruments"], "id": "r"})

    def ask(number: int, security: str, quantity: int) -> str:
        legs = (Leg(fund="A", quantity=D(quantity)),)
        entered = house.get(buy(number, quantity, security=security, legs=legs))
        return house.book.orders[entered["id"]].check_outcome

    assert ask(1, "SHARE.XLON", 1) == "unknown", "nobody has told how many votes there are"
    votes = IssuerAmount(issuer="ACME", name="votes_out", amount=D(100_000), as_of=DAY)
    house.get(LoadOutside(issuers=(votes,)), user="olga")
    assert ask(2, "SHARE.XLON", 998) == "pass"
    assert ask(3, "CALL.XLON", 20) == "pass"
    assert ask(4, "SHARE.XLON", 1) == "disclose", "with open orders for the rest, 3 % is reached"


def test_a_net_value_that_the_accountant_struck_stands_before_our_own(data: Path) -> None:
    with opened(data) as house:
        fund = Fund(code="A", name="A", currency="USD", debt=D(1000), other_liabilities=D(500))
        own_value = house.engine.pretrade.compliance.facts.funds["A"].nav
        assert own_value is not None
        house.get(LoadFunds(funds=(fund,)), user="olga")
        known = house.engine.pretrade.compliance.facts.funds["A"]
        assert (known.nav, known.total_assets) == (own_value - 1500, own_value)
        struck = Fund(code="A", name="A", currency="USD", nav=D(777))
        house.get(LoadFunds(funds=(struck,)), user="olga")
        known = house.engine.pretrade.compliance.facts.funds["A"]
        assert (known.nav, known.total_assets) == (D(777), own_value)


def test_an_execution_starts_a_window_that_a_restart_keeps_and_a_bust_ends(data: Path) -> None:
    with opened(data) as house:
        make_personal(house, "B")
        traded(house)
        put_rule(house, kind="window", rule="personal_blackout", days=7)
        assert house.get(own("p1"))["status"] == "blocked"
        traded(house, 2)
    with opened(data) as house:
        assert house.get(own("p2"))["status"] == "blocked"
        (note,) = house.engine.pretrade.compliance.facts.outside.trades.values()
        assert [trade.quantity for trade in note.values()] == [D(2000)]
        for number in (1, 2):
            placement = next(
                p for p in house.book.placements.values()
                if any(e.exec_id == f"E{number}" for e in house.book.executions.values()
                       if e.placement_id == p.id)
            )  # fmt: skip
            house.hear(
                ReportPlacement(
                    session="BROKER", row=0, kind=ReportKind.BUST, exec_id=f"B{number}",
                    cl_ord_id=placement.cl_ord_id, exec_ref_id=f"E{number}",
                )
            )  # fmt: skip
        assert house.get(own("p3"))["status"] == "approved"


@pytest.mark.parametrize(
    ("rule", "fund"),
    [
        ({"rule": "personal_blackout", "days": 1}, "B"),
        ({"rule": "min_holding", "days": 30}, "A"),
        ({"rule": "short_swing", "months": 6}, "A"),
    ],
)
def test_an_evening_trade_counts_the_same_evening(
    data: Path, rule: dict[str, Any], fund: str
) -> None:
    with opened(data) as house:
        make_personal(house, "B")
        traded(house, at=datetime(2010, 1, 5, 0, 30, tzinfo=UTC))  # 4 January, 19:30 in New York
        put_rule(house, kind="window", **rule)
        leg = Leg(fund=fund, quantity=D(5500))  # 5,000 were held before
        sale = buy("s1", 5500, side=Side.SELL, legs=(leg,), limit_price=D(100))
        assert house.get(sale)["status"] == "blocked"


def test_a_replica_knows_the_past_as_the_engine_does(data: Path) -> None:
    with opened(data) as house:
        make_personal(house, "B")
        replica = Replica(bootstrap.reader(Settings(data=data)), house.engine.identity)
        replica.refresh()
        traded(house)
        put_rule(house, kind="window", rule="personal_blackout", days=7)
        known = replica.refresh().compliance.facts.outside.trades
        assert known == house.engine.pretrade.compliance.facts.outside.trades
        traded(house, 2)
        known = replica.refresh().compliance.facts.outside.trades
        assert known == house.engine.pretrade.compliance.facts.outside.trades


def test_the_venue_and_the_other_side_of_an_order_reach_the_rules(data: Path) -> None:
    with opened(data) as house:
        put_rule(house, kind="cross", mode="17a-7")
        crossing = {
            "legs": (Leg(fund="A", quantity=D(10)),), "cross_with": "B", "venue": "offering",
        }  # fmt: skip
        wrong = house.get(buy("x1", 10, limit_price=D(101), **crossing))
        right = house.get(buy("x2", 10, limit_price=D(100), **crossing))
        assert (wrong["status"], right["status"]) == ("blocked", "approved")
        assert (right["cross_with"], right["venue"]) == ("B", "offering")
