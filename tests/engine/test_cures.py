"""What a post-trade run calls cured: only a cell that it measured within its limit."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import House
from tests.engine.test_runs import Desk
from tradeoms.domain.case import commands as c
from tradeoms.domain.reference import commands as rc
from tradeoms.domain.reference.state import Fund


@pytest.fixture
def desk(house: House, data: Path) -> Desk:
    """A fund with a value struck by its accountant: it is known whatever has no price."""
    found = Desk(house, data)
    fund = Fund(code="A", name="A", currency="USD", nav=D(1_000_000))
    house.get(rc.LoadFunds(funds=(fund,)), user="system")
    return found


@pytest.mark.parametrize(
    "missing", [{"on_missing": "warn"}, {"on_missing": "disregard", "source": "art. 56(2)"}]
)
@pytest.mark.parametrize("group_by", [[], ["currency"]])
def test_a_holding_that_loses_its_price_cures_nothing(
    desk: Desk, missing: dict[str, Any], group_by: list[str]
) -> None:
    desk.rule(group_by=group_by, **missing)
    desk.book(6_000, 400_000)
    assert desk.run()["new"] == 1
    desk.book(1, 400_000, unpriced=6_000)
    assert desk.run()["cured"] == 0
    assert desk.case.is_open
    assert desk.case.unmeasured == "unknown"
    assert "price" in desk.case.unmeasured_detail
    desk.book(1, 400_000)
    assert desk.run()["cured"] == 1


@pytest.mark.parametrize(
    "change",
    [
        {"group_by": "currency"},
        {"group_by": []},
        {"level": "firm"},
        {"measure": "qty", "max": "0.9"},
        {"max": None, "min": "0.0001"},
    ],
)
def test_a_version_with_other_cells_cures_nothing(desk: Desk, change: dict[str, Any]) -> None:
    desk.rule()
    desk.book(6_000, 400_000)
    assert desk.run()["new"] == 1
    (case_id,) = desk.house.book.cases
    desk.rule(2, **change)
    assert desk.run()["cured"] == 0
    case = desk.house.book.cases[case_id]
    assert case.is_open
    assert case.unmeasured == "no_rule"
    desk.rule(3)
    desk.run()
    assert not desk.house.book.cases[case_id].unmeasured  # the old cells are measured again


def test_a_version_with_another_limit_cures_what_it_measures(desk: Desk) -> None:
    desk.rule()
    desk.book(6_000, 400_000)
    desk.run()
    desk.rule(2, max="0.7")
    assert desk.run()["cured"] == 1


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "restrict", "list": "ABC"},
        {"kind": "short", "mode": "no_short"},
        {
            "kind": "bucket", "group_by": "sec", "threshold": "0.9", "bucket_max": "0.95",
            "per_group_max": "0.5",
        },
    ],
)  # fmt: skip
def test_what_is_not_held_any_more_is_cured(desk: Desk, rule: dict[str, Any]) -> None:
    if "list" in rule:
        rule = rule | {"list": [desk.abc]}
        desk.book(0, 1, "C")
    desk.define({"id": "other", "severity": "soft", **rule})
    desk.book(-6_000 if rule["kind"] == "short" else 6_000, 400_000)
    assert desk.run()["new"] == 1
    desk.book(0, 400_000)
    assert desk.run()["cured"] == 1


def test_a_holding_that_a_rule_looks_at_no_more_is_not_cured(desk: Desk) -> None:
    desk.book(0, 1, "C")
    text = {"id": "other", "severity": "soft", "kind": "restrict", "list": [desk.abc]}
    desk.define(text)
    desk.book(6_000, 400_000)
    assert desk.run()["new"] == 1
    desk.define(text | {"sides": ["sell"]}, version=2)
    assert desk.run()["cured"] == 0
    assert desk.case.unmeasured == "no_rule"


def test_a_version_that_leaves_a_group_out_cures_it_not(desk: Desk) -> None:
    desk.rule()
    desk.book(6_000, 400_000)
    assert desk.run()["new"] == 1
    desk.rule(2, exclude=[["currency", "==", "USD"]])
    assert desk.run()["cured"] == 0
    assert desk.case.unmeasured == "no_rule"


def test_a_result_that_says_nothing_of_a_case_cures_it_not(desk: Desk) -> None:
    desk.rule()
    desk.book(6_000, 400_000)
    desk.run()
    started = desk.house.get(c.StartRun(funds=("A",), executor="cli"), user="cora")
    result = c.RecordFundRun(
        run_id=started["id"], fund="A", as_of_seq=desk.house.engine.seq,
        trade_on=desk.case.found_on, rules_hash="", cells=1, outcomes=(), findings=(), base="",
        tested=(("half", "soft"),),
    )  # fmt: skip
    desk.house.get(result, user="system")
    assert desk.case.is_open
    assert desk.case.unmeasured == "unknown"
