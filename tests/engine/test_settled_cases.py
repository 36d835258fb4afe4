"""Cases that are settled leave memory, and come back when a command names them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from tests.engine.house import House, buy, facts, fits, opened
from tests.engine.test_restart import proven, same
from tradeoms.domain.order.commands import CancelOrder
from tradeoms.domain.reference.commands import LoadUsers, RollDay, UserRow
from tradeoms.domain.reference.state import Grant
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.domain.waiver import commands as b
from tradeoms.kernel.enums import Role


def soft_limit(house: House) -> None:
    cleo = UserRow(id="cleo", name="cleo", grants=(Grant(role=Role.COMPLIANCE_OFFICER),))
    house.get(LoadUsers(users=(cleo,)), user="system")
    rule = {"id": "big", "title": "big", "kind": "order", "version": 1, "severity": "soft"}
    text = json.dumps({**rule, "max_qty": "100"})
    house.get(
        DefineRules(rules=(RuleText(rule_id="big", version=1, definition=text, cases=fits()),)),
        user="ada",
    )
    house.get(ActivateRule(rule_id="big", version=1), user="cora")


def held(house: House, number: int) -> tuple[Any, str, str]:
    """An order that a soft rule holds, its hit, and the waiver asked for."""
    order = house.get(buy(number))
    (hit_id,) = [x.id for x in house.book.hits.values() if x.order_id == order["id"]]
    asked = b.RequestWaiver(order_id=order["id"], rule="big", reason="needed")
    return order, hit_id, house.get(asked)["id"]


def test_a_refused_waiver_is_let_go_and_still_decided(data: Path) -> None:
    with opened(data) as house:
        soft_limit(house)
        _, _, waiver = held(house, 1)
        house.get(b.RefuseWaiver(waiver_id=waiver, note="no"), user="cora")
        assert house.book.waivers == {}
        again = b.ApproveWaiver(waiver_id=waiver)
        assert house.refused(again, user="cleo") == ["waiver_decided"]
        before = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), before)
        assert house.refused(again, user="cleo") == ["waiver_decided"]
        assert house.refused(b.ApproveWaiver(waiver_id="wvr_9"), user="cleo") == ["waiver_unknown"]
    proven(data)


def test_an_approved_waiver_stays_with_its_order_and_leaves_with_it(data: Path) -> None:
    with opened(data) as house:
        soft_limit(house)
        order, _, waiver = held(house, 1)
        house.get(b.ApproveWaiver(waiver_id=waiver), user="cora")
    with opened(data) as house:
        assert set(house.book.waivers) == {waiver}
        house.get(CancelOrder(order_id=order["id"]))
        house.get(RollDay(trade_on=date(2010, 1, 5)), user="olga")
        assert (house.book.orders, house.book.waivers) == ({}, {})
        assert house.refused(b.ApproveWaiver(waiver_id=waiver), user="cora") == ["waiver_decided"]
        before = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), before)
        assert house.book.waivers == {}
    proven(data)
