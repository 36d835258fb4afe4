"""What a back-test tells is what the house would answer: to a placement, and beside other rules."""

from __future__ import annotations

import json
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.engine.house import House, buy, fits, opened
from tradeoms import bootstrap
from tradeoms.app.backtest import back_test
from tradeoms.domain.order.commands import AmendOrder, ReleaseOrder
from tradeoms.domain.placement.commands import CreatePlacement
from tradeoms.domain.ruleset import commands as rc
from tradeoms.journal.database import open_engine
from tradeoms.journal.tables import journal
from tradeoms.kernel.enums import OrderType
from tradeoms.settings import Settings

#: An order may have so many units; one of 100 is far over.
SIZE: dict[str, Any] = {"kind": "order", "max_qty": "50", "when": "pre"}
LOOSE = {**SIZE, "max_qty": "5000"}


def define(house: House, rule_id: str, version: int = 1, **terms: Any) -> None:
    text = json.dumps({"id": rule_id, "version": version, "severity": "hard", **terms})
    row = rc.RuleText(rule_id=rule_id, version=version, definition=text, cases=fits())
    house.get(rc.DefineRules(rules=(row,)), user="ada")


def put(house: House, rule_id: str, version: int = 1, **terms: Any) -> None:
    """A version that is in force."""
    define(house, rule_id, version, **terms)
    house.get(rc.ActivateRule(rule_id=rule_id, version=version), user="cora")


def changes(data: Path, rule_id: str, version: int = 1) -> list[tuple[str, str, str]]:
    found = back_test(bootstrap.reader(Settings(data=data)), rule_id, version, days=1)
    return [(one.stage, one.then, one.with_draft) for one in found.changes]


def placed_far_away(house: House, number: int) -> list[str]:
    """Place a market order of 100 at 150, where the mark is 100; the codes of a refusal."""
    order = house.get(buy(number, 100, order_type=OrderType.MARKET, limit_price=None))
    house.get(ReleaseOrder(order_id=order["id"]))
    place = CreatePlacement(
        order_id=order["id"], destination="BROKER", quantity=D(100),
        order_type=OrderType.LIMIT, limit_price=D(150),
    )  # fmt: skip
    return [problem.code for problem in house.ask(place, user="tom").problems]


def test_a_placement_is_tested_again_at_the_price_that_was_sent(data: Path) -> None:
    with opened(data) as house:
        assert placed_far_away(house, 1) == []
        define(house, "far", kind="order", collar="0.10", when="pre")
    assert changes(data, "far") == [("placement", "allow", "block_hard")]
    with opened(data) as house:
        house.get(rc.ActivateRule(rule_id="far", version=1), user="cora")
        assert placed_far_away(house, 2) == ["compliance_block"]


def test_a_placement_is_tested_again_by_the_terms_in_force_not_by_those_asked_for(
    data: Path,
) -> None:
    with opened(data) as house:
        order = house.placed(1, 500)["order_id"]
        version, legs = house.book.orders[order].version, buy(1, 2000).legs
        amend = AmendOrder(order_id=order, expected_version=version, quantity=D(2000), legs=legs,
                           limit_price=D(101))  # fmt: skip
        assert house.get(amend)["pending_terms"]
        house.place(order, 300)
        define(house, "cap", **{**SIZE, "max_qty": "1500"})
    assert changes(data, "cap") == [("amend", "allow", "block_hard")]


@pytest.mark.parametrize(
    ("beside", "then", "now"),
    [
        ({"severity": "soft"}, "block_hard", "block_soft"),
        ({"severity": "warn"}, "block_hard", "allow_ack"),
        ({"severity": "shadow"}, "block_hard", "allow"),
        ({"max_qty": "5000"}, "block_hard", "allow"),
    ],
)
def test_of_a_version_that_lets_pass_only_what_other_rules_answer_is_left(
    data: Path, beside: dict[str, Any], then: str, now: str
) -> None:
    with opened(data) as house:
        put(house, "cap", **SIZE)
        put(house, "other", **{**SIZE, **beside})
        assert house.get(buy(1, 100))["compliance"]["action"] == then
        define(house, "cap", 2, **LOOSE)
    assert changes(data, "cap", 2) == [("submit", then, now)]
    with opened(data) as house:
        house.get(rc.ActivateRule(rule_id="cap", version=2), user="cora")
        assert house.get(buy(2, 100))["compliance"]["action"] == now


def test_a_warning_that_a_looser_version_would_not_give_is_a_change(data: Path) -> None:
    with opened(data) as house:
        put(house, "cap", **SIZE, severity="warn")
        assert house.get(buy(1, 100))["compliance"]["action"] == "allow_ack"
        define(house, "cap", 2, **LOOSE)
        define(house, "new", **LOOSE)
    assert changes(data, "cap", 2) == [("submit", "allow_ack", "allow")]
    assert changes(data, "new") == []


def test_where_evidence_cannot_be_read_what_others_stopped_still_counts(data: Path) -> None:
    with opened(data) as house:
        put(house, "cap", **SIZE)
        put(house, "other", **SIZE, severity="soft")
        house.get(buy(1, 100))
        house.get(buy(2, 40))
        define(house, "cap", 2, **LOOSE)
    forget_evidence(data)
    assert changes(data, "cap", 2) == [("submit", "block_hard", "block_soft")]


def forget_evidence(data: Path) -> None:
    """Leave of the check that stopped an order only what it answered, as an unreadable one."""
    with open_engine(Settings(data=data).url).begin() as link:
        link.execute(sa.text("DROP TRIGGER journal_no_update"))
        (row,) = link.execute(sa.select(journal).where(journal.c.body.like('%"block_hard"%')))
        body = json.loads(row.body)
        body["data"]["evidence"] = ""
        changed = sa.update(journal).where(journal.c.seq == row.seq)
        link.execute(changed.values(body=json.dumps(body)))
