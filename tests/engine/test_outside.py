"""Facts from outside and trades of the past: taken over, kept, and asked by rules."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

from tests.engine.house import House, buy, facts, fill, fits, opened, said
from tradeoms import bootstrap
from tradeoms.app.replica import Replica
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
from tradeoms.domain.reference.commands import LoadFunds
from tradeoms.domain.reference.state import Fund
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.kernel.enums import OrderType
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


def traded(house: House, number: int = 1) -> None:
    """The client alone buys 1,000, all of it executed."""
    placement = house.placed(number, legs=(Leg(fund="A", quantity=D(1000)),))
    house.hear(said(placement["cl_ord_id"], "new"))
    house.hear(fill(placement["cl_ord_id"], f"E{number}", 1000, transact_time=AT))


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
