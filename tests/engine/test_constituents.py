"""What funds hold themselves: loaded, seen through by rules, kept, and unknown until then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import DAY, House, buy, facts, fits, opened
from tradeoms import bootstrap
from tradeoms.app.replica import Replica
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.outside.commands import LoadOutside
from tradeoms.domain.outside.state import Constituents, Weight
from tradeoms.domain.reference.commands import LoadSecurities, RollDay
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.settings import Settings


@pytest.fixture
def house(data: Path) -> Iterator[House]:
    """XYZ is a fund, and no fund may have more than 2,000 of one issuer in it."""
    with opened(data) as found:
        make_fund(found)
        put_rule(found)
        yield found


def make_fund(house: House) -> None:
    xyz = house.book.securities[house.book.identifiers["ticker_mic", "XYZ.XNYS"]]
    etf = replace(xyz, id="", asset_type="etf", issuer="HOUSE")
    house.get(LoadSecurities(securities=(etf,)), user="olga")


def put_rule(house: House) -> None:
    rule = {
        "id": "r", "version": 1, "kind": "ratio", "severity": "hard", "den": "one",
        "max": "2000", "group_by": "issuer", "lookthrough": True, "max_age_days": 30,
        "select": [["type", "==", "etf"]],
    }  # fmt: skip
    row = RuleText(rule_id="r", version=1, definition=json.dumps(rule), cases=fits())
    house.get(DefineRules(rules=(row,)), user="ada")
    house.get(ActivateRule(rule_id="r", version=1), user="cora")


def see_through(house: House, on: date = DAY, **weights: str) -> None:
    """XYZ holds these shares of issuers."""
    parts = tuple(
        Weight(by="issuer", group=group, weight=D(weight)) for group, weight in weights.items()
    )
    one = Constituents(
        security_id=house.book.identifiers["ticker_mic", "XYZ.XNYS"], weights=parts, as_of=on
    )
    house.get(LoadOutside(constituents=(one,)), user="olga")


def order(house: House, number: str, quantity: int) -> str:
    """Enter an order of fund A in the fund, at 100; the status that compliance leaves it in."""
    terms: dict[str, Any] = {"legs": (Leg(fund="A", quantity=D(quantity)),)}
    status: str = house.get(buy(number, quantity, security="XYZ.XNYS", **terms))["status"]
    return status


def test_a_fund_is_seen_through_once_its_constituents_are_loaded(house: House) -> None:
    assert order(house, "x1", 10) == "blocked"  # 1,000 of nobody knows whom
    see_through(house, ACME="0.5", ZED="0.5")
    assert order(house, "x2", 30) == "approved"  # 1,500 of each
    see_through(house, ACME="0.9", ZED="0.1")
    assert order(house, "x3", 1) == "blocked"  # what is open is 2,700 of ACME now


def test_constituents_that_are_too_old_are_as_good_as_none(house: House) -> None:
    see_through(house, ACME="0.5", ZED="0.5")
    house.get(RollDay(trade_on=DAY + timedelta(days=30)), user="olga")
    assert order(house, "x1", 30) == "approved"
    house.get(RollDay(trade_on=DAY + timedelta(days=31)), user="olga")
    assert order(house, "x2", 30) == "blocked"


def test_a_replica_a_restart_and_a_changed_security_keep_what_a_fund_holds(data: Path) -> None:
    with opened(data) as house:
        make_fund(house)
        put_rule(house)
        replica = Replica(bootstrap.reader(Settings(data=data)), house.engine.identity)
        replica.refresh()
        see_through(house, ACME="0.5", ZED="0.5")
        make_fund(house)
        known = house.engine.pretrade.compliance.facts.securities
        assert replica.refresh().compliance.facts.securities == known
        before = facts(house.book)["outside"]
    with opened(data) as house:
        assert facts(house.book)["outside"] == before
        assert house.engine.pretrade.compliance.facts.securities == known
        assert order(house, "x1", 30) == "approved"
    assert bootstrap.replay(Settings(data=data)).differing == ()
