"""A back-test on positions: what a version would have found at the end of each day."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import DAY, House, buy, fill, fits, opened, said
from tradeoms import bootstrap
from tradeoms.app.backtest import BackTest, back_test
from tradeoms.app.day_ends import DayEnds
from tradeoms.app.pretrade import Pretrade
from tradeoms.compliance.book import ComplianceBook
from tradeoms.compliance.policy import parse_rule
from tradeoms.domain.order.commands import ReleaseOrder
from tradeoms.domain.reference.commands import FundBook, LoadPositions, RollDay
from tradeoms.domain.reference.state import OpeningCash, OpeningPosition
from tradeoms.domain.ruleset import commands as rc
from tradeoms.settings import Settings

DAYS = [date(2010, 1, day) for day in (4, 5, 6)]


def rule(version: int, most: int, **more: Any) -> dict[str, Any]:
    """A fund may hold so many units of a security."""
    return {"id": "held", "version": version, "kind": "ratio", "measure": "qty", "den": "one",
            "group_by": "id", "max": str(most), **more}  # fmt: skip


def define(house: House, version: int, most: int, **more: Any) -> None:
    text = json.dumps(rule(version, most, **more))
    one = rc.RuleText(rule_id="held", version=version, definition=text, cases=fits())
    house.get(rc.DefineRules(rules=(one,)), user="ada")


def hold(house: House, quantity: int) -> None:
    """Fund A holds so many ABC from now on."""
    abc = house.book.identifiers["ticker_mic", "ABC.XNYS"]
    held = (OpeningPosition(security_id=abc, quantity=D(quantity), cost_minor=1),)
    book = FundBook(fund="A", positions=held, cash=(OpeningCash(currency="USD", minor=10**11),))
    house.get(LoadPositions(as_of=DAY, books=(book,)), user="system")


def roll(house: House, day: date) -> None:
    house.get(RollDay(trade_on=day), user="olga")


def found_by(data: Path, version: int) -> BackTest:
    return back_test(bootstrap.reader(Settings(data=data)), "held", version, days=1)


def told(found: BackTest) -> list[tuple[date, str, str, str, str, str]]:
    return [(p.day, p.fund, p.then, p.with_draft, p.numerator, p.limit) for p in found.positions]


def test_every_end_of_a_day_is_tested_on_what_was_held_then(data: Path) -> None:
    """A holds 7,000 when the first day ends, 5,000 when the second does, and 6,500 now."""
    with opened(data) as house:
        define(house, 1, 6_000)
        hold(house, 7_000)
        roll(house, DAYS[1])
        hold(house, 5_000)
        roll(house, DAYS[2])
        hold(house, 6_500)
        seq = house.engine.seq
    found = found_by(data, 1)
    assert told(found) == [
        (DAYS[0], "A", "not_tested", "breach", "7000", "6000"),
        (DAYS[2], "A", "not_tested", "breach", "6500", "6000"),
    ]
    assert (found.days, found.cells, found.positions_differing) == (3, 9, 2)
    assert found.positions[0].explanation.endswith(" in A is 7,000; limit 6,000.")
    with opened(data) as house:
        assert house.engine.seq == seq


def test_it_is_compared_with_the_version_that_was_in_force_on_the_day(data: Path) -> None:
    with opened(data) as house:
        define(house, 1, 6_000)
        house.get(rc.ActivateRule(rule_id="held", version=1), user="cora")
        hold(house, 7_000)
        define(house, 2, 9_000)
        define(house, 3, 6_500)
        roll(house, DAYS[1])
        house.get(rc.ActivateRule(rule_id="held", version=2), user="cora")
    assert told(found_by(data, 2)) == [(DAYS[0], "A", "breach", "pass", "", "")]
    assert told(found_by(data, 3)) == [(DAYS[1], "A", "pass", "breach", "7000", "6500")]


@pytest.mark.parametrize(
    ("more", "days", "cells"), [({"when": "pre"}, 1, 0), ({"scope": {"funds": ["B"]}}, 1, 1)]
)
def test_what_a_rule_does_not_test_is_not_found(
    data: Path, more: dict[str, Any], days: int, cells: int
) -> None:
    with opened(data) as house:
        define(house, 1, 6_000, **more)
        hold(house, 7_000)
    found = found_by(data, 1)
    assert (told(found), found.days, found.cells) == ([], days, cells)


def test_fills_count_and_open_orders_do_not(data: Path) -> None:
    """A may hold 5,100 units and buys 120 of 200; the day ends with 5,120."""
    with opened(data) as house:
        define(house, 1, 5_100)
        order = house.get(ReleaseOrder(order_id=house.get(buy(1))["id"]))
        placement = house.place(order["id"], 1000)
        house.hear(said(placement["cl_ord_id"], "new"))
        house.hear(fill(placement["cl_ord_id"], "E1", 200))
    assert told(found_by(data, 1)) == [(DAYS[0], "A", "not_tested", "breach", "5120", "5100")]


def test_more_cells_than_can_be_listed_are_counted(house: House) -> None:
    pretrade = Pretrade(book=house.book, compliance=ComplianceBook())
    pretrade.load()
    ends = DayEnds(parse_rule(rule(1, 4_000)), most=2)
    ends.close(pretrade.compliance.facts, None, DAY)
    assert [one.fund for one in ends.changes] == ["A", "B"]
    assert ends.differing == 3
